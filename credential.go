package mcpmount

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// A Credential satisfies a security scheme of the document.
type Credential struct {
	// Secret is the API key, the token, or the password of User. It is not
	// needed for mutual TLS, where the connection itself is the credential.
	Secret Secret

	// User is the name for HTTP basic authentication (RFC 7617), which must
	// have no colon.
	User string
}

// Credentials returns the credential for a security scheme, by its name in the
// document, or an error that wraps [ErrNoCredential] if it has none. It is
// called for every request to the API and must be safe for concurrent use.
// [RequestFrom] and the SDK's [auth.TokenInfoFromContext] tell it whom the
// request is for.
//
// [auth.TokenInfoFromContext]: https://pkg.go.dev/github.com/modelcontextprotocol/go-sdk/auth#TokenInfoFromContext
type Credentials func(ctx context.Context, scheme string) (Credential, error)

// ErrNoCredential says that there is no credential for a scheme, so that
// another alternative of the document may do.
var ErrNoCredential = errors.New("no credential")

// StaticCredentials returns Credentials that are the same for every caller, by
// the name of the scheme.
func StaticCredentials(byScheme map[string]Credential) Credentials {
	known := maps.Clone(byScheme)
	return func(_ context.Context, scheme string) (Credential, error) {
		c, ok := known[scheme]
		if !ok {
			return c, ErrNoCredential
		}
		return c, nil
	}
}

// A securityPlan says which security schemes the requests of an operation must
// satisfy: one of the alternatives, and of it all schemes (OpenAPI 3.1,
// Security Requirement Object).
type securityPlan []securityAlternative

type securityAlternative []namedScheme

type namedScheme struct {
	name string
	SecurityScheme
}

// newSecurityPlan compiles the security of op. Schemes that the document does
// not define cannot be satisfied, and stay.
func newSecurityPlan(op *Operation, schemes map[string]SecurityScheme) securityPlan {
	plan := make(securityPlan, 0, len(op.Security))
	for _, requirement := range op.Security {
		var alternative securityAlternative
		for _, name := range slices.Sorted(maps.Keys(requirement)) {
			alternative = append(alternative, namedScheme{name, schemes[name]})
		}
		plan = append(plan, alternative)
	}
	return plan
}

// header returns the canonical name of the header that carries the credential
// of s, or "".
func (s *SecurityScheme) header() string {
	switch {
	case s.Type == "apiKey" && s.In == InCookie:
		return "Cookie"
	case s.Type == "apiKey" && s.In == InHeader:
		return textproto.CanonicalMIMEHeaderKey(s.Name)
	case s.Type == "apiKey" || s.Type == "mutualTLS":
		return ""
	}
	return "Authorization"
}

// A credentialError says why a request is not sent, without anything secret.
type credentialError string

func (e credentialError) Error() string { return string(e) }

// satisfy returns what the requests of an operation carry: the credentials of
// the first alternative that there are all credentials for. A scheme for which
// the request carries the caller's own counts as satisfied. An alternative
// without schemes, which admits anybody, is the last resort.
func (p securityPlan) satisfy(ctx context.Context, from Credentials, carried func(SecurityScheme) bool) (*attachment, error) {
	var missing []string
	open := len(p) == 0
	for _, alternative := range p {
		a, lacks, err := alternative.satisfy(ctx, from, carried)
		switch {
		case err != nil:
			return nil, err
		case lacks != "":
			missing = append(missing, lacks)
		case len(alternative) == 0:
			open = true
		default:
			return a, nil
		}
	}
	if open {
		return nil, nil
	}
	return nil, credentialError("the operation needs a credential for " + strings.Join(missing, " or ") + ", which this server does not have")
}

// satisfy returns the credentials of all schemes, or which scheme lacks one.
func (s securityAlternative) satisfy(ctx context.Context, from Credentials, carried func(SecurityScheme) bool) (a *attachment, lacks string, err error) {
	a = new(attachment)
	for _, scheme := range s {
		c, err := from(ctx, scheme.name)
		switch {
		case errors.Is(err, ErrNoCredential) && carried(scheme.SecurityScheme):
			continue
		case errors.Is(err, ErrNoCredential):
			return nil, scheme.name, nil
		case err == nil:
			err = a.add(scheme.SecurityScheme, c)
		}
		if err != nil {
			return nil, "", fmt.Errorf("%w: %w", credentialError("the credential for "+scheme.name+" cannot be used"), err)
		}
	}
	return a, "", nil
}

// An attachment is what a request carries to satisfy security schemes. A nil
// attachment is nothing.
type attachment struct {
	header  http.Header
	query   []string // "name=value", escaped
	cookies []string // "name=value"
	secrets []string // in every form in which they are sent
}

// add adds the credential for a scheme.
func (a *attachment) add(s SecurityScheme, c Credential) error {
	secret := string(c.Secret)
	switch s.Type {
	case "mutualTLS":
		return nil
	case "apiKey":
		a.hide(secret, url.QueryEscape(secret))
		return a.addKey(s, secret)
	case "oauth2", "openIdConnect":
		return a.authorize("Bearer", secret)
	case "http":
		switch s.Scheme {
		case "bearer":
			return a.authorize("Bearer", secret)
		case "basic":
			if strings.Contains(c.User, ":") {
				return errors.New("the name of a user has no colon (RFC 7617 section 2)")
			}
			a.hide(secret)
			return a.authorize("Basic", base64.StdEncoding.EncodeToString([]byte(c.User+":"+secret)))
		}
		return fmt.Errorf("the HTTP authentication scheme %q is not supported", s.Scheme)
	}
	return fmt.Errorf("security schemes of type %q are not supported", s.Type)
}

func (a *attachment) addKey(s SecurityScheme, key string) error {
	switch s.In {
	case InQuery:
		if key == "" {
			return errors.New("it is empty")
		}
		a.query = append(a.query, url.QueryEscape(s.Name)+"="+url.QueryEscape(key))
		return nil
	case InCookie:
		if !isToken(s.Name) || key == "" || strings.ContainsFunc(key, func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune(`";,\`, r)
		}) {
			return errors.New("it has a character that a cookie has not (RFC 6265 section 4.1.1)")
		}
		a.cookies = append(a.cookies, s.Name+"="+key)
		return nil
	case InHeader:
		if !forwardable(s.Name) {
			return fmt.Errorf("the header %q belongs to the connection or to the request itself", s.Name)
		}
		return a.set(s.Name, key)
	}
	return fmt.Errorf("an API key is not sent in %q", s.In)
}

func (a *attachment) authorize(scheme, secret string) error {
	a.hide(secret)
	if strings.Contains(secret, " ") {
		return errors.New("it has a space")
	}
	return a.set("Authorization", scheme+" "+secret)
}

func (a *attachment) set(name, value string) error {
	if strings.TrimSpace(value) == "" || strings.HasSuffix(value, " ") || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errors.New("it is empty, or ends with a space or a line break")
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
	return nil
}

func (a *attachment) hide(forms ...string) { a.secrets = append(a.secrets, forms...) }

// attach adds a to a finished request, which the caller owns with its header
// and URL. What the request has under the same names gives way.
func (a *attachment) attach(r *http.Request) {
	if a == nil {
		return
	}
	maps.Copy(r.Header, a.header)
	if len(a.cookies) > 0 {
		cookies := slices.Concat(r.Header["Cookie"], a.cookies)
		r.Header["Cookie"] = []string{strings.Join(cookies, "; ")}
	}
	for _, q := range a.query {
		if r.URL.RawQuery != "" {
			r.URL.RawQuery += "&"
		}
		r.URL.RawQuery += q
	}
}
