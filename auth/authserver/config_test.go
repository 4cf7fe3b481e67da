package authserver_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcpmount/mcpmount/auth/authserver"
)

// sound is a Config that New takes.
func sound() authserver.Config {
	return authserver.Config{
		Issuer: "https://api.example.com", Resource: "https://api.example.com/mcp", Admit: authserver.Everyone,
		Upstream: authserver.Upstream{Issuer: "https://login.example.com", ClientID: "c", ClientSecret: "s3cr3t-c"},
	}
}

// What would not be safe is refused, with words that say what it is.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := authserver.New(sound()); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*authserver.Config){
		"Issuer \"\" is not":           func(c *authserver.Config) { c.Issuer = "" },
		"must be https":                func(c *authserver.Config) { c.Issuer = "http://api.example.com" },
		"end in a slash":               func(c *authserver.Config) { c.Issuer += "/" },
		"no query":                     func(c *authserver.Config) { c.Issuer += "/?x" },
		"Resource \"\" is not":         func(c *authserver.Config) { c.Resource = "" },
		"Resource \"http://api":        func(c *authserver.Config) { c.Resource = "http://api.example.com/mcp" },
		"no Admit":                     func(c *authserver.Config) { c.Admit = nil },
		"can be guessed":               func(c *authserver.Config) { c.Secret = []byte("s3cr3t-short") },
		"needs a Secret":               func(c *authserver.Config) { c.Store = authserver.NewMemoryStore() },
		"at most 24h":                  func(c *authserver.Config) { c.AccessLifetime = 25 * time.Hour },
		"AccessLifetime -":             func(c *authserver.Config) { c.AccessLifetime = -1 },
		"must not be shorter":          func(c *authserver.Config) { c.SessionLifetime = time.Second },
		"is not a scope":               func(c *authserver.Config) { c.Scopes = []string{"a b"} },
		"is not the scheme of an app":  func(c *authserver.Config) { c.RedirectSchemes = []string{"javascript"} },
		"no ClientID":                  func(c *authserver.Config) { c.Upstream.ClientID = "" },
		"no ClientSecret":              func(c *authserver.Config) { c.Upstream.ClientSecret = "" },
		"Upstream.Issuer \"http:":      func(c *authserver.Config) { c.Upstream.Issuer = "http://login.example.com" },
		"Upstream.TokenEndpoint":       func(c *authserver.Config) { c.Upstream.TokenEndpoint = "http://login.example.com/token" },
		"no Upstream.Issuer":           func(c *authserver.Config) { c.Upstream.Issuer = "" },
		`Upstream.Scopes need "openid`: func(c *authserver.Config) { c.Upstream.Scopes = []string{"profile"} },
		"Upstream.UserinfoEndpoint":    func(c *authserver.Config) { c.Upstream.UserinfoEndpoint = "http://login.example.com/userinfo" },
		`"openid" needs an Upstream`: func(c *authserver.Config) {
			u := &c.Upstream
			u.AuthorizationEndpoint, u.TokenEndpoint, u.UserinfoEndpoint = u.Issuer+"/a", u.Issuer+"/t", u.Issuer+"/u"
			u.Issuer, u.Scopes = "", []string{"openid"}
		},
		"is for this server to set": func(c *authserver.Config) { c.Upstream.Params = map[string]string{"state": "x"} },
	} {
		c := sound()
		change(&c)
		_, err := authserver.New(c)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t-") {
			t.Errorf("%q: %v", want, err)
		}
	}
	for _, name := range []string{
		"response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "state", "nonce",
		"code_challenge", "code_challenge_method", "request", "request_uri",
	} {
		c := sound()
		c.Upstream.Params = map[string]string{"prompt": "login", name: "x"}
		if _, err := authserver.New(c); err == nil || !strings.Contains(err.Error(), name+" is for this server") {
			t.Errorf("%s as a parameter: %v", name, err)
		}
	}
	for _, scope := range []string{"", "a b", `a"`, `a\`, "\u00e9", "a\x7f"} {
		c := sound()
		if c.Scopes = []string{scope}; !refused(c, "is not a scope") {
			t.Errorf("%q is a scope", scope)
		}
	}
}

func refused(c authserver.Config, why string) bool {
	_, err := authserver.New(c)
	return err != nil && strings.Contains(err.Error(), why)
}

func TestMatchClaims(t *testing.T) {
	t.Parallel()
	for _, rules := range [][]string{nil, {""}, {"hd"}, {"=x"}, {"hd="}} {
		if _, err := authserver.MatchClaims(rules); err == nil {
			t.Errorf("%q is taken", rules)
		}
	}
	for _, tt := range []struct {
		rule, claims string
		want         bool
	}{
		{"*", `{}`, true},
		{"sub=alice", `{}`, true},
		{"sub=bob", `{"sub":"bob"}`, false}, // the claim is not who logged in
		{"hd=example.com", `{"hd":"example.com"}`, true},
		{"hd=example.com", `{"hd":"example.com.evil"}`, false},
		{"hd=example.com", `{"hd":["example.com"]}`, true},
		{"groups=mcp", `{"groups":["a","mcp"]}`, true},
		{"groups=mcp", `{"groups":"mcp2"}`, false},
		{"groups=mcp", `{"groups":{"mcp":true}}`, false},
		{"groups=mcp", `{"groups":[["mcp"]]}`, false},
		{"id=4711", `{"id":4711}`, true},
		{"email=Alice@example.com", `{"email":"alice@example.com","email_verified":true}`, true},
		{"email=alice@example.com", `{"email":"alice@example.com","email_verified":false}`, false},
		{"email=alice@example.com", `{"email":"alice@example.com"}`, false},
		{"email=alice@example.com", `{"email":"alice@example.com","email_verified":"true"}`, true}, // as some providers write it
		{"email=alice@example.com", `{"email":"alice@example.com","email_verified":"yes"}`, false},
	} {
		admit, err := authserver.MatchClaims([]string{"none=such", tt.rule})
		if err != nil {
			t.Fatal(err)
		}
		user := authserver.Identity{Issuer: "https://login.example.com", Subject: "alice"}
		if err := json.Unmarshal([]byte(tt.claims), &user.Claims); err != nil {
			t.Fatal(err)
		}
		granted, err := admit(context.Background(), user, []string{"read"})
		if got := err == nil && len(granted) == 1; got != tt.want {
			t.Errorf("%s for %s: %v %v", tt.rule, tt.claims, granted, err)
		}
	}
}

// A mux that has one of the paths already is told of, and nil is none.
func TestMountRefuses(t *testing.T) {
	t.Parallel()
	s, err := authserver.New(sound())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", http.NotFound)
	if err := s.Mount(mux); err == nil || !strings.Contains(err.Error(), "/authorize") {
		t.Errorf("a path that is taken: %v", err)
	}
	if err := s.Mount(nil); err == nil {
		t.Error("no mux is one")
	}
	if s.RedirectURI() != "https://api.example.com/callback" {
		t.Error(s.RedirectURI())
	}
}
