package scan

import (
	"go/ast"
	"go/types"
	"strings"
)

// wrapping returns the results of a call, where it is given a handler and returns one: then it is
// the one that was given, with something around it.
func (f *frame) wrapping(x *ast.CallExpr, results []value, args []value) []value {
	if len(results) == 0 {
		return results
	}
	t := f.pkg.TypesInfo.TypeOf(x)
	if tuple, ok := t.(*types.Tuple); ok && tuple.Len() > 0 {
		t = tuple.At(0).Type()
	}
	if t == nil || grade(f.resolve(t)) < 3 || f.m.routerType(t) != nil {
		return results
	}
	if _, ok := first[*router](results[0]); ok {
		return results
	}
	if _, ok := first[*object](results[0]); ok {
		return results
	}
	best, at, inner := 0, 0, value(nil)
	for i, arg := range args {
		g := 0
		if i < len(x.Args) && len(x.Args) == len(args) {
			g = grade(f.typeOf(x.Args[i]))
		}
		for _, one := range alternatives(arg) {
			g = max(g, valueGrade(one))
		}
		// Of a list of handlers, the last is called at the end.
		if g > best || g == best && g > 0 && f.isVariadic(x, at) {
			best, at, inner = g, i, arg
		}
	}
	if best < 2 {
		return results
	}
	results[0] = &wrapped{inner: inner, outer: results[0]}
	return results
}

// isVariadic says whether the i-th argument of a call is one of a list.
func (f *frame) isVariadic(x *ast.CallExpr, i int) bool {
	sig, ok := f.typeOf(x.Fun).Underlying().(*types.Signature)
	return ok && sig.Variadic() && i >= sig.Params().Len()-1
}

// valueGrade is grade for a value.
func valueGrade(v value) int {
	switch v := v.(type) {
	case *router, *wrapped:
		return 3
	case *closure:
		if v.fn != nil {
			return grade(v.fn.Signature())
		}
		if v.pkg != nil {
			return grade(v.pkg.TypesInfo.TypeOf(v.lit))
		}
	}
	return 0
}

// grade says whether a type is that of a handler: 3 for one of net/http or of a framework, 2 for
// a function of a shape that apps give their own handlers, such as func(context.Context,
// *Request) (*Response, error), 0 for all others.
func grade(t types.Type) int {
	if t == nil {
		return 0
	}
	if sig, ok := t.Underlying().(*types.Signature); ok {
		return signatureGrade(sig)
	}
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "ServeHTTP")
	if fn, ok := obj.(*types.Func); ok && signatureGrade(fn.Signature()) == 3 {
		return 3
	}
	return 0
}

func signatureGrade(sig *types.Signature) int {
	params := sig.Params()
	if params.Len() == 0 || params.Len() > 5 || sig.Variadic() {
		return 0
	}
	own := true
	writer := false
	for i := range params.Len() {
		t := params.At(i).Type()
		if isContext(t) {
			writer = true
		}
		switch u := t.Underlying().(type) {
		case *types.Signature, *types.Basic, *types.Slice, *types.Map, *types.Chan:
			own = false
		case *types.Interface:
			if grade(t) == 3 {
				return 0
			}
			own = own && (i == 0 || u.NumMethods() == 0 || isContext(t))
		}
	}
	results := sig.Results()
	for i := range results.Len() {
		if grade(results.At(i).Type()) > 0 {
			return 0
		}
	}
	if results.Len() == 1 {
		if basic, ok := results.At(0).Type().Underlying().(*types.Basic); ok && basic.Info()&types.IsBoolean != 0 {
			return 0
		}
	}
	switch {
	case writer:
		return 3
	case own && results.Len() > 0 && params.Len() <= 3 && lastIsError(results):
		return 2
	}
	return 0
}

func lastIsError(results *types.Tuple) bool {
	named, ok := types.Unalias(results.At(results.Len() - 1).Type()).(*types.Named)
	return ok && (named.Obj().Pkg() == nil && named.Obj().Name() == "error" || strings.Contains(named.Obj().Name(), "Err"))
}

// isContext says whether a type is the one that handlers of a framework answer with.
func isContext(t types.Type) bool {
	named := namedType(t)
	if named == nil || named.Obj().Pkg() == nil {
		return false
	}
	switch named.Obj().Pkg().Path() + "." + named.Obj().Name() {
	case "net/http.ResponseWriter", "github.com/gin-gonic/gin.Context", "github.com/labstack/echo/v4.Context",
		"github.com/labstack/echo/v5.Context", "github.com/gofiber/fiber/v2.Ctx", "github.com/gofiber/fiber/v3.Ctx",
		"github.com/valyala/fasthttp.RequestCtx":
		return true
	}
	return false
}

// externalHandler is what a function outside the loaded source returns where that is
// a handler.
func (m *machine) externalHandler(fn *types.Func, result types.Type) value {
	if tuple, ok := result.(*types.Tuple); ok && tuple.Len() > 0 {
		result = tuple.At(0).Type()
	}
	if result == nil || m.routerType(result) != nil || grade(result) < 3 {
		return nil
	}
	return &closure{fn: fn, name: fn.Name()}
}
