package authserver

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A client is an MCP client. Nobody knows whose it is, but for the host that its
// document comes from.
type client struct {
	ID        string   `json:"-"`
	Name      string   `json:"n"`
	Redirects []string `json:"r"`
	Refresh   bool     `json:"f"`           // registered for refresh tokens
	Expires   int64    `json:"e,omitempty"` // Unix time, of one that registered itself
	Host      string   `json:"-"`           // of its document, "" if it registered itself
}

// allows reports whether users may be sent back to redirect.
func (c *client) allows(redirect string) bool {
	return slices.ContainsFunc(c.Redirects, func(r string) bool { return sameRedirect(r, redirect) })
}

const (
	// registeredPrefix is what the ids of clients that registered begin with. The
	// rest is what they registered, sealed: nothing is stored, so that nobody
	// can fill the store, and all processes know them.
	registeredPrefix = "mcp-"

	// registeredFor is how long a registration is good for.
	registeredFor = 365 * 24 * time.Hour

	maxClientID      = 4096
	maxClientName    = 60 // characters that are shown
	maxRedirects     = 10
	maxRedirectBytes = 1536 // of a client that registers: its id has them all
)

// Errors about clients. Their texts are shown.
var (
	errUnknownClient = errors.New("the client is not known here, or its registration has expired")
	errDocuments     = errors.New("too many documents of clients were asked for from this address")
	errClientHost    = errors.New("the operator does not allow clients of this host")
)

// client returns the client with an id that r asks for.
func (s *Server) client(r *http.Request, id string) (*client, error) {
	if strings.HasPrefix(id, "https:") {
		return s.documented(r, id)
	}
	return s.registered(id)
}

// registered returns a client that registered itself.
func (s *Server) registered(id string) (*client, error) {
	sealed, ok := strings.CutPrefix(id, registeredPrefix)
	var c client
	if !ok || s.config.NoRegistration || len(id) > maxClientID || s.sealed.client.openText(sealed, &c) != nil || time.Now().Unix() >= c.Expires {
		return nil, errUnknownClient
	}
	c.ID = id
	return &c, nil
}

// documented returns a client that its document describes.
func (s *Server) documented(r *http.Request, id string) (*client, error) {
	u, err := checkDocumentURL(id)
	if err != nil {
		return nil, err
	}
	if s.config.ClientHosts != nil && !slices.Contains(s.config.ClientHosts, strings.ToLower(u.Host)) {
		return nil, errClientHost
	}
	known, ok := s.documents.cached(id)
	if !ok {
		if s.paces[documentPace].wait(r) > 0 {
			return nil, errDocuments
		}
		known.metadata, known.err = s.documents.read(r.Context(), id)
	}
	if known.err != nil {
		return nil, known.err
	}
	c, err := s.newClient(known.metadata)
	if err != nil {
		return nil, err
	}
	c.ID, c.Host = id, u.Host
	return c, nil
}

// clientMetadata are what clients say of themselves (RFC 7591 section 2), as far
// as it matters here.
type clientMetadata struct {
	ClientID      string   `json:"client_id,omitempty"`
	ClientName    string   `json:"client_name,omitempty"`
	RedirectURIs  []string `json:"redirect_uris"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	AuthMethod    string   `json:"token_endpoint_auth_method"`
}

// newClient returns the client that m describes. Its errors are told to it.
func (s *Server) newClient(m *clientMetadata) (*client, error) {
	if len(m.RedirectURIs) == 0 || len(m.RedirectURIs) > maxRedirects {
		return nil, errors.New("a client needs between one and ten redirect URIs")
	}
	for _, redirect := range m.RedirectURIs {
		if err := s.config.checkRedirect(redirect); err != nil {
			return nil, err
		}
	}
	if len(m.GrantTypes) > 0 && !slices.Contains(m.GrantTypes, "authorization_code") {
		return nil, errors.New("a client needs the grant type authorization_code")
	}
	if len(m.ResponseTypes) > 0 && !slices.Contains(m.ResponseTypes, "code") {
		return nil, errors.New("a client needs the response type code")
	}
	return &client{
		Name:      displayName(m.ClientName),
		Redirects: m.RedirectURIs,
		Refresh:   slices.Contains(m.GrantTypes, "refresh_token"),
	}, nil
}

// displayName returns a name that somebody gave themselves as it can be shown: one
// short line, without characters that are invisible or turn the text around.
func displayName(name string) string {
	shown := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))), " "))
	return string(shown[:min(len(shown), maxClientName)])
}

// hostShown returns where a redirect URI leads to, as people are told.
func hostShown(redirect string) string {
	u, err := url.Parse(redirect)
	switch {
	case err != nil:
		return ""
	case u.Scheme == "http" || u.Scheme == "https" && !isAssured(redirect):
		return "a program on your computer (" + u.Host + ")"
	case u.Scheme == "https":
		return u.Host
	}
	return "the app for " + u.Scheme + ": links on your device"
}
