package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount/internal/remote"
)

// A Resource is an MCP endpoint as a resource of OAuth 2.0: who may call it,
// and what its metadata says (RFC 9728).
type Resource struct {
	// Verifier checks the credential of every request. Required.
	Verifier Verifier

	// URL is that of the endpoint as clients use it, such as
	// "https://api.example.com/mcp". It is never derived from a request, which could
	// name any host. Required with AuthorizationServers.
	URL string

	// AuthorizationServers are the issuers whose tokens are accepted. If empty,
	// there is no metadata: clients must have been given their credential.
	AuthorizationServers []string

	// Scopes are those that every request needs. None by default.
	Scopes []string

	// ScopesSupported are those that clients may ask for, in the metadata. If
	// nil, Scopes; a server adds those that its tools need, unless StepUp: many
	// clients ask for all of these at once.
	ScopesSupported []string

	// ScopeNames are the names under which clients ask for scopes, where they are not
	// those that tokens have: an identity provider may want
	// "api://orders/read" for what its tokens call "read".
	ScopeNames map[string]string

	// Implies reports whether having one scope is as good as having another. If
	// nil, only the same scope is.
	Implies func(have, need string) bool

	// StepUp lists tools to callers who lack scopes for them, and answers calls
	// of such a tool with a challenge (403, insufficient_scope), upon which a
	// client can get a better token. If false, a tool is hidden from who lacks a
	// scope for it: not listed, and unknown to calls.
	StepUp bool

	// KeyHeader names a header, such as "X-API-Key", whose value is a
	// credential as well, for clients that cannot set Authorization. If "",
	// there is none.
	KeyHeader string

	// Name and Documentation, a URL, are for people who read the metadata.
	Name, Documentation string
}

// Check reports what is wrong with the description of r.
func (r *Resource) Check() error {
	if r.Verifier == nil {
		return errors.New("auth: a Resource needs a Verifier")
	}
	if len(r.AuthorizationServers) > 0 && r.URL == "" {
		return errors.New("auth: clients find the authorization servers through the URL of the resource: set it")
	}
	if r.URL != "" {
		if err := remote.CheckURL("URL", r.URL); err != nil {
			return fmt.Errorf("auth: %w", err)
		}
		if strings.ContainsAny(r.URL, "?#") {
			return fmt.Errorf("auth: URL %q must have no query and no fragment", r.URL)
		}
	}
	for _, issuer := range r.AuthorizationServers {
		if err := remote.CheckURL("authorization server", issuer); err != nil {
			return fmt.Errorf("auth: %w", err)
		}
	}
	for _, scope := range slices.Concat(r.Scopes, r.ScopesSupported, slices.Sorted(maps.Values(r.ScopeNames))) {
		if !isScope(scope) {
			return fmt.Errorf("auth: %q is not a scope (RFC 6749 section 3.3)", scope)
		}
	}
	if r.KeyHeader != "" && !isToken(r.KeyHeader) || strings.EqualFold(r.KeyHeader, "Authorization") {
		return fmt.Errorf("auth: KeyHeader %q is not the name of a header of its own", r.KeyHeader)
	}
	return nil
}

// isScope reports whether s is a scope-token of RFC 6749 section 3.3.
func isScope(s string) bool {
	return s != "" && quotable(s) == s && !strings.Contains(s, " ")
}

// isToken reports whether s is a token of RFC 9110 section 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// Authenticate returns whom a request speaks for, or why it may not pass.
// Exactly one credential is taken, from the Authorization header or from
// KeyHeader, and never from the URL, which ends up in logs. The cause of a
// refusal, if there is one to log, is the error; it must not reach the caller.
func (r *Resource) Authenticate(req *http.Request) (*auth.TokenInfo, *Refusal, error) {
	credential, refusal := r.credential(req)
	if refusal != nil {
		return nil, refusal, nil
	}
	info, err := r.Verifier(req.Context(), credential, req)
	if err == nil && info != nil && !info.Expiration.IsZero() && !time.Now().Before(info.Expiration) {
		err = ErrExpired // which verifiers of the SDK leave to who asked
	}
	switch {
	case err == nil && info != nil:
	case errors.Is(err, ErrExpired):
		return nil, r.refuse(http.StatusUnauthorized, codeInvalidToken, "the access token has expired", r.Scopes), err
	case errors.Is(err, ErrInvalid):
		return nil, r.refuse(http.StatusUnauthorized, codeInvalidToken, "the access token is not valid here", r.Scopes), err
	case errors.Is(err, context.Canceled):
		return nil, &Refusal{Status: http.StatusServiceUnavailable, Description: "the request was canceled"}, nil
	default:
		return nil, &Refusal{Status: http.StatusServiceUnavailable, Description: "credentials cannot be checked at the moment"}, err
	}
	if refusal := r.Authorize(info, r.Scopes); refusal != nil {
		return nil, refusal, nil
	}
	return info, nil, nil
}

// Authorize returns nil if a caller has all scopes of need, else a refusal that
// names all of them, so that the client can ask for them at once.
func (r *Resource) Authorize(info *auth.TokenInfo, need []string) *Refusal {
	if r.Grants(info, need) {
		return nil
	}
	return r.refuse(http.StatusForbidden, codeInsufficientScope, "the access token lacks a scope", need)
}

// Grants reports whether a caller has all scopes of need.
func (r *Resource) Grants(info *auth.TokenInfo, need []string) bool {
	for _, n := range need {
		has := slices.ContainsFunc(info.Scopes, func(have string) bool {
			return have == n || r.Implies != nil && r.Implies(have, n)
		})
		if !has {
			return false
		}
	}
	return true
}

// credential returns the one credential of a request.
func (r *Resource) credential(req *http.Request) (string, *Refusal) {
	values := req.Header.Values("Authorization")
	var keys []string
	if r.KeyHeader != "" {
		keys = req.Header.Values(r.KeyHeader)
	}
	if len(values)+len(keys) > 1 {
		return "", r.refuse(http.StatusBadRequest, codeInvalidRequest, "there is more than one credential", nil)
	}
	var credential string
	switch {
	case len(keys) == 1:
		credential = strings.TrimSpace(keys[0])
	case len(values) == 1:
		scheme, rest, _ := strings.Cut(strings.TrimSpace(values[0]), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", r.refuse(http.StatusUnauthorized, "", "the Authorization header must be: Bearer and a token", r.Scopes)
		}
		credential = strings.TrimSpace(rest)
	}
	switch {
	case credential == "":
		return "", r.refuse(http.StatusUnauthorized, "", "a credential is required", r.Scopes)
	case len(credential) > maxCredential:
		return "", r.refuse(http.StatusUnauthorized, codeInvalidToken, "the access token is too long", r.Scopes)
	case strings.ContainsFunc(credential, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", r.refuse(http.StatusBadRequest, codeInvalidRequest, "the credential has characters that none has", nil)
	}
	return credential, nil
}

func (r *Resource) refuse(status int, code, description string, scopes []string) *Refusal {
	return &Refusal{Status: status, Code: code, Description: description, Scopes: r.asked(scopes), metadata: r.metadataURL()}
}

// asked returns scopes as clients ask for them.
func (r *Resource) asked(scopes []string) []string {
	list := make([]string, 0, len(scopes))
	for _, s := range scopes {
		if name, ok := r.ScopeNames[s]; ok {
			s = name
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
