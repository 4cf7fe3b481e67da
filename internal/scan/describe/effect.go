package describe

import (
	"go/types"
	"net/http"
	"strings"
)

// An effect is what a call of a function does that the tables know, by its key (funcKey). In
// the tables, arguments are counted from 1, and the receiver is no argument.
type effect func(r *reader, c *call) *val

// allEffects returns the functions of all frameworks.
func allEffects() map[string]effect {
	all := map[string]effect{}
	for _, table := range []struct {
		prefix  string
		effects map[string]effect
	}{
		{"", standardEffects()},
		{"net/http.", httpEffects()},
		{"github.com/go-chi/", chiEffects()},
		{"github.com/gorilla/", gorillaEffects()},
		{"github.com/gin-gonic/gin.Context.", ginEffects()},
		{"", oapiCodegenEffects()},
		{"github.com/labstack/echo/v4.", echo4Effects()},
		{"github.com/labstack/echo/v5.", echo5Effects()},
		{"github.com/gofiber/fiber/v2.", fiber2Effects()},
		{"github.com/gofiber/fiber/v3.", fiber3Effects()},
	} {
		for name, does := range table.effects {
			all[table.prefix+name] = does
		}
	}
	return all
}

// takes reads the parameter that argument name names. Its type is that of the result.
func takes(in string, name int) effect {
	return func(r *reader, c *call) *val { return r.take(c, in, c.arg(name), nil) }
}

// takesOr is takes with a default in another argument, if the call has that.
func takesOr(in string, name, fallback int) effect {
	return func(r *reader, c *call) *val {
		v := c.arg(fallback)
		if v == nil && len(c.args) >= fallback {
			v = &val{}
		}
		return r.take(c, in, c.arg(name), v)
	}
}

// takesFile reads the file of a form that argument 1 names.
func takesFile(r *reader, c *call) *val {
	v := r.take(c, "form", c.arg(1), nil)
	for _, p := range first(at(v.tuple, 0), v).params() {
		p.File, p.Type, p.List = true, nil, false
		p.Required = r.uncertain == 0
	}
	return v
}

// takesAll returns all parameters of a place, by name.
func takesAll(p part) effect {
	return func(_ *reader, c *call) *val { return c.result(&val{part: p}) }
}

// takesFrom reads the parameter that argument 1 names from the set that the receiver is.
func takesFrom(r *reader, c *call) *val {
	for _, set := range c.recv.all() {
		if in := setPlaces[set.part]; in != "" {
			return r.take(c, r.place(in), c.arg(1), nil)
		}
	}
	return c.result()
}

// take adds the parameters that name may name, and returns the results of the call.
func (r *reader) take(c *call, in string, name, fallback *val) *val {
	in = r.place(in)
	names, open := name.strings()
	if open && len(names) == 0 {
		r.cannot(c.frame, c.node, "the name of a %s parameter is not known", in)
	}
	var params []*Param
	for _, name := range names {
		if p := r.out.param(in, name); p != nil {
			params = append(params, p)
			r.shape(p, c, fallback)
		}
	}
	known := make([]*val, len(c.results))
	for i, t := range c.results {
		switch {
		case i == 0:
			for _, p := range params {
				known[0] = either(known[0], &val{typ: t, param: p})
			}
		case isError(t):
			known[i] = &val{typ: t, absent: params}
		case types.Identical(t, types.Typ[types.Bool]):
			known[i] = &val{typ: t, present: params}
		}
	}
	return c.result(known...)
}

// shape records of a parameter what the results of a call and its default tell.
func (r *reader) shape(p *Param, c *call, fallback *val) {
	if fallback != nil {
		p.optional = true
		if fallback.con != nil && p.Default == nil && len(fallback.more) == 0 && fallback.con.ExactString() != `""` {
			p.Default = fallback.con
		}
	}
	if len(c.results) == 0 {
		return
	}
	t := c.results[0]
	if s, ok := t.Underlying().(*types.Slice); ok {
		p.List = true
		t = s.Elem()
	}
	if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsString == 0 && p.Type == nil {
		p.Type = t
	} else if named := namedOf(t); named != nil && kindOf(t) != "" && p.Type == nil && !types.IsInterface(t) {
		p.Type = t
	}
}

