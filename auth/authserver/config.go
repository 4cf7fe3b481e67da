package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcpmount/mcpmount/internal/remote"
)

// Lifetimes, where a [Config] says nothing.
const (
	DefaultAccessLifetime  = 10 * time.Minute
	DefaultSessionLifetime = 30 * 24 * time.Hour
)

const (
	// maxAccessLifetime bounds Config.AccessLifetime: so long nobody asks the
	// provider whether a user is still there.
	maxAccessLifetime = 24 * time.Hour

	loginLifetime = 10 * time.Minute // of a page, and of a login
	codeLifetime  = time.Minute      // RFC 6749 section 4.1.2 says at most ten

	minSecret = 32
)

// A Config describes a [Server].
type Config struct {
	// Issuer is the URL of the server, as clients and browsers reach it; its
	// endpoints are below it. https, or http on loopback; no slash at its end.
	// The origin of the MCP endpoint is what most clients understand. Required.
	Issuer string

	// Resource is the URL of the MCP endpoint that tokens are for. Required.
	Resource string

	// Scopes are all that clients may ask for. Who asks for none gets all of
	// them, as far as Admit goes. None by default.
	Scopes []string

	// Upstream is the identity provider. Required.
	Upstream Upstream

	// Admit says which scopes a user of the provider gets, of those that were asked
	// for, at every login and renewal; an error keeps the user out. Many providers
	// sign in anybody, so that it is required: [Everyone], [MatchClaims], or a
	// function of yours, which must be safe for concurrent use.
	Admit func(ctx context.Context, user Identity, asked []string) (granted []string, err error)

	// Store keeps sessions and tokens. If nil, a [MemoryStore] of this process.
	Store Store

	// Secret is what keys for all that is sealed and encrypted are derived from:
	// at least 32 random bytes, the same in all processes that share a Store. If nil,
	// a random one, so that a restart ends all sessions; required with a Store.
	Secret []byte

	// AccessLifetime is how long an access token is valid: at most a day, and no
	// longer than that of the provider. If zero, [DefaultAccessLifetime]; negative is
	// an error.
	AccessLifetime time.Duration

	// SessionLifetime is how long tokens can be renewed without another login. If zero,
	// [DefaultSessionLifetime]; less than AccessLifetime is an error.
	SessionLifetime time.Duration

	// ClientHosts, if not nil, are the only hosts whose Client ID Metadata
	// Documents are read.
	ClientHosts []string

	// NoRegistration refuses clients that want to register (RFC 7591).
	NoRegistration bool

	// RedirectHosts, if not nil, are the only hosts that clients may have users
	// sent back to, apart from loopback.
	RedirectHosts []string

	// RedirectSchemes are further schemes of redirect URIs, for apps that have one of
	// their own, such as "cursor" (RFC 8252 section 7.1). None by default.
	RedirectSchemes []string

	// Documents fetches the documents of clients. If nil, a client that
	// connects to public addresses only, directly: one of yours must not reach what
	// strangers should not.
	Documents *http.Client

	// Logger is told of logins, and of what was refused. If nil, slog.Default().
	Logger *slog.Logger
}

// An Upstream is an identity provider as a client of it sees it.
type Upstream struct {
	// Issuer is its name. If it has metadata (OpenID Connect Discovery, RFC
	// 8414), the endpoints are found there; those that are set win.
	Issuer string

	// AuthorizationEndpoint, TokenEndpoint, UserinfoEndpoint and
	// RevocationEndpoint are URLs. The first three are required without
	// Issuer. A UserinfoEndpoint that is set is asked at each login, too.
	AuthorizationEndpoint, TokenEndpoint, UserinfoEndpoint, RevocationEndpoint string

	// ClientID and ClientSecret are what the provider gave this server. Required.
	ClientID, ClientSecret string

	// SecretInBody sends them as fields of the form (client_secret_post). If
	// false, in the Authorization header, unless the metadata only have the other.
	SecretInBody bool

	// Scopes are what the provider is asked for. If nil, "openid" with an Issuer, and
	// none without. With "openid" there must be an ID token.
	Scopes []string

	// Params are added to the authorization request, such as access_type=offline.
	Params map[string]string

	// Subject is the field of the userinfo that names a user, forever. If "",
	// "sub".
	Subject string

	// Client asks the provider. If nil, one with a timeout of ten seconds.
	// Redirects are not followed.
	Client *http.Client
}

// An Identity is a user of the provider.
type Identity struct {
	// Issuer and Subject together name a user, once and forever.
	Issuer, Subject string

	// Claims are what the provider says of the user: the ID token and, if it is
	// asked, the userinfo.
	Claims map[string]json.RawMessage
}

