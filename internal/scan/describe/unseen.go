package describe

import (
	"go/types"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// harmless are packages whose functions take neither parameters nor bodies from a request.
var harmless = []string{"bytes", "context", "log", "log/slog", "fmt", "errors", "net/http/httptrace", "net/http/httputil", "strings", "time"}

// noteUnseen notes that the request or the response is given to a function whose source is not
// known. A context tells nothing of the request.
func (r *reader) noteUnseen(c *call, fn *types.Func) {
	if fn.Pkg() == nil || keepsSessions(fn.Pkg().Path()) || slices.Contains(harmless, fn.Pkg().Path()) || strings.HasPrefix(fn.Pkg().Path(), "go.opentelemetry.io/") {
		return
	}
	for _, v := range c.args {
		if v == nil {
			continue
		}
		name := fn.Pkg().Name() + "." + fn.Name()
		var message string
		switch {
		case v.part == bodyStream:
			message = "what " + name + " reads from the body is not known"
		case v.part == foreign || v.typ == nil:
			continue
		case isWriter(v.typ) && fn.Pkg().Path() != "net/http" && !ofError(fn):
			message = "what " + name + " writes is not known"
			r.writesUnseen = true
		default:
			continue
		}
		r.unseen = append(r.unseen, scan.Problem{Pos: c.frame.position(c.node), Message: message})
	}
}

// noteUnknown notes that the request or the response is given to a function in a variable or a field
// that may be any, or one of several. One that is given an error answers a failure, and tells nothing
// of what the handler writes.
func (r *reader) noteUnknown(c *call) {
	signature, ok := c.frame.typeOf(c.node.Fun).Underlying().(*types.Signature)
	if !ok {
		return
	}
	for param := range signature.Params().Variables() {
		if isError(param.Type()) && types.IsInterface(param.Type()) {
			return
		}
	}
	answers := signature.Results().Len() == 0 || signature.Results().Len() == 1 && isError(signature.Results().At(0).Type())
	does := ""
	for _, v := range c.args {
		switch {
		case v == nil || v.part == foreign || v.typ == nil:
		case isWriter(v.typ) || answers && r.carries(v.typ, 0) && typeKey(deref(v.typ)) != "net/http.Request":
			does = "writes"
		case does == "" && r.carries(v.typ, 0):
			does = "takes from the request"
		}
	}
	if does == "" {
		return
	}
	r.writesUnseen = r.writesUnseen || does == "writes"
	message := "what " + types.ExprString(c.node.Fun) + " " + does + " is not known"
	if id := nameOf(c.node.Fun); id != nil {
		if v, ok := c.frame.pkg.TypesInfo.Uses[id].(*types.Var); ok && r.assigned.of(v).several {
			message += ": it is one of several functions"
		}
	}
	r.unseen = append(r.unseen, scan.Problem{Pos: c.frame.position(c.node), Message: message})
}

// ofError reports whether fn is a method that errors have: what one of those writes answers a
// failure, and tells nothing of what the handler writes.
func ofError(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	failure, ok := types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
	return ok && recv != nil && types.Implements(recv.Type(), failure)
}
