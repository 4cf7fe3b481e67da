package describe

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// A call is a call of a function whose arguments are read.
type call struct {
	node    *ast.CallExpr
	frame   *frame
	recv    *val
	args    []*val
	results []types.Type
}

// arg returns an argument, counted from 1, or nil.
func (c *call) arg(n int) *val { return at(c.args, n-1) }

// result returns the results of the call: of those that are given what is known, of the others
// the types.
func (c *call) result(known ...*val) *val {
	values := make([]*val, len(c.results))
	for i, t := range c.results {
		values[i] = at(known, i).within(t)
	}
	if len(values) == 1 {
		return values[0]
	}
	return &val{tuple: values}
}

func (r *reader) call(f *frame, e *ast.CallExpr) *val {
	if tv := f.pkg.TypesInfo.Types[e.Fun]; tv.IsType() {
		return r.conversion(f, e)
	}
	if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
		if b, ok := f.pkg.TypesInfo.Uses[id].(*types.Builtin); ok {
			return r.builtin(f, e, b.Name())
		}
	}
	fun := r.eval(f, e.Fun)
	c := &call{node: e, frame: f, results: f.resultTypes(e)}
	for _, arg := range e.Args {
		v := r.eval(f, arg)
		if v != nil && v.tuple != nil {
			c.args = append(c.args, v.tuple...)
			continue
		}
		c.args = append(c.args, v)
	}
	if fun == nil {
		r.noteUnknown(c)
		return c.result()
	}
	var v *val
	for _, target := range fun.all() {
		v = either(v, r.callTo(c, target.fn))
	}
	return v
}

// resultTypes returns the types of the results of a call.
func (f *frame) resultTypes(e *ast.CallExpr) []types.Type {
	switch t := f.typeOf(e).(type) {
	case nil:
		return nil
	case *types.Tuple:
		results := make([]types.Type, t.Len())
		for i := range results {
			results[i] = t.At(i).Type()
		}
		return results
	default:
		return []types.Type{t}
	}
}

// callTo reads what a call of fn does.
func (r *reader) callTo(c *call, fn *closure) *val {
	if fn == nil {
		r.callBack(c)
		r.noteUnknown(c)
		return c.result()
	}
	c.recv = fn.receiver
	if fn.object == nil {
		if fn.at != "" && slices.Contains(r.calls, fn.at) {
			return c.result()
		}
		return r.follow(c, fn.fn, fn.frame, fn.at)
	}
	v := r.named(c, fn)
	if r.isSupplied(c, fn.object) {
		if v != nil && v.tuple != nil {
			return &val{tuple: append([]*val{r.supply(v.tuple[0])}, v.tuple[1:]...)}
		}
		return r.supply(v)
	}
	return v
}

// named reads what a call of a declared function does.
func (r *reader) named(c *call, fn *closure) *val {
	key := funcKey(fn.object)
	if does, ok := r.effects[key]; ok {
		return does(r, c)
	}
	if does, ok := r.effects[writerKey(fn)]; ok {
		return does(r, c)
	}
	if does := codecEffect(fn); does != nil {
		return does(r, c)
	}
	object := r.concrete(fn)
	name := object.Origin().FullName()
	if d, ok := r.declared[name]; ok && r.worthReading(c) {
		if slices.Contains(r.calls, name) || len(r.calls) >= mostCalls {
			return c.result()
		}
		target := scan.Func{Name: object.Name(), Pkg: d.pkg, Type: d.decl.Type, Body: d.decl.Body, TypeArgs: fn.fn.TypeArgs}
		target.TypeArgs = receiverTypes(object, c.recv, target.TypeArgs)
		return r.follow(c, target, nil, name, d.decl.Recv)
	}
	r.callBack(c)
	if does := r.renderEffect(c, object); does != nil {
		return does(r, c)
	}
	if _, ok := r.declared[name]; !ok {
		r.noteUnseen(c, object)
	}
	return c.result()
}

// funcKey returns the path of the package of a function, the name of the type it is a method
// of, and its own: "net/http.Request.PathValue".
func funcKey(fn *types.Func) string {
	if fn.Pkg() == nil {
		return fn.Name()
	}
	key := fn.Pkg().Path() + "."
	if recv := fn.Signature().Recv(); recv != nil {
		if n := namedOf(recv.Type()); n != nil {
			key += n.Obj().Name() + "."
		}
	}
	return key + fn.Name()
}

// writerKey returns the key of the method of http.ResponseWriter that fn is for whatever
// implements it: a writer of the app that counts bytes writes a response.
func writerKey(fn *closure) string {
	if fn.receiver == nil {
		return ""
	}
	switch fn.object.Name() {
	case "Header", "Write", "WriteHeader", "WriteString":
		if isWriter(fn.receiver.typ) {
			return "net/http.ResponseWriter." + fn.object.Name()
		}
	}
	return ""
}

