package describe

import (
	"go/types"
	"maps"
	"net/http"
)

// httpEffects are the functions of net/http.
func httpEffects() map[string]effect {
	return map[string]effect{
		"Request.PathValue":          takes("path", 1),
		"Request.FormValue":          takes("query or form", 1),
		"Request.PostFormValue":      takes("form", 1),
		"Request.FormFile":           takesFile,
		"Request.ParseForm":          nothing,
		"Request.ParseMultipartForm": parsesMultipart,
		"Request.MultipartReader":    parsesMultipart,
		"Request.Cookie":             takes("cookie", 1),
		"Request.Context":            nothing,
		"Request.WithContext":        passesReceiver,
		"Request.UserAgent":          nothing,
		"Request.Referer":            nothing,
		"Request.BasicAuth":          nothing,
		"Request.Cookies":            nothing,
		"Header.Get":                 takesFrom,
		"Header.Values":              takesFrom,
		"Header.Set":                 setsReplyHeader,
		"Header.Add":                 setsReplyHeader,
		"MaxBytesReader":             passes(2),
		"NewRequest":                 takesAll(foreign),
		"NewRequestWithContext":      takesAll(foreign),

		"ResponseWriter.Header":      returnsPart(replyHeader),
		"ResponseWriter.WriteHeader": setsStatus(1, true),
		"ResponseWriter.Write":       writesBytes(1),
		"ResponseWriter.WriteString": writes(mediaText, 0, 0),
		"Error":                      writes(mediaText, 3, 0),
		"NotFound":                   writesFixed(mediaText, http.StatusNotFound),
		"Redirect":                   writes("", 4, 0),
		"ServeContent":               writes(mediaAny, 0, 0),
		"ServeFile":                  writes(mediaAny, 0, 0),
		"ServeFileFS":                writes(mediaAny, 0, 0),
		"SetCookie":                  nothing,
		"NewResponseController":      nothing,
	}
}

// parsesMultipart is of a function that reads a form with files.
func parsesMultipart(r *reader, c *call) *val {
	r.out.body(mediaMultipart, nil)
	return c.result(&val{part: multipartAll})
}

// setsReplyHeader is http.Header.Set, of the response or of something else.
func setsReplyHeader(r *reader, c *call) *val {
	if c.recv.isPart(replyHeader) {
		return setsHeader(1, 2)(r, c)
	}
	return c.result()
}

// standardEffects are functions outside of frameworks: of the standard library and of packages
// that many programs use.
func standardEffects() map[string]effect {
	effects := map[string]effect{
		"net/url.Values.Get":    takesFrom,
		"net/url.Values.Has":    has,
		"net/url.URL.Query":     query,
		"net/url.ParseQuery":    passes(1),
		"net/url.QueryUnescape": passes(1),
		"net/url.PathUnescape":  passes(1),

		"io.ReadAll":            readsAll,
		"io/ioutil.ReadAll":     readsAll,
		"io.LimitReader":        passes(1),
		"io.NopCloser":          passes(1),
		"io.TeeReader":          passes(1),
		"bufio.NewReader":       passes(1),
		"bytes.NewReader":       passes(1),
		"bytes.NewBuffer":       passes(1),
		"bytes.TrimSpace":       passes(1),
		"bytes.Buffer.Bytes":    passesReceiver,
		"bytes.Buffer.ReadFrom": nothing,

		"io.WriteString": writesTo(1, mediaText, 2),
		"io.Copy":        copies,
		"io.CopyN":       copies,
		"io.CopyBuffer":  copies,

		"bytes.Buffer.WriteTo":    writesTo(1, mediaAny, 0),
		"image/png.Encode":        writesTo(1, "image/png", 0),
		"image/jpeg.Encode":       writesTo(1, "image/jpeg", 0),
		"image/gif.Encode":        writesTo(1, "image/gif", 0),
		"compress/gzip.NewWriter": through,
		"compress/gzip.NewReader": passes(1),

		"compress/gzip.Reader.Reset": nothing,
		"compress/zlib.NewWriter":    through,
		"bufio.NewWriter":            through,
		"io.MultiWriter":             through,
		"archive/zip.NewWriter":      through,
		"encoding/csv.NewWriter":     writesCSV,
		"fmt.Fprint":                 writesTo(1, mediaText, 2),
		"fmt.Fprintf":                writesTo(1, mediaText, 0),
		"fmt.Fprintln":               writesTo(1, mediaText, 2),
		"fmt.Sprintf":                makesText,
		"fmt.Sprint":                 makesText,

		"html/template.Template.Execute":         writesTo(1, mediaHTML, 0),
		"html/template.Template.ExecuteTemplate": writesTo(1, mediaHTML, 0),
		"text/template.Template.Execute":         writesTo(1, mediaText, 0),
		"text/template.Template.ExecuteTemplate": writesTo(1, mediaText, 0),

		"strings.Split": splits,

		"github.com/gorilla/schema.Decoder.Decode": decodesForm,

		"github.com/julienschmidt/httprouter.Params.ByName":     takes("path", 1),
		"github.com/julienschmidt/httprouter.ParamsFromContext": nothing,
	}
	maps.Copy(effects, conversionEffects())
	for _, name := range []string{"TrimSpace", "ToLower", "ToUpper", "Trim", "TrimPrefix", "TrimSuffix", "TrimLeft", "TrimRight", "Clone"} {
		effects["strings."+name] = passes(1)
	}
	return effects
}