// refines records what the text of a parameter, in an argument, is made into: the type of the
// first result, or a format.
func refines(arg int, format string) effect {
	return func(r *reader, c *call) *val {
		params := c.arg(arg).params()
		for _, p := range params {
			if p.Type == nil && p.Format == "" {
				p.Format = format
				if format == "" && len(c.results) > 0 {
					p.Type = c.results[0]
				}
			}
		}
		known := make([]*val, len(c.results))
		for i, t := range c.results {
			known[i] = &val{typ: t}
			if isError(t) {
				known[i].absent = params
			} else if len(params) > 0 && i == 0 {
				known[i].param = params[0]
			}
		}
		return c.result(known...)
	}
}

// refinesAs is refines to a type that is not that of the result.
func refinesAs(t types.BasicKind) effect {
	return func(r *reader, c *call) *val {
		for _, p := range c.arg(1).params() {
			if p.Type == nil && p.Format == "" {
				p.Type = types.Typ[t]
			}
		}
		return refines(1, "")(r, c)
	}
}

// refinesTime records the format of the layout of time.Parse.
func refinesTime(r *reader, c *call) *val {
	layouts, _ := c.arg(1).strings()
	format := ""
	if len(layouts) == 1 {
		format = map[string]string{"2006-01-02": "date", "2006-01-02T15:04:05Z07:00": "date-time",
			"2006-01-02T15:04:05.999999999Z07:00": "date-time"}[layouts[0]]
	}
	if format == "" {
		format = "time"
		if len(layouts) == 1 {
			format = layoutPrefix + layouts[0]
		}
	}
	return refines(2, format)(r, c)
}

// layoutPrefix precedes the layout of package time in the Format of a Param whose layout is no
// format of JSON Schema.
const layoutPrefix = "layout "

// passes returns an argument: the result is the same part, made of the same parameter.
func passes(arg int) effect {
	return func(_ *reader, c *call) *val { return c.result(c.arg(arg).inside()) }
}

// inside returns v without its type and constant.
func (v *val) inside() *val {
	if v == nil {
		return nil
	}
	w := *v
	w.typ, w.con, w.more = nil, nil, nil
	for _, other := range v.more {
		if w.part == noPart {
			w.part = other.part
		}
		if w.param == nil {
			w.param = other.param
		}
	}
	return &w
}

// splits records that a parameter has several values with a separator between them.
func splits(r *reader, c *call) *val {
	separators, _ := c.arg(2).strings()
	for _, p := range c.arg(1).params() {
		if len(separators) == 1 && separators[0] == "," && p.Type == nil && p.In != "path" && !p.List {
			p.List, p.Commas = true, true
		}
	}
	return c.result(c.arg(1).inside())
}

// returnsPart returns a part of the response or the request as its first result.
func returnsPart(p part) effect {
	return func(_ *reader, c *call) *val { return c.result(&val{part: p}) }
}

// readsBody returns the body, or its bytes.
func readsBody(r *reader, c *call) *val {
	if !r.undecoded.IsValid() {
		r.undecoded = c.frame.position(c.node)
	}
	return c.result(&val{part: bodyStream})
}

// readsAll returns the bytes of a reader.
func readsAll(r *reader, c *call) *val {
	if !c.arg(1).isPart(bodyStream) {
		return c.result(c.arg(1).inside())
	}
	return readsBody(r, c)
}

// makesDecoder returns a decoder of argument 1.
func makesDecoder(media string) effect {
	return func(_ *reader, c *call) *val {
		if c.arg(1).isPart(bodyStream) {
			return c.result(&val{part: decoder, media: media})
		}
		return c.result()
	}
}

// decodesInto decodes what its receiver is a decoder of into an argument.
func decodesInto(arg int) effect {
	return func(r *reader, c *call) *val {
		if c.recv.isPart(decoder) {
			r.decode(c, c.recv.media, c.arg(arg))
		}
		return c.result()
	}
}

// decodes decodes bytes of the body in argument 1 into argument 2.
func decodes(media string) effect {
	return func(r *reader, c *call) *val {
		if c.arg(1).isPart(bodyStream) {
			r.decode(c, media, c.arg(2))
		}
		return c.result()
	}
}

// bodyInto decodes the body into an argument.
func bodyInto(media string, arg int) effect {
	return func(r *reader, c *call) *val {
		r.decode(c, media, c.arg(arg))
		return c.result()
	}
}

// decode records that the body is decoded into a value.
func (r *reader) decode(c *call, media string, into *val) {
	r.decoded = true
	if into == nil || into.typ == nil || types.IsInterface(into.typ) || types.IsInterface(deref(into.typ)) && typeName(into.typ) == "" {
		if into == nil || into.typ == nil || types.IsInterface(into.typ) {
			r.cannot(c.frame, c.node, "the type that the body is decoded into is not known")
		}
		into = nil
	}
	body := r.out.body(media, into.bare())
	body.Required = body.Required || r.uncertain == 0
}