// isWriter reports whether t has the methods of http.ResponseWriter.
func isWriter(t types.Type) bool {
	if t == nil {
		return false
	}
	for _, name := range []string{"Header", "Write", "WriteHeader"} {
		member, _, _ := types.LookupFieldOrMethod(t, false, nil, name)
		if _, method := member.(*types.Func); !method {
			return false
		}
	}
	return true
}

// concrete returns the method that a call of an interface's reaches, if it is known what is in
// the interface, or only one type of the program can be.
func (r *reader) concrete(fn *closure) *types.Func {
	recv := fn.object.Signature().Recv()
	if fn.receiver == nil || fn.receiver.typ == nil || recv == nil || !types.IsInterface(recv.Type()) {
		return fn.object
	}
	t := fn.receiver.typ
	if types.IsInterface(t) {
		if t = r.behind.of(t); t == nil {
			return fn.object
		}
	}
	if _, pointer := t.Underlying().(*types.Pointer); !pointer {
		t = types.NewPointer(t)
	}
	if s := types.NewMethodSet(t).Lookup(fn.object.Pkg(), fn.object.Name()); s != nil {
		if method, ok := s.Obj().(*types.Func); ok {
			return method
		}
	}
	return fn.object
}

// receiverTypes adds what stands for the type parameters of the receiver of a method.
func receiverTypes(method *types.Func, recv *val, m typeMap) typeMap {
	params := method.Origin().Signature().RecvTypeParams()
	if params.Len() == 0 || recv == nil {
		return m
	}
	n := namedOf(recv.typ)
	if n == nil {
		return m
	}
	args := make([]types.Type, n.TypeArgs().Len())
	for i := range args {
		args[i] = n.TypeArgs().At(i)
	}
	return m.with(params, args)
}

// worthReading reports whether a call can take something from the request, write something, or
// make something that its type does not tell.
func (r *reader) worthReading(c *call) bool {
	for _, v := range append(c.args[:len(c.args):len(c.args)], c.recv) {
		for _, w := range v.all() {
			if w.fn != nil && w.fn.object == nil || w.part != noPart || r.carries(w.typ, 0) {
				return true
			}
		}
	}
	return parses(c) || slices.ContainsFunc(c.results, isOpen)
}

// parses reports whether a call makes a simple value of a parameter.
func parses(c *call) bool {
	if len(c.args) > 2 || len(c.results) == 0 || isError(c.results[0]) || kindOf(c.results[0]) == "" {
		return false
	}
	return slices.ContainsFunc(c.args, func(v *val) bool { return len(v.params()) > 0 })
}

// isOpen reports whether a type says little of what is in it: any, map[string]any.
func isOpen(t types.Type) bool {
	t = deref(t)
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return !isError(t) && typeName(t) != "context.Context"
	case *types.Map:
		return isOpen(u.Elem())
	case *types.Slice:
		return isOpen(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			if e, ok := u.Field(i).Type().Underlying().(*types.Interface); ok && e.NumMethods() == 0 {
				return true
			}
		}
	}
	return false
}

// carriers are the types of requests, responses and contexts of frameworks.
var carriers = []string{
	"net/http.Request", "net/http.ResponseWriter", "net/http.Cookie",
	"github.com/gin-gonic/gin.Context", "github.com/gin-gonic/gin.ResponseWriter",
	"github.com/labstack/echo.Context", "github.com/labstack/echo.Response",
	"github.com/gofiber/fiber.Ctx", "github.com/gofiber/fiber.Bind", "github.com/gofiber/fiber.Req", "github.com/gofiber/fiber.Res",
	"github.com/julienschmidt/httprouter.Params",
}

// carries reports whether a value of type t gives access to a request or a response, itself or
// through a field.
func (r *reader) carries(t types.Type, depth int) bool {
	if t == nil {
		return false
	}
	t = deref(types.Unalias(t))
	n, ok := t.(*types.Named)
	if !ok {
		return false
	}
	key := typeKey(n)
	if known, ok := r.carriers[key]; ok {
		return known
	}
	carries := n.Obj().Pkg() != nil && slices.Contains(carriers, unversioned(n.Obj().Pkg().Path())+"."+n.Obj().Name())
	r.carriers[key] = carries // so that recursive types end
	if structure, ok := n.Underlying().(*types.Struct); ok && !carries && depth < 3 && r.isOwn(n) {
		for i := range structure.NumFields() {
			if r.carries(structure.Field(i).Type(), depth+1) {
				carries = true
				break
			}
		}
	} else if !carries {
		carries = isWriter(n)
		if i, ok := n.Underlying().(*types.Interface); ok && !carries && depth < 3 {
			for j := range i.NumEmbeddeds() {
				carries = carries || r.carries(i.EmbeddedType(j), depth+1)
			}
		}
	}
	r.carriers[key] = carries
	return carries
}

