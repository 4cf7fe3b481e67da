package authserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// A request is what a client asks for, once it is known to be sound.
type request struct {
	Client    string   `json:"c"`
	Redirect  string   `json:"r"`
	State     string   `json:"s,omitempty"`
	Challenge string   `json:"p"`
	Scopes    []string `json:"o,omitempty"`
	Refresh   bool     `json:"f,omitempty"` // the client registered for refresh tokens
	Browser   string   `json:"b"`           // digest of what the browser has as a cookie
	Expires   int64    `json:"e"`           // Unix time
}

const maxState = 2048

// authorize begins a login (RFC 6749 section 4.1.1, RFC 7636, RFC 8707). Nobody is
// redirected anywhere before client and redirect URI are known to belong together.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(values["client_id"]) != 1 || len(values["redirect_uri"]) != 1 {
		s.fail(w, http.StatusBadRequest, "The app that sent you here did not say which one it is, or where to send you back to.")
		return
	}
	c, err := s.client(r, values.Get("client_id"))
	if err != nil {
		s.log.InfoContext(r.Context(), "client refused", "error", err)
		s.fail(w, http.StatusBadRequest, "The app that sent you here cannot be used: "+err.Error()+".")
		return
	}
	redirect := values.Get("redirect_uri")
	if !c.allows(redirect) || s.config.checkRedirect(redirect) != nil {
		s.fail(w, http.StatusBadRequest, "The app that sent you here wants you to be sent back to a place that is not its own.")
		return
	}
	req, failure := s.newRequest(values, c)
	if failure != nil {
		s.returnError(w, r, c, s.answer(req, "error", failure.code, "error_description", failure.description))
		return
	}
	req.Browser = digest(s.browser(w, r))
	if isAssured(req.Redirect) && s.consented(r, req) {
		redirectTo(w, r, s.login(r.Context(), req))
		return
	}
	s.ask(w, c, req)
}

// returnError sends a user back whom nobody has asked anything. Anybody could
// register a site, and have links to this server lead there; so a site is gone to at once
// only if it is that of the client's document (RFC 9700 section 4.11.2).
func (s *Server) returnError(w http.ResponseWriter, r *http.Request, c *client, to string) {
	if u, err := url.Parse(to); isAssured(to) && (err != nil || !strings.EqualFold(u.Host, c.Host)) {
		s.page(w, http.StatusBadRequest, "return", map[string]any{"Host": hostShown(to), "To": safeURL(to)})
		return
	}
	redirectTo(w, r, to)
}

// redirectTo sends the browser to a URL that must not be kept, nor told to anybody else.
func redirectTo(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusFound)
}

// newRequest reads the rest of a request. The one it returns has at least what an answer
// needs.
func (s *Server) newRequest(values url.Values, c *client) (*request, *failed) {
	refuse := func(code, description string) *failed { return &failed{code: code, description: description} }
	p, err := once(values)
	req := &request{
		Client: c.ID, Redirect: p["redirect_uri"], State: p["state"], Challenge: p["code_challenge"], Refresh: c.Refresh,
		Expires: time.Now().Add(loginLifetime).Unix(),
	}
	if len(req.State) > maxState {
		req.State = ""
		return req, refuse("invalid_request", "the state is too long")
	}
	switch {
	case err != nil:
		return req, refuse("invalid_request", "a parameter is there twice")
	case p["response_type"] == "":
		return req, refuse("invalid_request", "response_type is missing")
	case p["response_type"] != "code":
		return req, refuse("unsupported_response_type", "the only response_type is code")
	case p["request"] != "" || p["request_uri"] != "":
		return req, refuse("request_not_supported", "parameters are not taken from elsewhere")
	case p["response_mode"] != "" && p["response_mode"] != "query":
		return req, refuse("invalid_request", "the only response_mode is query")
	case p["code_challenge_method"] != "S256" || len(req.Challenge) != 43 || !isUnreserved(req.Challenge):
		return req, refuse("invalid_request", "PKCE with the method S256 is required")
	case p["resource"] != "" && !s.isResource(p["resource"]):
		return req, refuse("invalid_target", "tokens are for "+s.config.Resource+" only")
	}
	asked := strings.Fields(p["scope"])
	if len(asked) == 0 {
		req.Scopes = s.config.Scopes
		return req, nil
	}
	for _, scope := range s.config.Scopes { // others are ignored: RFC 6749 section 3.3
		if slices.Contains(asked, scope) {
			req.Scopes = append(req.Scopes, scope)
		}
	}
	if len(req.Scopes) == 0 && len(s.config.Scopes) > 0 {
		return req, refuse("invalid_scope", "none of the scopes is known here")
	}
	return req, nil
}

// isResource reports whether a URL is that of the MCP endpoint.
func (s *Server) isResource(resource string) bool {
	return oauthex.MatchesResource([]string{resource}, s.config.Resource)
}

// isUnreserved reports whether s is what RFC 7636 section 4.1 says of a code
// verifier, its length aside.
func isUnreserved(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._~", c)
	})
}

// answer returns the redirect URI with an answer: pairs of names and values, the
// state of the client, and who answers (RFC 9207).
func (s *Server) answer(req *request, pairs ...string) string {
	params := url.Values{"iss": {s.config.Issuer}}
	if req.State != "" {
		params.Set("state", req.State)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		params.Set(pairs[i], pairs[i+1])
	}
	separator := "?"
	if strings.Contains(req.Redirect, "?") {
		separator = "&"
	}
	return req.Redirect + separator + params.Encode()
}
