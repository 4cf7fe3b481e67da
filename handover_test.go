package mcpmount_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdkauth "github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
)

// Middleware around the mount hands over whom it has verified: handlers get the
// user of the current message, who need not be the one that opened the session.
func TestHandOver(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := r.Context().Value(userKey{}).(string)
		_, _ = io.WriteString(w, "user "+user)
	})
	srv, err := mcpmount.New(parse(t, notesSpec), mcpmount.InProcess(api), nil)
	if err != nil {
		t.Fatal(err)
	}
	var verified atomic.Value // by the middleware, of each request
	verified.Store("nobody")
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		srv.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, verified.Load())))
	}))
	t.Cleanup(ts.Close)
	for _, e := range eras {
		session := e.connect(t, ts.URL, nil, nil)
		for _, user := range []string{"alice", "bob"} {
			verified.Store(user)
			if got := text(call(t, session, "whoami", nil)); got != "user "+user {
				t.Errorf("%s: %s, want user %s", e.name, got, user)
			}
		}
	}
}

// Who may call what can be said in Go, of a document that does not say it.
func TestSecurityAsData(t *testing.T) {
	doc := parse(t, notesSpec)
	doc.SecuritySchemes = map[string]mcpmount.SecurityScheme{"login": {Type: "oauth2"}}
	for i := range doc.Operations {
		scope := "notes:read"
		if doc.Operations[i].Method != http.MethodGet {
			scope = "notes:write"
		}
		doc.Operations[i].Security = []mcpmount.SecurityRequirement{{"login": {scope}}}
	}
	scopes := map[string][]string{"reader": {"notes:read"}, "writer": {"notes:read", "notes:write"}}
	verify := func(_ context.Context, token string, _ *http.Request) (*sdkauth.TokenInfo, error) {
		if scopes[token] == nil {
			return nil, auth.ErrInvalid
		}
		return &sdkauth.TokenInfo{UserID: token, Scopes: scopes[token]}, nil
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(newNotesAPI()), &mcpmount.Options{Auth: &auth.Resource{Verifier: verify}})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for user, want := range map[string][]string{
		"reader": {"getNote", "listNotes", "panic", "stream", "whoami"},
		"writer": {"createNote", "deleteNote", "getNote", "listNotes", "panic", "stream", "whoami"},
	} {
		session := eras[0].connect(t, ts.URL, http.Header{"Authorization": {"Bearer " + user}}, nil)
		list, err := session.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, tool := range list.Tools {
			got = append(got, tool.Name)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", user, diff)
		}
	}
}