// complete fills in what zero stands for.
func (c *Config) complete() {
	c.Scopes = slices.Clone(c.Scopes)
	u := &c.Upstream
	u.Params = maps.Clone(u.Params)
	if u.Scopes = slices.Clone(u.Scopes); u.Scopes == nil && u.Issuer != "" {
		u.Scopes = []string{"openid"}
	}
	if u.Subject == "" {
		u.Subject = "sub"
	}
	if c.AccessLifetime == 0 {
		c.AccessLifetime = DefaultAccessLifetime
	}
	if c.SessionLifetime == 0 {
		c.SessionLifetime = DefaultSessionLifetime
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

// check refuses what would not be safe, and sets the store.
func (c *Config) check() error {
	for _, own := range []struct{ name, url string }{{"Issuer", c.Issuer}, {"Resource", c.Resource}} {
		if err := remote.CheckURL(own.name, own.url); err != nil {
			return err
		}
		if strings.ContainsAny(own.url, "?#{} ") {
			return fmt.Errorf("%s %q must have no query, fragment, braces or spaces", own.name, own.url)
		}
	}
	switch {
	case strings.HasSuffix(c.Issuer, "/"):
		return fmt.Errorf("the Issuer %q must not end in a slash: clients compare it as it is", c.Issuer)
	case c.Admit == nil:
		return errors.New("no Admit: say who may call, even if it is Everyone whom the provider signs in")
	case c.Secret != nil && len(c.Secret) < minSecret:
		return fmt.Errorf("a Secret of %d bytes can be guessed: use at least %d random ones", len(c.Secret), minSecret)
	case c.Secret == nil && c.Store != nil:
		return errors.New("a Store needs a Secret: else no other process could read what is in it")
	case c.AccessLifetime < 0 || c.AccessLifetime > maxAccessLifetime:
		return fmt.Errorf("AccessLifetime %v must be at most %v", c.AccessLifetime, maxAccessLifetime)
	case c.SessionLifetime < c.AccessLifetime:
		return fmt.Errorf("SessionLifetime %v must not be shorter than AccessLifetime, %v", c.SessionLifetime, c.AccessLifetime)
	}
	for _, scope := range slices.Concat(c.Scopes, c.Upstream.Scopes) {
		if !isScope(scope) {
			return fmt.Errorf("%q is not a scope (RFC 6749 section 3.3)", scope)
		}
	}
	for _, scheme := range c.RedirectSchemes {
		if !isPrivateScheme(scheme) {
			return fmt.Errorf("RedirectSchemes: %q is not the scheme of an app", scheme)
		}
	}
	if c.Store == nil {
		c.Store = NewMemoryStore()
	}
	return c.Upstream.check()
}

// reserved are the parameters of an authorization request that are ours.
var reserved = []string{
	"response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "state", "nonce",
	"code_challenge", "code_challenge_method", "request", "request_uri",
}

func (u *Upstream) check() error {
	if u.ClientID == "" || u.ClientSecret == "" {
		return errors.New("no ClientID or no ClientSecret: the identity provider gives both to a client that is registered there")
	}
	urls := map[string]string{
		"Issuer": u.Issuer, "AuthorizationEndpoint": u.AuthorizationEndpoint, "TokenEndpoint": u.TokenEndpoint,
		"UserinfoEndpoint": u.UserinfoEndpoint, "RevocationEndpoint": u.RevocationEndpoint,
	}
	for _, name := range slices.Sorted(maps.Keys(urls)) {
		if urls[name] == "" {
			continue
		}
		if err := remote.CheckURL("Upstream."+name, urls[name]); err != nil {
			return err
		}
	}
	if u.Issuer == "" && (u.AuthorizationEndpoint == "" || u.TokenEndpoint == "" || u.UserinfoEndpoint == "") {
		return errors.New("no Upstream.Issuer, and not all of AuthorizationEndpoint, TokenEndpoint and UserinfoEndpoint: users could not be told apart")
	}
	if u.Issuer == "" && slices.Contains(u.Scopes, "openid") {
		return errors.New(`the scope "openid" needs an Upstream.Issuer, whose keys ID tokens are checked with`)
	}
	if u.Issuer != "" && u.UserinfoEndpoint == "" && !slices.Contains(u.Scopes, "openid") {
		return errors.New(`Upstream.Scopes need "openid", or UserinfoEndpoint be set: users could not be told apart`)
	}
	for name := range u.Params {
		if slices.Contains(reserved, name) {
			return fmt.Errorf("Upstream.Params: %s is for this server to set", name)
		}
	}
	return nil
}

// issuer returns what identities are of.
func (u *Upstream) issuer() string {
	if u.Issuer != "" {
		return u.Issuer
	}
	at, err := url.Parse(u.AuthorizationEndpoint)
	if err != nil { // checked
		return u.AuthorizationEndpoint
	}
	return at.Scheme + "://" + at.Host
}

// isScope reports whether s is a scope-token of RFC 6749 section 3.3.
func isScope(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' })
}
