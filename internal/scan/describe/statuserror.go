package describe

import (
	"go/ast"
	"go/types"
	"net/http"
	"strings"
)

// statusErrors returns the media type that errors of a framework with a status in them are answered
// with, by the import path of the framework, or "".
func statusErrors(path string) string {
	switch path {
	case "github.com/labstack/echo/v4", "github.com/labstack/echo/v5":
		return mediaJSON
	case "github.com/gofiber/fiber/v2", "github.com/gofiber/fiber/v3":
		return mediaText
	}
	return ""
}

// answersError records the response that a literal such as &echo.HTTPError{Code: 400} becomes.
func (r *reader) answersError(f *frame, e *ast.CompositeLit, lit *literalVal) {
	n := namedOf(f.typeOf(e))
	if n == nil || n.Obj().Pkg() == nil || n.Obj().Name() != "HTTPError" && n.Obj().Name() != "Error" {
		return
	}
	if media := statusErrors(n.Obj().Pkg().Path()); media != "" && lit.values["Code"] != nil {
		r.respond(statuses(lit.values["Code"]), media, nil)
	}
}

// returnsError records the response that a variable such as echo.ErrNotFound becomes when it is
// returned. Elsewhere it may only be compared with.
func (r *reader) returnsError(f *frame, e ast.Expr) {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return
	}
	v, ok := f.pkg.TypesInfo.Uses[sel.Sel].(*types.Var)
	if !ok || v.Pkg() == nil || v.IsField() {
		return
	}
	name, ok := strings.CutPrefix(v.Name(), "Err")
	if media := statusErrors(v.Pkg().Path()); media != "" && ok {
		if status := statusNamed(name); status > 0 {
			r.respond([]int{status}, media, nil)
		}
	}
}

// statusNamed returns the status of an error whose text is name, without spaces, or 0.
func statusNamed(name string) int {
	for status := http.StatusBadRequest; status <= http.StatusNetworkAuthenticationRequired; status++ {
		if text := strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(status)); text != "" && text == name {
			return status
		}
	}
	return 0
}
