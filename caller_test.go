package mcpmount

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The door depends on where the SDK looks for a TokenInfo.
func TestTokenInfoKey(t *testing.T) {
	want := &auth.TokenInfo{UserID: "alice"}
	if got := auth.TokenInfoFromContext(context.WithValue(t.Context(), tokenInfoKey(), want)); got != want {
		t.Errorf("TokenInfoFromContext = %v, want what was put under its key", got)
	}
}

func TestTakeCaller(t *testing.T) {
	own := &auth.TokenInfo{UserID: "alice", Scopes: []string{"read"}, Extra: map[string]any{"tenant": "acme"}}
	r := httptest.NewRequest("POST", "/mcp", nil)
	r = r.WithContext(context.WithValue(r.Context(), tokenInfoKey(), own))
	info := caller{request: r}.tokenInfo()
	if info.UserID != "" || len(info.Scopes) != 1 {
		t.Errorf("%+v, want what the app has but the UserID: the SDK ties sessions to it", info)
	}
	extra := &mcp.RequestExtra{TokenInfo: info}
	if c, ok := takeCaller(extra); !ok || c.request != r {
		t.Errorf("takeCaller = %v, %v", c, ok)
	}
	if extra.TokenInfo != own {
		t.Errorf("TokenInfo = %v, want that of the app", extra.TokenInfo)
	}
	for _, extra := range []*mcp.RequestExtra{nil, {}, {TokenInfo: own}, {TokenInfo: &auth.TokenInfo{Extra: map[string]any{callerExtra: "me"}}}} {
		if c, ok := takeCaller(extra); ok {
			t.Errorf("takeCaller(%+v) = %v", extra, c)
		}
	}
}
