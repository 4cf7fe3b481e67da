package describe

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"net/http"
	"slices"

	"golang.org/x/tools/go/packages"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// The bounds of reading one handler: how deep calls are followed, and how many expressions
// are looked at. The largest handlers of real programs need a tenth.
const (
	mostCalls       = 12
	mostExpressions = 200_000
)

// A program is what is known of the loaded packages.
type program struct {
	declared map[string]declaration // by the full name of the function
	effects  map[string]effect
	carriers map[string]bool // types that give access to a request or a response, by key
	behind   *implementations
	assigned *assignments
}

// A declaration is a function with its syntax.
type declaration struct {
	pkg  *packages.Package
	decl *ast.FuncDecl
}

func newProgram(pkgs []*packages.Package) *program {
	p := &program{declared: map[string]declaration{}, effects: allEffects(), carriers: map[string]bool{}, behind: newImplementations(pkgs), assigned: newAssignments(pkgs)}
	for _, pkg := range pkgs {
		for _, file := range pkg.Syntax {
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok || f.Body == nil {
					continue
				}
				if object, ok := pkg.TypesInfo.Defs[f.Name].(*types.Func); ok {
					p.declared[object.FullName()] = declaration{pkg, f}
				}
			}
		}
	}
	return p
}

// A reader reads one handler as it is called with one method.
type reader struct {
	*program
	out     *Description
	methods map[string]bool // those that the handler compares its method with
	flow    flow
	// uncertain is above 0 where what is read may not happen.
	uncertain int
	// missing are the parameters whose absence led here.
	missing []*Param
	calls   []string
	answers answers
	left    int
	// undecoded is where the body was read for what is not known yet.
	undecoded token.Position
	decoded   bool
	// asText says that the bytes of the body were made into a text.
	asText bool
	// supposed is the type of what a middleware may have decoded, or nil.
	supposed types.Type
	// mayBeEmpty says that the handler expects the end of a stream: the body may be empty.
	mayBeEmpty bool
	// unseen are calls that the request or the response was given to; writesUnseen says that the
	// response was.
	unseen       []scan.Problem
	writesUnseen bool
}

// answers counts the responses that were read: those with an error, and others.
type answers struct{ refusals, others int }

// A flow is what was said of the response before its content.
type flow struct {
	status []int // what it may be; 0 is one that is not constant
	media  string
}

// A frame has the variables of a function.
type frame struct {
	pkg   *packages.Package
	up    *frame // of the function around it, or nil
	vars  map[types.Object]*val
	bound map[types.Object]scan.Value
	types typeMap
	// returned are the results that were met.
	returned *val
	results  []types.Object // those with a name
}

// read returns what the handler of a route takes and writes when it is called with method, and
// the methods that the handler tells apart.
func (p *program) read(route *scan.Route, method string) (*Description, map[string]bool) {
	r := &reader{program: p, methods: map[string]bool{}, left: mostExpressions,
		out:  &Description{Route: route, Method: method},
		flow: flow{status: []int{http.StatusOK}}}
	for _, v := range route.PathParams {
		r.out.Params = append(r.out.Params, pathParam(v))
	}
	if route.Handler.Body == nil {
		r.out.unknown(route.Pos, "the source of the handler is not known")
		return r.out, r.methods
	}
	f := &frame{pkg: route.Handler.Pkg, vars: map[types.Object]*val{}, bound: route.Handler.Bound, types: route.Handler.TypeArgs}
	own := r.ownShape(f, route.Handler.Type)
	r.body(f, route.Handler.Type, route.Handler.Body)
	r.ownResults(f, route.Handler.Type, own)
	r.finish()
	return r.out, r.methods
}

func pathParam(v scan.PathParam) *Param {
	p := &Param{Name: v.Name, In: "path", Required: true, key: v.Key}
	switch v.Type {
	case "int":
		p.Type = types.Typ[types.Int]
	case "bool":
		p.Type = types.Typ[types.Bool]
	case "float":
		p.Type = types.Typ[types.Float64]
	case "guid":
		p.Format = "uuid"
	}
	return p
}

// finish adds what is only known at the end.
func (r *reader) finish() {
	d := r.out
	r.addSupposed()
	switch {
	case r.decoded || !r.undecoded.IsValid():
	case r.asText:
		d.body(mediaText, typed(types.Typ[types.String]))
	default:
		d.body(mediaAny, nil)
		d.unknown(r.undecoded, "what is read from the body is not known")
	}
	for _, u := range r.unseen {
		d.unknown(u.Pos, u.Message)
	}
	if r.left <= 0 {
		d.unknown(d.Route.Pos, "the handler is too large to be read as a whole")
	}
	d.notAllowed = len(d.Responses) > 0 && len(r.unseen) == 0 &&
		!slices.ContainsFunc(d.Responses, func(r *Response) bool { return r.Status != http.StatusMethodNotAllowed })
	r.answerRest()
	for _, b := range d.Bodies {
		b.Required = b.Required && !r.mayBeEmpty
	}
	if len(d.Bodies) > 1 { // what was copied before it was decoded
		d.Bodies = slices.DeleteFunc(d.Bodies, func(b *Body) bool { return b.Media == mediaBytes })
	}
	multipart := slices.ContainsFunc(d.Params, func(p *Param) bool { return p.In == "form" && p.File })
	for _, p := range d.Params {
		if p.optional || p.Default != nil {
			p.Required = p.In == "path"
		}
	}
	if slices.ContainsFunc(d.Bodies, func(b *Body) bool { return b.Media == mediaMultipart }) {
		multipart = true
	}
	if multipart {
		d.Bodies = slices.DeleteFunc(d.Bodies, func(b *Body) bool { return b.Media == mediaForm })
	}
	if slices.ContainsFunc(d.Params, func(p *Param) bool { return p.In == "form" }) {
		media := mediaForm
		if multipart {
			media = mediaMultipart
		}
		d.body(media, nil)
	}
}

