package describe

import (
	"go/ast"
	"go/types"
	"net/http"
	"regexp"
	"slices"
)

// bodyWord matches what apps call the function, or the key, by which a handler gets what a
// middleware decoded: web.GetForm(ctx), c.MustGet("body"), r.Context().Value(payloadKey).
var bodyWord = regexp.MustCompile(`(?i)(form|body|payload|input|dto|request|req)(key|ctx)?$`)

// isSupplied reports whether a call returns what a middleware decoded, as its name tells, or the
// key that it looks up.
func (r *reader) isSupplied(c *call, fn *types.Func) bool {
	if len(c.results) == 0 {
		return false
	}
	switch fn.Name() {
	case "Value", "Get", "MustGet", "Locals":
		if len(c.node.Args) == 0 || !bodyWord.MatchString(keyName(c, c.node.Args[len(c.node.Args)-1])) {
			return false
		}
	default:
		if !bodyWord.MatchString(fn.Name()) {
			return false
		}
	}
	return slices.ContainsFunc(append(c.args[:len(c.args):len(c.args)], c.recv), func(v *val) bool {
		return v != nil && (r.carries(v.typ, 0) || typeName(v.typ) == "context.Context")
	})
}

// keyName returns the text of a key, or the name of its constant, variable or type.
func keyName(c *call, key ast.Expr) string {
	if texts, _ := c.last().strings(); len(texts) == 1 {
		return texts[0]
	}
	switch key := ast.Unparen(key).(type) {
	case *ast.Ident:
		return key.Name
	case *ast.SelectorExpr:
		return key.Sel.Name
	case *ast.CompositeLit:
		return typeName(c.frame.typeOf(key))
	}
	return ""
}

// last returns the last argument.
func (c *call) last() *val { return c.arg(len(c.args)) }

// supply marks the result of a call as what a middleware decoded.
func (r *reader) supply(v *val) *val {
	if v == nil || v.typ == nil || v.part != noPart {
		return v
	}
	marked := *v
	if !types.IsInterface(v.typ) {
		r.suppose(v.typ)
		return v
	}
	marked.part = supplied
	return &marked
}

// suppose records that a handler uses a decoded value of type t. It is the body, if there is
// none that is seen to be decoded.
func (r *reader) suppose(t types.Type) {
	v := typed(t)
	if r.supposed == nil && structOf(v) != nil && (hasTag(v, "json") || hasTag(v, "form")) && kindOf(t) == "" {
		r.supposed = t
	}
}

// addSupposed adds the body that a middleware decodes, where the handler takes no other one.
func (r *reader) addSupposed() {
	switch r.out.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return
	}
	if r.supposed == nil || len(r.out.Bodies) > 0 || r.undecoded.IsValid() {
		return
	}
	v := typed(deref(r.supposed))
	if hasTag(v, "form") && !hasTag(v, "json") {
		r.bindStruct(structOf(v), "form", tagging{keys: []string{"form"}}, 0)
		return
	}
	r.out.body(mediaJSON, v).Required = r.out.Method != http.MethodDelete
}
