//go:build !slowpath

package mcpmount_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)

// oneTool is a document with one tool that needs a scope.
func oneTool(t *testing.T, name, scope string) *mcpmount.Document {
	return parse(t, fmt.Sprintf(`
openapi: 3.1.0
info: {title: One, version: "1"}
paths:
  /x: {get: {operationId: %s, security: [{oauth: [%s]}], responses: {"200": {description: ok}}}}
components: {securitySchemes: {oauth: {type: oauth2, flows: {}}}}
`, name, scope))
}

// A list that is asked for while the tools change is kept for nobody who lacks
// the scopes of what is in it. Without the fast path scopes are looked at while
// lists are locked, and the update would wait for itself.
func TestListDuringUpdate(t *testing.T) {
	verify, keys := keyring(t)
	var srv *mcpmount.Server
	var once sync.Once
	srv, err := mcpmount.New(oneTool(t, "plain", "admin"), mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
		Logger: slog.New(slog.DiscardHandler),
		Auth: &auth.Resource{Verifier: verify, Implies: func(string, string) bool {
			once.Do(func() { // while the scopes of the first caller are looked at
				if err := srv.Update(oneTool(t, "hidden", "read")); err != nil {
					t.Error(err)
				}
			})
			return false
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	list := func(who string) string {
		return send(t.Context(), srv, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, http.Header{"Authorization": {"Bearer " + keys[who]}}).Body.String()
	}
	list("read")
	if got := list("nobody"); strings.Contains(got, "hidden") || !strings.Contains(got, `"tools":[]`) {
		t.Errorf("a caller without scopes lists %s", got)
	}
	if got := list("read"); !strings.Contains(got, "hidden") {
		t.Errorf("a caller with the scope lists %s", got)
	}
}
