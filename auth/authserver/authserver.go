// Package authserver is an OAuth 2.0 authorization server for MCP clients, in
// front of an identity provider that does not know them.
//
// MCP clients are not known in advance: they expect a server that reads their
// Client ID Metadata Document, or that lets them register. Most identity providers
// do neither. A [Server] does, and is itself an ordinary client of the
// provider, with one id, one secret and one redirect URI:
//
//	MCP client ──/authorize──► Server ── consent ──► identity provider
//	           ◄─ code, token ──      ◄── /callback ──
//
// What it issues are its own tokens, for one MCP endpoint. Tokens of the
// provider, and the secret, stay inside: they are in no redirect, response, page, log or
// error.
//
//	as, err := authserver.New(authserver.Config{
//		Issuer:   "https://api.example.com",
//		Resource: "https://api.example.com/mcp",
//		Scopes:   []string{"orders:read"},
//		Upstream: authserver.Upstream{
//			Issuer: "https://login.example.com", ClientID: "mcp", ClientSecret: os.Getenv("LOGIN_SECRET"),
//		},
//		Admit: authserver.Everyone,
//	})
//	err = as.Mount(mux)
//	opts.Auth = &auth.Resource{Verifier: as.Verify, URL: as.Resource(), AuthorizationServers: []string{as.Issuer()}}
//
// Nothing is stored for anybody whom the provider has not vouched for, but for one short-lived
// record of a login that a user consented to. Codes, tokens and cookies are random or
// sealed; the [Store] has digests of them, and encrypted records.
package authserver

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/mcpmount/mcpmount/internal/remote"
)

// A Server is an authorization server (RFC 6749, RFC 8414). It is safe for
// concurrent use. Several processes are one Server if they have the same
// Config with a Secret and a shared Store.
type Server struct {
	config    Config
	origin    string // of the issuer
	path      string // of the issuer, without a slash at its end
	metadata  []byte
	mux       *http.ServeMux
	records   records
	sealed    sealers
	documents *documents
	provider  *provider
	paces     map[string]*pace // by name
	pages     *template.Template
	policy    string // of the pages
	log       *slog.Logger
}

// New returns a Server for a description. What would not be safe is an error
// that says what to change. Nothing is fetched before somebody logs in.
func New(c Config) (*Server, error) {
	c.complete()
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("authserver: %w", err)
	}
	u, err := url.Parse(c.Issuer)
	if err != nil { // checked
		return nil, fmt.Errorf("authserver: %w", err)
	}
	s := &Server{config: c, origin: u.Scheme + "://" + u.Host, path: u.EscapedPath(), log: c.Logger, pages: newPages(), policy: policy()}
	if s.sealed, err = newSealers(c.Secret, c.Issuer+"\n"+c.Resource); err != nil {
		return nil, fmt.Errorf("authserver: %w", err)
	}
	s.records = records{store: c.Store, sealer: s.sealed.record}
	s.documents = newDocuments(c.Documents)
	if s.provider, err = newProvider(c.Upstream, s.RedirectURI()); err != nil {
		return nil, fmt.Errorf("authserver: %w", err)
	}
	s.metadata = s.newMetadata()
	s.paces = map[string]*pace{
		authorizePace: newPace(authorizePerMinute), documentPace: newPace(documentPerMinute), registerPace: newPace(registerPerMinute), failurePace: newPace(failuresPerMinute),
	}
	s.mux = http.NewServeMux()
	for pattern, handler := range s.handlers() {
		s.mux.Handle(pattern, handler)
	}
	return s, nil
}

// The paths of the endpoints, below that of the issuer.
const (
	authorizePath = "/authorize"
	consentPath   = "/consent"
	callbackPath  = "/callback"
	tokenPath     = "/token"
	registerPath  = "/register"
	revokePath    = "/revoke"
	wellKnown     = "/.well-known/oauth-authorization-server"
)

// handlers returns the endpoints by their patterns: exact ones, with methods.
func (s *Server) handlers() map[string]http.Handler {
	list := map[string]http.Handler{
		"GET " + s.path + authorizePath: s.paced(authorizePace, s.authorize),
		"POST " + s.path + consentPath:  s.paced(authorizePace, s.consent),
		"GET " + s.path + callbackPath:  s.paced(authorizePace, s.callback),
	}
	public := map[string]http.Handler{
		"GET " + wellKnown + s.path:   http.HandlerFunc(s.serveMetadata),
		"POST " + s.path + tokenPath:  http.HandlerFunc(s.token),
		"POST " + s.path + revokePath: http.HandlerFunc(s.revoke),
	}
	if !s.config.NoRegistration {
		public["POST "+s.path+registerPath] = http.HandlerFunc(s.register)
	}
	for pattern, handler := range public {
		method, path, _ := strings.Cut(pattern, " ")
		list[pattern] = shared(method, handler)
		list["OPTIONS "+path] = shared(method, nil)
	}
	return list
}

// ServeHTTP answers at the paths of the endpoints, and 404 elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Mount registers the endpoints, which are below the path of the issuer, and the
// metadata at "/.well-known/oauth-authorization-server" and that path (RFC 8414
// section 3.1). Only exact patterns with a method are registered. A mux that has
// one of them already is an error.
func (s *Server) Mount(mux interface{ Handle(string, http.Handler) }) (err error) {
	if mux == nil {
		return errors.New("authserver: no mux to mount into")
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("authserver: mount: %v", p)
		}
	}()
	for pattern, handler := range s.handlers() {
		mux.Handle(pattern, handler)
	}
	return nil
}

// Issuer returns the name of the server, which is its URL.
func (s *Server) Issuer() string { return s.config.Issuer }

// Resource returns the URL of the MCP endpoint that tokens are for.
func (s *Server) Resource() string { return s.config.Resource }

// RedirectURI returns the URL that the client at the identity provider has to
// be registered with.
func (s *Server) RedirectURI() string { return s.config.Issuer + callbackPath }

// secure reports whether browsers reach the server by https, as all but those on
// the same machine do.
func (s *Server) secure() bool { return strings.HasPrefix(s.origin, "https:") }

// isLocal reports whether a host is the machine of who asks.
func isLocal(host string) bool { return remote.IsLoopback(host) }