// answerRest adds the response of a handler that ends without one, which succeeds. If something was
// given the response that may have written anything, then anything may be in it.
func (r *reader) answerRest() {
	d := r.out
	switch {
	case d.refuses() && r.writesUnseen:
		d.respond(&Response{Media: mediaAny})
	case d.refuses():
		d.respond(&Response{Status: http.StatusOK})
	case r.writesUnseen:
		for _, response := range d.Responses {
			if response.Media == "" && response.Status < http.StatusMultipleChoices && response.Status != http.StatusNoContent {
				response.Media = mediaAny
			}
		}
	}
}

// body reads the body of a function.
func (r *reader) body(f *frame, t *ast.FuncType, body *ast.BlockStmt) {
	if t.Results != nil {
		for _, field := range t.Results.List {
			for _, name := range field.Names {
				if object := f.pkg.TypesInfo.Defs[name]; object != nil {
					f.results = append(f.results, object)
				}
			}
		}
	}
	uncertain := r.uncertain
	r.block(f, body.List)
	r.uncertain = uncertain
}

// position returns the place of a node of f.
func (f *frame) position(n ast.Node) token.Position { return f.pkg.Fset.Position(n.Pos()) }

// typeOf returns the type of an expression, with what stands for type parameters; the invalid one
// in source that does not compile.
func (f *frame) typeOf(e ast.Expr) types.Type {
	t := f.pkg.TypesInfo.TypeOf(e)
	if both, ok := t.(*types.Tuple); ok && both.Len() == 2 {
		if _, call := e.(*ast.CallExpr); !call { // v, ok := x.(T)
			t = both.At(0).Type()
		}
	}
	if t != nil {
		return f.types.of(t)
	}
	return types.Typ[types.Invalid]
}

// look returns what is known of a variable.
func (f *frame) look(object types.Object) *val {
	for at := f; at != nil; at = at.up {
		if v, ok := at.vars[object]; ok {
			return v
		}
		if v, ok := at.bound[object]; ok {
			return boundVal(f, object, v)
		}
	}
	return typed(f.types.of(object.Type()))
}

func boundVal(f *frame, object types.Object, v scan.Value) *val {
	bound := &val{typ: f.types.of(object.Type()), con: v.Const.Value}
	if v.Const.Type != nil {
		bound.typ = f.types.of(v.Const.Type)
	}
	if v.Func != nil {
		bound.fn = &closure{fn: *v.Func}
	}
	return bound
}

// set records what a variable is. What it was before, it may still be.
func (f *frame) set(object types.Object, v *val) {
	if object == nil || v == nil {
		return
	}
	for at := f; at != nil; at = at.up {
		old, ok := at.vars[object]
		if !ok {
			continue
		}
		v = v.within(f.types.of(object.Type()))
		if old == nil || old.zero {
			at.vars[object] = v
		} else {
			at.vars[object] = either(old, v)
		}
		return
	}
	f.define(object, v)
}

// define records what a new variable is.
func (f *frame) define(object types.Object, v *val) {
	if object == nil {
		return
	}
	f.vars[object] = v.within(f.types.of(object.Type()))
}

// within returns v as it is in a variable of type t: an interface keeps the type of what is
// in it.
func (v *val) within(t types.Type) *val {
	if v == nil {
		return typed(t)
	}
	if t == nil || v.typ != nil && types.IsInterface(t) {
		return v
	}
	if v.typ != nil && types.Identical(v.typ, t) {
		return v
	}
	return v.as(t)
}

// respond records a response of each status that there may be.
func (r *reader) respond(statuses []int, media string, payload *val) {
	if len(statuses) == 0 {
		statuses = r.flow.status
	}
	for _, status := range statuses {
		if status >= http.StatusBadRequest {
			r.answers.refusals++
		} else {
			r.answers.others++
		}
		r.out.respond(&Response{Status: status, Media: media, payload: payload})
	}
}

// statuses returns the constant statuses that v may be; 0 stands for others.
func statuses(v *val) []int {
	numbers, open := v.ints()
	numbers = slices.DeleteFunc(numbers, func(n int) bool { return n < 100 || n > 599 })
	if open || len(numbers) == 0 {
		numbers = append(numbers, 0)
	}
	return numbers
}

func union(a, b []int) []int {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// cannot records that something was not understood.
func (r *reader) cannot(f *frame, at ast.Node, format string, args ...any) {
	r.out.unknown(f.position(at), fmt.Sprintf(format, args...))
}

// boolVal returns a constant.
func boolVal(b bool) *val {
	return &val{typ: types.Typ[types.Bool], con: constant.MakeBool(b)}
}
