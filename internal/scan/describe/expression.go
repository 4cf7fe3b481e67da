package describe

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"net/http"
	"slices"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// eval returns what is known of the value of an expression, and notes what reading it takes
// from the request or writes.
func (r *reader) eval(f *frame, e ast.Expr) *val {
	if e == nil || r.left <= 0 {
		return nil
	}
	r.left--
	if tv, ok := f.pkg.TypesInfo.Types[e]; ok && tv.Value != nil {
		return &val{typ: f.types.of(tv.Type), con: tv.Value}
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return r.eval(f, e.X)
	case *ast.Ident:
		return r.ident(f, e)
	case *ast.SelectorExpr:
		return r.selector(f, e)
	case *ast.CallExpr:
		return r.call(f, e)
	case *ast.FuncLit:
		return &val{typ: f.typeOf(e), fn: &closure{frame: f, fn: scan.Func{Pkg: f.pkg, Type: e.Type, Body: e.Body}}}
	case *ast.CompositeLit:
		return r.composite(f, e)
	case *ast.StarExpr:
		return r.eval(f, e.X).as(f.typeOf(e))
	case *ast.UnaryExpr:
		return r.unary(f, e)
	case *ast.BinaryExpr:
		return r.binary(f, e)
	case *ast.IndexExpr:
		return r.index(f, e)
	case *ast.IndexListExpr:
		return r.eval(f, e.X)
	case *ast.SliceExpr:
		return r.eval(f, e.X)
	case *ast.TypeAssertExpr:
		x := r.eval(f, e.X)
		if e.Type == nil {
			return x
		}
		if x.isPart(supplied) {
			r.suppose(f.typeOf(e))
		}
		return x.as(f.typeOf(e))
	case *ast.KeyValueExpr:
		return r.eval(f, e.Value)
	}
	return typed(f.typeOf(e))
}

func (r *reader) ident(f *frame, e *ast.Ident) *val {
	object := f.pkg.TypesInfo.Uses[e]
	if object == nil {
		object = f.pkg.TypesInfo.Defs[e]
	}
	switch object := object.(type) {
	case *types.Func:
		return r.function(f, e, object, nil)
	case *types.Var:
		return r.withFunction(f.look(object), object)
	case *types.Nil:
		return &val{typ: types.Typ[types.UntypedNil]}
	}
	return typed(f.typeOf(e))
}

// function returns a declared function as a value.
func (r *reader) function(f *frame, id *ast.Ident, fn *types.Func, receiver *val) *val {
	c := &closure{object: fn, receiver: receiver}
	m := f.types
	if instance, ok := f.pkg.TypesInfo.Instances[id]; ok {
		m = typeMap{}.with(fn.Origin().Signature().TypeParams(), f.typeList(instance.TypeArgs))
	}
	c.fn.TypeArgs = m
	return &val{typ: f.types.of(fn.Type()), fn: c}
}

// typeList returns type arguments with what stands for type parameters.
func (f *frame) typeList(list *types.TypeList) []types.Type {
	args := make([]types.Type, list.Len())
	for i := range args {
		args[i] = f.types.of(list.At(i))
	}
	return args
}

// fieldParts are fields of requests, by their type and name, and what they are.
var fieldParts = map[string]part{
	"net/http.Request.Body":          bodyStream,
	"net/http.Request.URL":           requestURL,
	"net/http.Request.Header":        headerSet,
	"net/http.Request.Form":          formSet,
	"net/http.Request.PostForm":      postFormSet,
	"net/http.Request.MultipartForm": multipartAll,
	"net/http.Request.Method":        requestMethod,
}

func (r *reader) selector(f *frame, e *ast.SelectorExpr) *val {
	selection := f.pkg.TypesInfo.Selections[e]
	if selection == nil { // of a package
		if fn, ok := f.pkg.TypesInfo.Uses[e.Sel].(*types.Func); ok {
			return r.function(f, e.Sel, fn, nil)
		}
		v, ok := f.pkg.TypesInfo.Uses[e.Sel].(*types.Var)
		if !ok {
			return typed(f.typeOf(e))
		}
		if v.Name() == "EOF" && v.Pkg().Path() == "io" {
			r.mayBeEmpty = true
		}
		return r.withFunction(typed(f.typeOf(e)), v)
	}
	x := r.eval(f, e.X)
	if fn, ok := selection.Obj().(*types.Func); ok {
		return r.function(f, e.Sel, fn, x)
	}
	v := typed(f.typeOf(e))
	owner := typeName(fieldOwner(selection)) + "." + e.Sel.Name
	if p, ok := fieldParts[owner]; ok && !x.isPart(foreign) {
		v.part = p
		if p == requestMethod && r.out.Method != "" {
			v.con = constant.MakeString(r.out.Method)
		}
		if p == multipartAll {
			r.out.body(mediaMultipart, nil)
		}
		return v
	}
	switch {
	case x == nil:
	case owner == "net/url.URL.RawQuery" && x.part == requestURL:
		v.part = querySet
	case owner == "mime/multipart.Form.File" && x.part == multipartAll:
		v.part = fileSet
	case owner == "mime/multipart.Form.Value" && x.part == multipartAll:
		v.part = postFormSet
	case owner == "net/http.Cookie.Value":
		v.param = x.param
	case x.lit != nil && x.lit.values[e.Sel.Name] != nil:
		return x.lit.values[e.Sel.Name].within(v.typ)
	}
	if field, ok := selection.Obj().(*types.Var); ok {
		return r.withFunction(v, field)
	}
	return v
}

