package describe

import (
	"go/ast"
	"go/constant"
	"go/types"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// A tagging says which fields of a struct are bound: those with a tag of one of the keys, and
// those without one if unnamed, by their own name.
type tagging struct {
	keys    []string
	unnamed bool
}

// binds binds the fields of the struct in an argument to parameters of a place.
func binds(arg int, in string, tags tagging) effect {
	return func(r *reader, c *call) *val {
		r.bindFields(c, c.arg(arg), in, tags)
		return c.result()
	}
}

// bindFields adds the parameters that the fields of a struct are bound to.
func (r *reader) bindFields(c *call, into *val, in string, tags tagging) {
	t := structOf(into)
	if t == nil {
		if into == nil || into.typ == nil || types.IsInterface(into.typ) {
			r.cannot(c.frame, c.node, "what is bound from the %s is not known", in)
		}
		return
	}
	r.bindStruct(t, in, tags, 0)
}

// structOf returns the struct that v is or points to, or nil.
func structOf(v *val) *types.Struct {
	if v == nil || v.typ == nil {
		return nil
	}
	t, _ := deref(v.typ).Underlying().(*types.Struct)
	return t
}

func (r *reader) bindStruct(t *types.Struct, in string, tags tagging, depth int) {
	if depth > 8 {
		return
	}
	for i := range t.NumFields() {
		f, tag := t.Field(i), reflect.StructTag(t.Tag(i))
		name, options, _ := strings.Cut(firstOf(tag, tags.keys...), ",")
		if name == "-" || !f.Exported() && !f.Embedded() {
			continue
		}
		inner, isStruct := deref(f.Type()).Underlying().(*types.Struct)
		if isStruct && name == "" && kindOf(f.Type()) == "" {
			r.bindStruct(inner, in, tags, depth+1)
			continue
		}
		if name == "" && tags.unnamed && in != "header" && in != "cookie" {
			name = f.Name()
		}
		if p := r.out.param(in, name); p != nil && f.Exported() {
			p.bindTo(f, tag, options)
		}
	}
}

// bindTo records that a parameter is bound to a field with a tag, whose options are given.
func (p *Param) bindTo(f *types.Var, tag reflect.StructTag, options string) {
	p.object, p.tag = f, tag
	t := f.Type()
	if typeName(elementOf(t)) == "mime/multipart.FileHeader" {
		p.File = true
		p.List = isSlice(deref(t))
	} else if !types.IsInterface(deref(t)) {
		p.Type = t
	}
	if rulesOf(tag).required(t) {
		p.Required = true
	}
	for option := range strings.SplitSeq(options, ",") {
		if text, found := strings.CutPrefix(option, "default="); found {
			p.Default = constant.MakeString(text)
		}
		p.Required = p.Required || option == "required"
	}
}

// elementOf returns the type of the elements of a slice, or t.
func elementOf(t types.Type) types.Type {
	if s, ok := deref(t).Underlying().(*types.Slice); ok {
		return s.Elem()
	}
	return t
}

// hasTag reports whether a field of the struct that v is, or of one that it embeds, has a tag.
func hasTag(v *val, key string) bool {
	t := structOf(v)
	return t != nil && structHasTag(t, key, 0)
}

func structHasTag(t *types.Struct, key string, depth int) bool {
	for i := range t.NumFields() {
		if firstOf(reflect.StructTag(t.Tag(i)), key) != "" {
			return true
		}
		if inner, ok := deref(t.Field(i).Type()).Underlying().(*types.Struct); ok && t.Field(i).Embedded() && depth < 8 && structHasTag(inner, key, depth+1) {
			return true
		}
	}
	return false
}

// bodyByTags decodes the body into the struct in argument 1: a form, if its fields have tags of
// that only, else JSON. Fields that have a tag of another place only are not in the body.
func (r *reader) bodyByTags(c *call, formKey string, otherKeys ...string) *val {
	into := c.arg(1)
	t := structOf(into)
	if t == nil {
		r.decode(c, mediaJSON, into)
		return c.result()
	}
	if hasTag(into, formKey) && !hasTag(into, "json") {
		r.decoded = true
		r.bindStruct(t, "form", tagging{keys: []string{formKey}}, 0)
		return c.result()
	}
	elsewhere := func(f field) bool {
		return firstOf(f.tag, "json", formKey) == "" && firstOf(f.tag, otherKeys...) != ""
	}
	fields := jsonFields(t)
	if len(fields) > 0 && !slices.ContainsFunc(fields, func(f field) bool { return !elsewhere(f) }) {
		return c.result()
	}
	r.decode(c, mediaJSON, into)
	if slices.ContainsFunc(fields, elsewhere) {
		for _, b := range r.out.Bodies {
			if b.Media == mediaJSON {
				b.skip = elsewhere
			}
		}
	}
	return c.result()
}

// ownShape reads the parameters of a handler whose shape is the app's own: one that gets the
// request as a struct, func(context.Context, *Request) (*Response, error). It reports whether
// the handler has such a shape.
func (r *reader) ownShape(f *frame, t *ast.FuncType) bool {
	var request types.Type
	carried := false
	for _, p := range t.Params.List {
		pt := f.typeOf(p.Type)
		switch {
		case pt == nil || typeName(pt) == "context.Context":
		case r.carries(pt, 0):
			carried = true
		case structOf(typed(pt)) != nil && request == nil:
			request = pt
		}
	}
	answers := len(f.answers(t)) > 0
	if request != nil && (!carried || answers) {
		r.bindRequest(request)
	}
	return answers
}

// answers returns which results of a handler are neither errors nor numbers.
func (f *frame) answers(t *ast.FuncType) []int {
	if t.Results == nil {
		return nil
	}
	var found []int
	i := 0
	for _, field := range t.Results.List {
		rt := f.typeOf(field.Type)
		for range max(1, len(field.Names)) {
			if rt != nil && !isError(rt) && kindOf(rt) != "integer" && typeName(rt) != "net/http.Handler" {
				found = append(found, i)
			}
			i++
		}
	}
	return found
}

// ownResults adds the responses of a handler that returns what is written.
func (r *reader) ownResults(f *frame, t *ast.FuncType, own bool) {
	if !own || f.returned == nil {
		return
	}
	codes := []int{http.StatusOK}
	for _, v := range f.returned.tuple {
		if numbers, _ := v.ints(); len(numbers) > 0 {
			codes = statuses(v)
		}
	}
	results := f.pkgTypes(t)
	for _, i := range f.answers(t) {
		v := at(f.returned.tuple, i)
		if v == nil || v.typ == types.Typ[types.UntypedNil] || i < len(results) && !types.IsInterface(results[i]) && v.lit == nil {
			v = typed(results[i])
		}
		media := mediaJSON
		if kindOf(v.typ) == "string" && !types.IsInterface(v.typ) {
			media = mediaText
		}
		for _, code := range codes {
			r.out.respond(&Response{Status: code, Media: media, payload: v})
		}
	}
}

// pkgTypes returns the types of the results of a function.
func (f *frame) pkgTypes(t *ast.FuncType) []types.Type {
	var all []types.Type
	for _, field := range t.Results.List {
		for range max(1, len(field.Names)) {
			all = append(all, f.typeOf(field.Type))
		}
	}
	return all
}

// The tags that say where a field of a request struct is, by place.
var requestTags = []struct {
	in   string
	keys []string
}{
	{"path", []string{"path", "uri", "param", "params"}},
	{"query", []string{"query"}},
	{"header", []string{"header", "reqHeader"}},
	{"cookie", []string{"cookie"}},
}

// bindRequest binds a struct that a handler of an own shape gets: every field from where its tag
// says, the others from the body, or the query where there is none.
func (r *reader) bindRequest(t types.Type) {
	structure, ok := deref(t).Underlying().(*types.Struct)
	if !ok || structure.NumFields() == 0 {
		return
	}
	var keys []string
	for _, place := range requestTags {
		r.bindStruct(structure, place.in, tagging{keys: place.keys}, 0)
		keys = append(keys, place.keys...)
	}
	elsewhere := func(f field) bool {
		return firstOf(f.tag, "json") == "" && firstOf(f.tag, append(keys, "form")...) != ""
	}
	fields := slices.DeleteFunc(jsonFields(structure), elsewhere)
	switch r.out.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodDelete:
		r.bindStruct(structure, "query", tagging{keys: []string{"form", "json"}}, 0)
		return
	}
	if hasTag(typed(t), "form") && !hasTag(typed(t), "json") {
		r.bindStruct(structure, "form", tagging{keys: []string{"form"}}, 0)
		return
	}
	if len(fields) == 0 {
		return
	}
	for _, f := range fields {
		if f.object.Name() == "Body" { // the others are not of the body
			r.out.body(mediaJSON, typed(f.object.Type())).Required = true
			return
		}
	}
	b := r.out.body(mediaJSON, typed(deref(t)))
	b.Required = true
	if len(fields) < len(jsonFields(structure)) {
		b.skip = elsewhere
	}
}
