package describe

import (
	"go/constant"
	"go/token"
	"go/types"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// The media types that handlers read and write by name.
const (
	mediaJSON      = "application/json"
	mediaXML       = "application/xml"
	mediaYAML      = "application/yaml"
	mediaText      = "text/plain"
	mediaHTML      = "text/html"
	mediaForm      = "application/x-www-form-urlencoded"
	mediaMultipart = "multipart/form-data"
	mediaBytes     = "application/octet-stream"
	mediaAny       = "*/*"
)

// A Description is what a handler takes and writes when it is called with one method.
type Description struct {
	Route  *scan.Route
	Method string
	Params []*Param
	Bodies []*Body
	// Responses are in the order in which the handler mentions them.
	Responses []*Response
	// Problems are what could not be understood.
	Problems []scan.Problem

	notAllowed bool // that there is no such method is all that the handler says
}

// A Param is a value that is taken from one place of a request.
type Param struct {
	Name string
	// In is "path", "query", "header", "cookie", or "form" for a field of a form.
	In       string
	Required bool
	// Type is what the value is made into, or nil for text.
	Type types.Type
	// List says that all values of the name are read, Commas that one has several.
	List, Commas bool
	// Format is that of a text without a type, such as "date-time".
	Format string
	// File says that it is a file of a form.
	File bool
	// Default is what is taken if there is none, or nil.
	Default constant.Value

	key      string            // what the handler asks for, if not Name
	object   *types.Var        // the field it is bound to, or nil
	tag      reflect.StructTag // and its tags
	optional bool              // something is done where there is none
}

// A Body is a request body of one media type.
type Body struct {
	Media    string
	Required bool
	// payload is what is decoded from it, nil if that is not known.
	payload *val
	// skip are the fields of the payload that are not in the body.
	skip func(field) bool
}

// A Response is one that is written. Status is 0 where it is not a constant.
type Response struct {
	Status int
	Media  string // "" if there is no content
	// payload is what is encoded, nil if that is not known.
	payload *val
}

// ownHeaders are those that a client's software sets, or OpenAPI describes elsewhere.
var ownHeaders = []string{"Accept", "Content-Type", "Authorization", "Origin", "Referer", "User-Agent", "Host", "Cookie",
	"Connection", "Upgrade", "Content-Length", "Content-Encoding", "Accept-Encoding", "Accept-Language", "Forwarded",
	"X-Real-Ip", "Last-Event-Id", "Te", "Via", "X-Url-Scheme", "Front-End-Https", "If-None-Match", "If-Modified-Since"}

// isOwnHeader reports whether a header is not for a caller to choose.
func isOwnHeader(name string) bool {
	name = http.CanonicalHeaderKey(name)
	for _, prefix := range []string{"X-Forwarded-", "Sec-", "Access-Control-", "Cf-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return slices.Contains(ownHeaders, name)
}

// param returns the parameter of the given name and place, which it adds if it is new. It is
// nil for headers that are not for a caller to choose, and for variables that the path lacks.
func (d *Description) param(in, name string) *Param {
	if in == "header" && isOwnHeader(name) || name == "" {
		return nil
	}
	for _, p := range d.Params {
		if p.In == in && (p.Name == name || p.key == name || in == "header" && strings.EqualFold(p.Name, name)) {
			return p
		}
	}
	if in == "path" {
		return nil
	}
	p := &Param{Name: name, In: in}
	d.Params = append(d.Params, p)
	return p
}

// body adds a body of a media type, unless there is one with a payload.
func (d *Description) body(media string, payload *val) *Body {
	for _, b := range d.Bodies {
		if b.Media == media {
			if b.payload == nil {
				b.payload = payload
			} else if payload != nil && typeKey(b.payload.typ) != typeKey(payload.typ) {
				b.payload = either(b.payload, payload)
			}
			return b
		}
	}
	b := &Body{Media: media, payload: payload}
	d.Bodies = append(d.Bodies, b)
	return b
}

// respond adds a response.
func (d *Description) respond(r *Response) {
	for _, other := range d.Responses {
		if other.Status != r.Status || other.Media != r.Media {
			continue
		}
		if r.payload != nil {
			other.payload = either(other.payload, r.payload)
		}
		return
	}
	d.Responses = append(d.Responses, r)
}

func (d *Description) unknown(pos token.Position, message string) {
	p := scan.Problem{Pos: pos, Message: message}
	if !slices.Contains(d.Problems, p) {
		d.Problems = append(d.Problems, p)
	}
}