// withFunction adds to what is known of a variable, or a field, the function that it is.
func (r *reader) withFunction(v *val, of *types.Var) *val {
	if !isFunction(of.Type()) || slices.ContainsFunc(v.all(), func(w *val) bool { return w.fn != nil }) {
		return v
	}
	fn := r.assigned.of(of).fn
	if fn == nil {
		return v
	}
	w := *first(v, typed(of.Type()))
	w.fn = fn
	return &w
}

// fieldOwner returns the type that has a field, through embedded structs.
func fieldOwner(s *types.Selection) types.Type {
	t := s.Recv()
	for _, i := range s.Index()[:len(s.Index())-1] {
		structure, ok := deref(t).Underlying().(*types.Struct)
		if !ok || i >= structure.NumFields() {
			return t
		}
		t = structure.Field(i).Type()
	}
	return t
}

func (r *reader) composite(f *frame, e *ast.CompositeLit) *val {
	t := f.typeOf(e)
	lit := &literalVal{values: map[string]*val{}, node: e}
	structure, isStruct := deref(t).Underlying().(*types.Struct)
	for i, element := range e.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			v := r.eval(f, element)
			if isStruct && i < structure.NumFields() {
				lit.add(structure.Field(i).Name(), v)
			} else {
				lit.items = append(lit.items, v)
			}
			continue
		}
		v := r.eval(f, pair.Value)
		if id, ok := pair.Key.(*ast.Ident); ok && isStruct {
			lit.add(id.Name, v)
			continue
		}
		if keys, _ := r.eval(f, pair.Key).strings(); len(keys) == 1 {
			lit.add(keys[0], v)
		} else {
			lit.items = append(lit.items, v)
		}
	}
	r.answersError(f, e, lit)
	return &val{typ: t, lit: lit}
}

func (l *literalVal) add(key string, v *val) {
	if _, seen := l.values[key]; !seen {
		l.keys = append(l.keys, key)
	}
	l.values[key] = v
}

func (r *reader) unary(f *frame, e *ast.UnaryExpr) *val {
	x := r.eval(f, e.X)
	switch e.Op {
	case token.AND:
		return x.as(f.typeOf(e))
	case token.NOT:
		negated := &val{typ: types.Typ[types.Bool]}
		if x == nil {
			return negated
		}
		if value, known := x.truth(); known {
			return boolVal(!value)
		}
		// Of several parameters, which one is not known any more.
		negated.absent, negated.present = x.present, x.absent
		negated.refused = x.refused
		return negated
	}
	return typed(f.typeOf(e))
}

func (r *reader) binary(f *frame, e *ast.BinaryExpr) *val {
	x := r.eval(f, e.X)
	v := typed(f.typeOf(e))
	switch e.Op {
	case token.LAND, token.LOR:
		return r.logical(f, e, x)
	case token.EQL, token.NEQ:
		y := r.eval(f, e.Y)
		equal := r.equal(x, y)
		if value, known := equal.truth(); known {
			return boolVal(value == (e.Op == token.EQL))
		}
		v.absent, v.present = emptiness(x, y)
		v.refused = x != nil && x.refused || y != nil && y.refused
		if e.Op == token.NEQ {
			v.absent, v.present = v.present, v.absent
		}
		return v
	}
	y := r.eval(f, e.Y)
	switch e.Op {
	case token.GTR: // len(x) > 0
		if x != nil && x.part == lengthOf {
			v.present = x.params()
		}
	case token.ADD:
		if x.isPart(madeText) || y.isPart(madeText) {
			v.part = madeText
		}
	}
	return v
}