// bare returns v as what is decoded: its type, without what it was before.
func (v *val) bare() *val {
	if v == nil {
		return nil
	}
	return typed(deref(v.typ))
}

// makesEncoder returns an encoder that writes to argument 1.
func makesEncoder(media string) effect {
	return func(_ *reader, c *call) *val {
		if w := c.arg(1); w != nil && isResponse(w) {
			return c.result(&val{part: encoder, media: media})
		}
		return c.result()
	}
}

// encodesTo writes an argument to the encoder that the receiver is.
func encodesTo(arg int) effect {
	return func(r *reader, c *call) *val {
		if c.recv.isPart(encoder) {
			r.respond(nil, r.media(c.recv.media), c.arg(arg))
		}
		return c.result()
	}
}

// media returns the media type that was said for the response, or the given one.
func (r *reader) media(otherwise string) string {
	if r.flow.media != "" && (otherwise == mediaAny || otherwise == mediaText || strings.Contains(r.flow.media, "json")) {
		return r.flow.media
	}
	return otherwise
}

// encodes returns the encoding of an argument.
func encodes(media string, arg int) effect {
	return func(_ *reader, c *call) *val {
		return c.result(&val{part: encoded, media: media, of: c.arg(arg)})
	}
}

// writes writes an argument (0: nothing that is known) with the status in argument status (0:
// the one that was said before).
func writes(media string, status, payload int) effect {
	return func(r *reader, c *call) *val {
		var codes []int
		if status > 0 {
			codes = statuses(c.arg(status))
		}
		var v *val
		if payload > 0 {
			v = c.arg(payload)
		}
		r.respond(codes, r.media(media), v)
		return c.result()
	}
}

// writesAs is writes with the status in argument 1 and the media type in argument media.
func writesAs(media int) effect {
	return func(r *reader, c *call) *val {
		name, _ := c.arg(media).strings()
		kind := mediaAny
		if len(name) == 1 {
			kind = mediaName(name[0])
		}
		return writes(kind, 1, 0)(r, c)
	}
}

// writesFixed writes a text, or nothing that is known, with a fixed status.
func writesFixed(media string, status int) effect {
	return func(r *reader, c *call) *val {
		r.respond([]int{status}, media, nil)
		return c.result()
	}
}

// writesBytes writes an argument: the encoding of a value, a text or anything.
func writesBytes(arg int) effect {
	return func(r *reader, c *call) *val {
		v := c.arg(arg)
		if v.isPart(encoded) {
			for _, w := range v.all() {
				if w.part == encoded {
					r.respond(nil, r.media(w.media), w.of)
				}
			}
			return c.result()
		}
		media := mediaAny
		if texts, _ := v.strings(); len(texts) > 0 || v.isPart(madeText) {
			media = mediaText
		}
		r.respond(nil, r.media(media), nil)
		return c.result()
	}
}

// writesTo writes to argument writer, if that is the response: the encoding of argument
// payload, or content of the given media type.
func writesTo(writer int, media string, payload int) effect {
	return func(r *reader, c *call) *val {
		w := c.arg(writer)
		switch {
		case w == nil || !isResponse(w):
		case payload > 0 && c.arg(payload).isPart(encoded):
			return writesBytes(payload)(r, c)
		default:
			r.respond(nil, r.media(media), nil)
		}
		return c.result()
	}
}

// setsStatus records the status of the response to come. If ends, it may be without content.
func setsStatus(arg int, ends bool) effect {
	return func(r *reader, c *call) *val {
		r.flow.status = statuses(c.arg(arg))
		if ends {
			r.respond(nil, "", nil)
		}
		return c.result(c.recv)
	}
}

// setsHeader records the media type of the response to come.
func setsHeader(name, value int) effect {
	return func(r *reader, c *call) *val {
		names, _ := c.arg(name).strings()
		values, _ := c.arg(value).strings()
		if len(names) == 1 && http.CanonicalHeaderKey(names[0]) == "Content-Type" && len(values) == 1 {
			r.flow.media = mediaName(values[0])
		}
		return c.result()
	}
}

// mediaName returns a media type without its parameters.
func mediaName(s string) string {
	s, _, _ = strings.Cut(s, ";")
	if s = strings.ToLower(strings.TrimSpace(s)); strings.Count(s, "/") != 1 {
		return mediaAny
	}
	return s
}

// nothing is the effect of a function that is of no interest.
func nothing(_ *reader, c *call) *val { return c.result() }