// conversionEffects are functions that make something else of a text.
func conversionEffects() map[string]effect {
	return map[string]effect{
		"strconv.Atoi":                                refines(1, ""),
		"strconv.ParseInt":                            refines(1, ""),
		"strconv.ParseUint":                           refines(1, ""),
		"strconv.ParseBool":                           refines(1, ""),
		"strconv.ParseFloat":                          refines(1, ""),
		"time.Parse":                                  refinesTime,
		"time.ParseInLocation":                        refinesTime,
		"time.ParseDuration":                          refines(1, "duration"),
		"net.ParseIP":                                 refines(1, "ip"),
		"net/netip.ParseAddr":                         refines(1, "ip"),
		"net/url.Parse":                               refines(1, "uri"),
		"net/mail.ParseAddress":                       refines(1, "email"),
		"github.com/google/uuid.Parse":                refines(1, "uuid"),
		"github.com/google/uuid.MustParse":            refines(1, "uuid"),
		"github.com/google/uuid.Validate":             refines(1, "uuid"),
		"github.com/gofrs/uuid.FromString":            refines(1, "uuid"),
		"github.com/spf13/cast.ToInt":                 refines(1, ""),
		"github.com/spf13/cast.ToInt64":               refines(1, ""),
		"github.com/spf13/cast.ToBool":                refines(1, ""),
		"github.com/shopspring/decimal.NewFromString": refinesAs(types.Float64),
	}
}

// query is (*url.URL).Query, of the request or of something else.
func query(_ *reader, c *call) *val {
	if c.recv.isPart(requestURL) {
		return c.result(&val{part: querySet})
	}
	return c.result()
}

// has is url.Values.Has, which tells a flag without a value, too.
func has(r *reader, c *call) *val {
	v := takesFrom(r, c)
	for _, p := range v.params() {
		p.Type = nil
	}
	return &val{typ: v.typ, present: v.params()}
}

// writesCSV makes a writer of records to the response.
func writesCSV(r *reader, c *call) *val {
	writesTo(1, "text/csv", 0)(r, c)
	return c.result()
}

func passesReceiver(_ *reader, c *call) *val { return c.result(c.recv.inside()) }

// copies is io.Copy: to the response, or from the body.
func copies(r *reader, c *call) *val {
	if c.arg(2).isPart(bodyStream) {
		body := r.out.body(mediaBytes, nil)
		body.Required = body.Required || r.uncertain == 0
		r.decoded = true
	}
	return writesTo(1, mediaAny, 0)(r, c)
}

// makesText is a function that makes text of its arguments.
func makesText(_ *reader, c *call) *val { return c.result(&val{part: madeText}) }

// decodesForm is a decoder of forms into a struct with schema tags.
func decodesForm(r *reader, c *call) *val {
	for _, set := range c.arg(2).all() {
		if in := setPlaces[set.part]; in != "" {
			r.bindFields(c, c.arg(1), r.place(in), tagging{keys: []string{"schema"}, unnamed: true})
		}
	}
	return c.result()
}

// chiEffects are the functions of chi and its package render.
func chiEffects() map[string]effect {
	effects := map[string]effect{
		"render.Bind":           bindsRenderer,
		"render.Decode":         bodyInto(mediaJSON, 2),
		"render.DefaultDecoder": bodyInto(mediaJSON, 2),
		"render.DecodeJSON":     decodes(mediaJSON),
		"render.DecodeXML":      decodes(mediaXML),
		"render.Status":         setsStatus(2, false),
		"render.JSON":           writes(mediaJSON, 0, 3),
		"render.XML":            writes(mediaXML, 0, 3),
		"render.PlainText":      writes(mediaText, 0, 0),
		"render.HTML":           writes(mediaHTML, 0, 0),
		"render.Data":           writes(mediaAny, 0, 0),
		"render.NoContent":      writesFixed("", http.StatusNoContent),
		"render.Render":         rendersWith,
		"render.RenderList":     writes(mediaJSON, 0, 3),
		"render.Respond":        writes(mediaJSON, 0, 3),
	}
	for _, version := range []string{"chi", "chi/v5"} {
		effects[version+".URLParam"] = takes("path", 2)
		effects[version+".URLParamFromCtx"] = takes("path", 2)
		effects[version+".Context.URLParam"] = takes("path", 1)
		effects[version+".RouteContext"] = nothing
	}
	return effects
}

// bindsRenderer is render.Bind: the body, and then what the method Bind of the value takes.
func bindsRenderer(r *reader, c *call) *val {
	r.decode(c, mediaJSON, c.arg(2))
	r.method(c, c.arg(2), "Bind", c.arg(1))
	return c.result()
}

// rendersWith is render.Render: the method Render of the value may set the status first.
func rendersWith(r *reader, c *call) *val {
	before := r.flow
	r.method(c, c.arg(3), "Render", c.arg(1), c.arg(2))
	r.respond(nil, r.media(mediaJSON), c.arg(3))
	r.flow = before
	return c.result()
}

// method reads a method of a value, if its source is known.
func (r *reader) method(c *call, recv *val, name string, args ...*val) {
	if recv == nil || recv.typ == nil || types.IsInterface(recv.typ) {
		return
	}
	t := recv.typ
	if _, pointer := t.Underlying().(*types.Pointer); !pointer {
		t = types.NewPointer(t)
	}
	s := types.NewMethodSet(t).Lookup(nil, name)
	if s == nil {
		return
	}
	if fn, ok := s.Obj().(*types.Func); ok {
		r.callTo(&call{node: c.node, frame: c.frame, args: args, results: resultsOf(fn)}, &closure{object: fn, receiver: recv})
	}
}

func resultsOf(fn *types.Func) []types.Type {
	var results []types.Type
	for v := range fn.Signature().Results().Variables() {
		results = append(results, v.Type())
	}
	return results
}

// gorillaEffects are the functions of gorilla/mux.
func gorillaEffects() map[string]effect {
	return map[string]effect{
		"mux.Vars":         takesAll(pathSet),
		"mux.CurrentRoute": nothing,
	}
}
