package describe

import (
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/mcpmount/mcpmount/internal/scan"
)

// Operations are named after their handlers; a name that says too little gets what the handler belongs
// to before it, and where that says nothing either, what the path is about.
func TestNamesOfOperations(t *testing.T) {
	for _, c := range []struct{ pkg, handler, method, path, want string }{
		{"shop", "(*UserHandler).GetUser", "GET", "/users/{id}", "getUser"},
		{"shop", "(*UserHandler).Get", "GET", "/users/{id}", "userGet"},
		{"shop", "(*API).list", "GET", "/api/v1/notes", "notesList"},
		{"shop", "(*handlers).Remove", "DELETE", "/v1/user-groups/{id}", "userGroupsRemove"},
		{"shop", "(*API).list", "GET", "/{tenant}", "shopList"},
		{"items", "Create", "POST", "/items", "itemsCreate"},
		{"handlers", "Create", "POST", "/items", "itemsCreate"},
		{"server", "(*Server).CreateHandler", "POST", "/api/create", "create"},
		{"api", "Health", "GET", "/1.0/health", "health"},
		{"main", "list", "GET", "/items/{id}", "getItemsById"},
		{"main", "func1", "GET", "/healthz", "getHealthz"},
	} {
		handler := scan.Func{Name: c.handler, Pkg: &packages.Package{Name: c.pkg}}
		op := &Operation{Description: &Description{Method: c.method, Route: &scan.Route{Path: c.path, Handler: handler}}}
		nameOperations([]*Operation{op})
		if op.ID != c.want {
			t.Errorf("%s of package %s at %s %s: %q, want %q", c.handler, c.pkg, c.method, c.path, op.ID, c.want)
		}
	}
}
