package authserver

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// callback is where the provider sends users back to. A state is good once, and
// in the browser that consented only: else somebody could have another one log
// in for them.
func (s *Server) callback(w http.ResponseWriter, r *http.Request) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	p, twice := once(values)
	var l login
	if err == nil && twice == nil && p["state"] != "" {
		err = s.records.take(r.Context(), keyOf(loginKind, p["state"]), &l)
	} else {
		err = ErrNotFound
	}
	switch {
	case errors.Is(err, ErrNotFound) || errors.Is(err, errSeal):
		s.fail(w, http.StatusBadRequest, "This login has ended, or took too long. Go back to your app and try again.")
		return
	case err != nil:
		s.log.ErrorContext(r.Context(), "login cannot be found", "error", err)
		s.fail(w, http.StatusServiceUnavailable, "The login cannot go on at the moment. Go back to your app and try again.")
		return
	case !s.isFrom(r, &l.Request):
		s.log.WarnContext(r.Context(), "login refused: it began in another browser")
		s.fail(w, http.StatusForbidden, "This login began in another browser. Go back to your app and try again.")
		return
	}
	code, failure := s.finish(r.Context(), &l, p)
	to := s.answer(&l.Request, "code", code)
	if failure != nil {
		to = s.answer(&l.Request, "error", failure.code, "error_description", failure.description)
	}
	redirectTo(w, r, to)
}

var errLogin = &failed{code: "server_error", description: "the identity provider did not confirm the login"}

// finish returns a code for what the provider answered.
func (s *Server) finish(ctx context.Context, l *login, p map[string]string) (string, *failed) {
	if err := s.provider.checkIssuer(ctx, p["iss"]); err != nil {
		s.log.WarnContext(ctx, "login refused", "error", err)
		return "", errLogin
	}
	if p["error"] != "" || p["code"] == "" {
		s.log.InfoContext(ctx, "the identity provider refused a login", "code", errorCode(p["error"]))
		return "", mapError(p["error"])
	}
	tokens, err := s.provider.exchange(ctx, p["code"], l.Verifier)
	if err == nil {
		var user Identity
		if user, err = s.provider.identify(ctx, tokens, l.Nonce); err == nil {
			return s.admit(ctx, l, tokens, user)
		}
	}
	s.log.WarnContext(ctx, "login failed", "error", err)
	return "", errLogin
}

// mapError returns what a client is told of an error of the provider (RFC 6749
// section 4.1.2.1): codes that mean the same to it, and never texts.
func mapError(code string) *failed {
	switch code {
	case "access_denied":
		return &failed{code: code, description: "the login was denied at the identity provider"}
	case "temporarily_unavailable":
		return &failed{code: code, description: "the identity provider is not available at the moment"}
	}
	return errLogin
}

// admit begins the session of a user, and returns its code.
func (s *Server) admit(ctx context.Context, l *login, tokens *upstreamTokens, user Identity) (string, *failed) {
	req := &l.Request
	granted, err := s.config.Admit(ctx, user, slices.Clone(req.Scopes))
	if err != nil {
		s.log.InfoContext(ctx, "user not admitted", "issuer", user.Issuer, "subject", user.Subject, "error", err)
		return "", &failed{code: "access_denied", description: "this user may not use the server"}
	}
	now := time.Now()
	id := random()
	sess := session{Issuer: user.Issuer, Subject: user.Subject, Claims: user.Claims, Client: req.Client, Expires: s.sessionEnd(ctx, now, tokens)}
	left := sess.Expires.Sub(now)
	if err = s.records.put(ctx, sessionKey(id), sess, left); err == nil {
		err = s.records.put(ctx, upstreamKey(id), tokens, left)
	}
	var code string
	if err == nil {
		code, err = s.issue(ctx, codeKind, id, grant{
			Client: req.Client, Redirect: req.Redirect, Challenge: req.Challenge, Refresh: req.Refresh, Scopes: intersect(req.Scopes, granted),
		}, codeLifetime)
	}
	if err != nil {
		s.log.ErrorContext(ctx, "session cannot begin", "error", err)
		return "", &failed{code: "temporarily_unavailable", description: "the login cannot be completed at the moment"}
	}
	s.log.InfoContext(ctx, "user logged in", "issuer", user.Issuer, "subject", user.Subject, "to", hostShown(req.Redirect))
	return code, nil
}

// sessionEnd returns when a session ends at the latest. One that nobody can ask the
// provider about ends when what the provider said does.
func (s *Server) sessionEnd(ctx context.Context, now time.Time, tokens *upstreamTokens) time.Time {
	end := now.Add(s.config.SessionLifetime)
	if tokens.Refresh != "" {
		return end
	}
	vouched := tokens.Expires
	if vouched.IsZero() && !s.provider.hasUserinfo(ctx) {
		vouched = now.Add(time.Hour)
	}
	if !vouched.IsZero() && vouched.Before(end) {
		return vouched
	}
	return end
}

// intersect returns what is in both lists, in the order of asked.
func intersect(asked, granted []string) []string {
	return slices.DeleteFunc(slices.Clone(asked), func(scope string) bool { return !slices.Contains(granted, scope) })
}
