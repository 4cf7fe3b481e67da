package authserver

import (
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	browserCookie = "mcpmount-browser" // a random name of the browser
	consentCookie = "mcpmount-consent" // what was consented to in it

	consentLifetime = 90 * 24 * time.Hour
	maxConsents     = 20
)

// A consent is remembered by a digest of what it was given to.
type consent struct {
	To      string `json:"t"`
	Expires int64  `json:"e"`
}

// cookieName returns a name that no other host can set a cookie by (RFC 6265bis
// section 4.1.3). Without TLS, on this machine only, browsers do not take such ones.
func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

func (s *Server) setCookie(w http.ResponseWriter, name, value string, lifetime time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: int(lifetime.Seconds()),
		Secure: s.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookie returns the value of a cookie, "" if there is none or more than one.
func (s *Server) cookie(r *http.Request, name string) string {
	if found := r.CookiesNamed(s.cookieName(name)); len(found) == 1 {
		return found[0].Value
	}
	return ""
}

// browser returns the name of the browser, after giving it one if it has none.
func (s *Server) browser(w http.ResponseWriter, r *http.Request) string {
	if name := s.cookie(r, browserCookie); len(name) == 43 {
		return name
	}
	name := random()
	s.setCookie(w, browserCookie, name, 0)
	return name
}

// isFrom reports whether r comes from the browser that req was made in.
func (s *Server) isFrom(r *http.Request, req *request) bool {
	name := s.cookie(r, browserCookie)
	return name != "" && subtle.ConstantTimeCompare([]byte(digest(name)), []byte(req.Browser)) == 1
}

// key is what consent to req is remembered by.
func (req *request) key() string {
	return digest(req.Client + "\n" + req.Redirect + "\n" + strings.Join(slices.Sorted(slices.Values(req.Scopes)), " "))
}

// consents returns what this browser has consented to, and when that ends.
func (s *Server) consents(r *http.Request) []consent {
	var list []consent
	if s.sealed.consent.openText(s.cookie(r, consentCookie), &list) != nil {
		return nil
	}
	now := time.Now().Unix()
	return slices.DeleteFunc(list, func(c consent) bool { return now >= c.Expires })
}

func (s *Server) consented(r *http.Request, req *request) bool {
	key := req.key()
	return slices.ContainsFunc(s.consents(r), func(c consent) bool { return c.To == key })
}

// remember writes a cookie about the consent to req.
func (s *Server) remember(w http.ResponseWriter, r *http.Request, req *request) {
	key := req.key()
	list := slices.DeleteFunc(s.consents(r), func(c consent) bool { return c.To == key })
	list = append(list, consent{key, time.Now().Add(consentLifetime).Unix()})
	list = list[max(0, len(list)-maxConsents):]
	if text, err := s.sealed.consent.sealText(list); err == nil {
		s.setCookie(w, consentCookie, text, consentLifetime)
	}
}

// ask shows who wants what, before the provider, which knows one client only,
// could answer for another one (the confused deputy).
func (s *Server) ask(w http.ResponseWriter, c *client, req *request) {
	sealed, err := s.sealed.page.sealText(req)
	if err != nil {
		s.fail(w, http.StatusInternalServerError, "The login cannot begin at the moment.")
		return
	}
	s.page(w, http.StatusOK, "consent", map[string]any{
		"Client": c, "Redirect": hostShown(req.Redirect), "Assured": isAssured(req.Redirect), "Scopes": req.Scopes,
		"Resource": s.config.Resource, "Provider": s.provider.host(), "Request": sealed, "Action": s.path + consentPath,
	})
}

// consent takes the answer. The form is good in the browser it was made in
// only: what is sealed in it names the cookie, so that no other page can send it.
func (s *Server) consent(w http.ResponseWriter, r *http.Request) {
	p, err := form(w, r)
	var req request
	if err != nil || s.sealed.page.openText(p["request"], &req) != nil || time.Now().Unix() >= req.Expires {
		s.fail(w, http.StatusBadRequest, "This page is too old. Go back to your app and try again.")
		return
	}
	if origin := r.Header.Get("Origin"); !s.isFrom(r, &req) || origin != "" && origin != s.origin || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		s.fail(w, http.StatusForbidden, "This answer does not come from the page that asked. Go back to your app and try again.")
		return
	}
	switch p["answer"] {
	case "allow":
		if isAssured(req.Redirect) {
			s.remember(w, r, &req)
		}
		s.proceed(w, s.login(r.Context(), &req))
	case "deny":
		s.proceed(w, s.answer(&req, "error", "access_denied", "error_description", "the user did not consent"))
	default:
		s.fail(w, http.StatusBadRequest, "The page was answered neither with yes nor with no.")
	}
}

// proceed sends the browser on. It is not a redirect, which the rule that forms go
// nowhere else (form-action) would have browsers refuse.
func (s *Server) proceed(w http.ResponseWriter, to string) {
	w.Header().Set("Refresh", "0;url="+to)
	s.page(w, http.StatusOK, "proceed", map[string]any{"To": safeURL(to)})
}

// A login is what is known of a user who is at the provider.
type login struct {
	Request  request `json:"q"`
	Verifier string  `json:"v"` // of PKCE towards the provider
	Nonce    string  `json:"n"`
}

// login returns where the browser goes to log in: the provider, or the client with
// an error.
func (s *Server) login(ctx context.Context, req *request) string {
	l := login{Request: *req, Verifier: random(), Nonce: random()}
	state := random()
	to, err := s.provider.authorizationURL(ctx, state, digest(l.Verifier), l.Nonce)
	if err == nil {
		err = s.records.put(ctx, keyOf(loginKind, state), l, loginLifetime)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "login cannot begin", "error", err)
		return s.answer(req, "error", "temporarily_unavailable", "error_description", "the login cannot begin at the moment")
	}
	return to
}