// logical reads x && y and x || y.
func (r *reader) logical(f *frame, e *ast.BinaryExpr, x *val) *val {
	and := e.Op == token.LAND
	if value, known := x.truth(); known && value != and {
		return boolVal(value)
	}
	var y *val
	r.maybe(func() { y = r.eval(f, e.Y) })
	if value, known := x.truth(); known && value == and {
		return y
	}
	if value, known := y.truth(); known && value == and {
		return x
	}
	v := typed(types.Typ[types.Bool])
	for _, side := range []*val{x, y} {
		if side == nil {
			continue
		}
		if and {
			v.present = append(v.present, side.present...)
		} else {
			v.absent = append(v.absent, side.absent...)
		}
	}
	// What is tested together with something else may be missing.
	for _, side := range []*val{x, y} {
		if side == nil {
			continue
		}
		touched := side.absent
		if !and {
			touched = side.present
		}
		for _, p := range touched {
			p.optional = true
		}
	}
	return v
}

// equal returns whether x == y, if that is known. It notes the methods that a request is
// compared with.
func (r *reader) equal(x, y *val) *val {
	if x == nil || y == nil {
		return nil
	}
	for _, side := range [][2]*val{{x, y}, {y, x}} {
		if side[0].part == requestMethod {
			texts, _ := side[1].strings()
			for _, text := range texts {
				r.methods[text] = true
			}
		}
	}
	if x.con != nil && y.con != nil && len(x.more) == 0 && len(y.more) == 0 && x.con.Kind() == y.con.Kind() {
		return boolVal(constant.Compare(x.con, token.EQL, y.con))
	}
	return nil
}

// emptiness returns the parameters that are missing if x == y, and those that are there.
func emptiness(x, y *val) (absent, present []*Param) {
	if x == nil || y == nil {
		return nil, nil
	}
	if isEmpty(x) {
		x, y = y, x
	}
	if !isEmpty(y) {
		return nil, nil
	}
	if y.typ == types.Typ[types.UntypedNil] {
		for _, w := range x.all() {
			present = append(present, w.absent...) // err == nil
		}
		return x.params(), present
	}
	if x.part == lengthOf || isText(x) {
		return x.params(), nil
	}
	return nil, nil
}

func isText(v *val) bool {
	if v.typ == nil {
		return false
	}
	b, ok := v.typ.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// isEmpty reports whether v is "", 0 or nil.
func isEmpty(v *val) bool {
	if v.typ == types.Typ[types.UntypedNil] {
		return true
	}
	return v.con != nil && (v.con.ExactString() == `""` || v.con.ExactString() == "0")
}

// index reads x[i]: a generic function, a parameter by its name, or an element.
func (r *reader) index(f *frame, e *ast.IndexExpr) *val {
	x := r.eval(f, e.X)
	if x != nil && x.fn != nil {
		return x
	}
	i := r.eval(f, e.Index)
	v := typed(f.typeOf(e))
	if x == nil {
		return v
	}
	if in := setPlaces[x.part]; in != "" {
		return r.element(f, e, x.part, i, v)
	}
	if x.param != nil { // values["id"][0]
		v.param = x.param
		if i != nil && i.con != nil && !x.param.Commas {
			x.param.List = false
		}
		return v
	}
	if x.lit != nil {
		if keys, _ := i.strings(); len(keys) == 1 && x.lit.values[keys[0]] != nil {
			return x.lit.values[keys[0]]
		}
		if numbers, open := i.ints(); !open && len(numbers) == 1 && numbers[0] < len(x.lit.items) && numbers[0] >= 0 {
			return x.lit.items[numbers[0]]
		}
	}
	return v
}

// setPlaces are the places of the parameters in a set.
var setPlaces = map[part]string{
	querySet: "query", headerSet: "header", formSet: "query or form", postFormSet: "form", fileSet: "form", pathSet: "path",
}

// element returns the parameter of a set with the given name.
func (r *reader) element(f *frame, at ast.Node, set part, name, v *val) *val {
	names, open := name.strings()
	if open && len(names) == 0 {
		r.cannot(f, at, "the name of a parameter is not known")
		return v
	}
	for _, name := range names {
		p := r.out.param(r.place(setPlaces[set]), name)
		if p == nil {
			continue
		}
		p.File = p.File || set == fileSet
		p.List = p.List || set == fileSet || v.typ != nil && isSlice(v.typ)
		w := typed(v.typ)
		w.param = p
		v = either(v, w)
		if v.param == nil {
			v = w
		}
	}
	return v
}

// place returns where a parameter that may be in the query or in a form is, for the method.
func (r *reader) place(in string) string {
	if in != "query or form" {
		return in
	}
	switch r.out.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodDelete:
		return "query"
	}
	return "form"
}