// isOwn reports whether a type may be one of the app.
func (r *reader) isOwn(n *types.Named) bool {
	return n.Obj().Pkg() != nil && strings.Contains(n.Obj().Pkg().Path(), ".") || n.Obj().Pkg() != nil && n.Obj().Pkg().Name() == "main"
}

// follow reads the body of a function with the arguments of a call. The frame is that of the
// function around a literal.
func (r *reader) follow(c *call, fn scan.Func, up *frame, name string, recv ...*ast.FieldList) *val {
	if fn.Body == nil || fn.Pkg == nil || len(r.calls) >= mostCalls {
		return c.result()
	}
	inner := &frame{pkg: fn.Pkg, up: up, vars: map[types.Object]*val{}, bound: fn.Bound, types: fn.TypeArgs}
	if up != nil {
		inner.types = up.types
	}
	for _, list := range recv {
		inner.bind(list, []*val{c.recv})
	}
	inner.bind(fn.Type.Params, c.args)
	r.calls = append(r.calls, name)
	before := r.answers
	r.body(inner, fn.Type, fn.Body)
	r.calls = r.calls[:len(r.calls)-1]
	var known []*val
	if inner.returned != nil {
		known = inner.returned.tuple
	}
	if r.answers.refusals > before.refusals && r.answers.others == before.others {
		known = refused(known, c.results)
	}
	return c.result(known...)
}

// refused returns the results of a function that may have answered with an error itself: what
// it returns tells the caller whether it has.
func refused(known []*val, results []types.Type) []*val {
	marked := make([]*val, len(results))
	for i, t := range results {
		w := *first(at(known, i), typed(t))
		w.refused = true
		marked[i] = &w
	}
	return marked
}

// bind gives parameters the values of arguments; those of a variadic one are a list.
func (f *frame) bind(list *ast.FieldList, args []*val) {
	if list == nil {
		return
	}
	i := 0
	for _, field := range list.List {
		_, variadic := field.Type.(*ast.Ellipsis)
		for _, name := range field.Names {
			v := at(args, i)
			if variadic && i < len(args) {
				if n := v; len(args) > i+1 || n == nil || n.typ == nil || !isSlice(n.typ) {
					v = &val{lit: &literalVal{items: args[i:], values: map[string]*val{}}}
				}
			}
			if object := f.pkg.TypesInfo.Defs[name]; object != nil {
				f.define(object, v)
			}
			i++
		}
		if len(field.Names) == 0 {
			i++
		}
	}
}

func isSlice(t types.Type) bool {
	_, ok := t.Underlying().(*types.Slice)
	return ok
}

// callBack reads the functions that are given to one whose source is not known: it may call
// them.
func (r *reader) callBack(c *call) {
	for _, v := range c.args {
		if v == nil || v.fn == nil || v.fn.fn.Body == nil || v.fn.object != nil {
			continue
		}
		inner := &call{node: c.node, frame: c.frame}
		r.maybe(func() { r.follow(inner, v.fn.fn, v.fn.frame, "") })
	}
}

// conversion reads T(x).
func (r *reader) conversion(f *frame, e *ast.CallExpr) *val {
	if len(e.Args) != 1 {
		return typed(f.typeOf(e))
	}
	t := f.typeOf(e)
	x := r.eval(f, e.Args[0])
	if x == nil {
		return typed(t)
	}
	for _, p := range x.params() {
		if n := namedOf(t); n != nil && p.Type == nil && isText(x) && isText(typed(t)) {
			p.Type = t // Status(q)
		}
	}
	if types.IsInterface(t) && x.typ != nil {
		return x
	}
	v := *x
	v.typ = t
	if x.isPart(bodyStream) && kindOf(t) == "string" {
		r.asText = true
	}
	return &v
}

func (r *reader) builtin(f *frame, e *ast.CallExpr, name string) *val {
	var args []*val
	for i, arg := range e.Args {
		if (name == "new" || name == "make") && i == 0 {
			continue
		}
		args = append(args, r.eval(f, arg))
	}
	v := typed(f.typeOf(e))
	x := at(args, 0)
	switch name {
	case "len":
		if x != nil && x.param != nil {
			v.part, v.param = lengthOf, x.param
		}
	case "append":
		if x != nil && (x.part == encoded || x.part == bodyStream || x.part == madeText) {
			return x
		}
		v.lit = &literalVal{values: map[string]*val{}}
		if x != nil && x.lit != nil {
			v.lit.items = append(v.lit.items, x.lit.items...)
		}
		if !e.Ellipsis.IsValid() && len(args) > 1 && len(v.lit.items) < mostAlternatives {
			v.lit.items = append(v.lit.items, args[1:]...)
		}
	case "make":
		v.lit = &literalVal{values: map[string]*val{}}
	}
	return v
}
