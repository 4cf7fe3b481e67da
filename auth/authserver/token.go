package authserver

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Failures of the token endpoint.
var (
	errClient = &failed{http.StatusUnauthorized, "invalid_client", "the client is not known here: it has to be a public one, and to register again if its registration has expired"}
	errGrant  = &failed{http.StatusBadRequest, "invalid_grant", "it is not valid, or not for this client, redirect URI or code verifier, or was used before, or has expired"}
	errTarget = &failed{http.StatusBadRequest, "invalid_target", "tokens are for one resource only, which is not this one"}
	errLater  = &failed{http.StatusServiceUnavailable, "temporarily_unavailable", "try again in a while"}
)

// token is the token endpoint (RFC 6749 section 3.2).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if wait := s.paces[failurePace].exhausted(r); wait > 0 {
		tooMany(w, wait)
		return
	}
	p, err := form(w, r)
	if err != nil {
		(&failed{http.StatusBadRequest, "invalid_request", err.Error()}).write(w)
		return
	}
	var body map[string]any
	failure := s.checkClient(r, p)
	switch grantType := p["grant_type"]; {
	case failure != nil:
	case p["resource"] != "" && !s.isResource(p["resource"]):
		failure = errTarget
	case grantType == "authorization_code":
		body, failure = s.redeemCode(r.Context(), p)
	case grantType == "refresh_token":
		body, failure = s.renew(r.Context(), p)
	case grantType == "":
		failure = &failed{http.StatusBadRequest, "invalid_request", "grant_type is missing"}
	default:
		failure = &failed{http.StatusBadRequest, "unsupported_grant_type", "there are authorization_code and refresh_token"}
	}
	if failure != nil {
		s.refuse(w, r, failure)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// refuse answers with a failure, and counts what may be an attempt.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, failure *failed) {
	if failure == errGrant || failure == errClient {
		s.paces[failurePace].wait(r)
	}
	if failure == errClient && r.Header.Get("Authorization") != "" { // RFC 6749 section 5.2
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
	}
	if failure == errLater {
		w.Header().Set("Retry-After", "5")
	}
	failure.write(w)
}

// checkClient checks the id of a client, before anything is used up. All are public:
// what proves that it is the same one as before is the code verifier.
func (s *Server) checkClient(r *http.Request, p map[string]string) *failed {
	id := p["client_id"]
	if id == "" || r.Header.Get("Authorization") != "" {
		return errClient
	}
	if strings.HasPrefix(id, "https:") {
		return nil // what it redeems names it
	}
	if _, err := s.registered(id); err != nil {
		return errClient
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// redeemCode is RFC 6749 section 4.1.3 and RFC 7636 section 4.6.
func (s *Server) redeemCode(ctx context.Context, p map[string]string) (map[string]any, *failed) {
	id, g, err := s.redeem(ctx, codeKind, p["code"])
	if err != nil {
		return nil, s.ticketFailure(ctx, codeKind, err)
	}
	verifier := p["code_verifier"]
	wellFormed := len(verifier) >= 43 && len(verifier) <= 128 && isUnreserved(verifier)
	if !same(g.Client, p["client_id"]) || !same(g.Redirect, p["redirect_uri"]) || !wellFormed || !same(g.Challenge, digest(verifier)) {
		s.log.WarnContext(ctx, "code refused: it is another client's, redirect URI's or verifier's")
		s.end(ctx, id)
		return nil, errGrant
	}
	return s.issueTokens(ctx, id, g, g.Scopes, g.Refresh)
}

// renew is RFC 6749 section 6. The provider is asked first: who cannot log in
// there any more is logged out here.
func (s *Server) renew(ctx context.Context, p map[string]string) (map[string]any, *failed) {
	id, g, err := s.redeem(ctx, refreshKind, p["refresh_token"])
	if err != nil {
		return nil, s.ticketFailure(ctx, refreshKind, err)
	}
	if !same(g.Client, p["client_id"]) {
		s.log.WarnContext(ctx, "refresh token refused: it is another client's")
		s.end(ctx, id)
		return nil, errGrant
	}
	asked, ok := s.narrow(g.Scopes, p["scope"])
	if !ok {
		s.restore(ctx, id, p["refresh_token"], g)
		return nil, &failed{http.StatusBadRequest, "invalid_scope", "a refresh token has no further scopes: log in again for them"}
	}
	old := g.Access
	err = s.revive(ctx, id, &g)
	switch {
	case errors.Is(err, errEnded) || errors.Is(err, ErrNotFound):
		s.log.InfoContext(ctx, "session ended", "error", err)
		s.end(ctx, id)
		return nil, errGrant
	case err != nil:
		s.log.WarnContext(ctx, "session cannot be renewed at the moment", "error", err)
		s.restore(ctx, id, p["refresh_token"], g)
		return nil, errLater
	}
	body, failure := s.issueTokens(ctx, id, g, intersect(asked, g.Scopes), true)
	if failure == nil {
		err = s.records.store.Delete(ctx, old)
	}
	switch failure {
	case errGrant:
		s.end(ctx, id) // with what revive has stored
	case errLater:
		s.restore(ctx, id, p["refresh_token"], g)
	}
	if err != nil {
		s.log.WarnContext(ctx, "access token cannot be deleted", "error", err)
	}
	return body, failure
}

// narrow returns those of the scopes of a refresh token that its client asks for, which are
// all if it names none. Others that are known here are not for it to ask for.
func (s *Server) narrow(have []string, scope string) ([]string, bool) {
	asked := strings.Fields(scope)
	if len(asked) == 0 {
		return have, true
	}
	further := func(scope string) bool {
		return !slices.Contains(have, scope) && slices.Contains(s.config.Scopes, scope)
	}
	return intersect(have, asked), !slices.ContainsFunc(asked, further)
}

// revive asks the provider and Admit whether a session may go on. g gets the scopes
// that are still granted.
func (s *Server) revive(ctx context.Context, id string, g *grant) error {
	var sess session
	if err := s.records.get(ctx, sessionKey(id), &sess); err != nil {
		return err
	}
	var tokens upstreamTokens
	if err := s.records.get(ctx, upstreamKey(id), &tokens); err != nil {
		return err
	}
	// Once asked, the provider may have replaced its token: the client must not
	// keep us from storing that by hanging up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTimeout)
	defer cancel()
	renewed, err := s.provider.renew(ctx, &tokens, sess.Subject)
	if err != nil {
		return err
	}
	if err := s.records.put(ctx, upstreamKey(id), renewed, time.Until(sess.Expires)); err != nil {
		return err
	}
	user := Identity{Issuer: sess.Issuer, Subject: sess.Subject, Claims: sess.Claims}
	granted, err := s.config.Admit(ctx, user, slices.Clone(g.Scopes))
	if err != nil {
		return errors.Join(errEnded, err)
	}
	g.Scopes = intersect(g.Scopes, granted)
	return nil
}

const renewTimeout = 30 * time.Second

// restore makes a refresh token good once more, after a failure that is not that
// of the client.
func (s *Server) restore(ctx context.Context, id, text string, g grant) {
	ctx = context.WithoutCancel(ctx)
	var sess session
	err := s.records.get(ctx, sessionKey(id), &sess)
	if err == nil {
		err = s.records.put(ctx, keyOf(refreshKind, text), g, time.Until(sess.Expires))
	}
	if err != nil {
		s.log.ErrorContext(ctx, "refresh token cannot be restored", "error", err)
	}
}

// issueTokens returns the response of RFC 6749 section 5.1: an access token with some of
// the scopes of g, and maybe a refresh token with all of them.
func (s *Server) issueTokens(ctx context.Context, id string, g grant, scopes []string, refresh bool) (map[string]any, *failed) {
	ctx = context.WithoutCancel(ctx)
	var sess session
	var tokens upstreamTokens
	err := s.records.get(ctx, sessionKey(id), &sess)
	if err == nil {
		err = s.records.get(ctx, upstreamKey(id), &tokens)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, errGrant
	}
	now := time.Now()
	expires := now.Add(s.config.AccessLifetime)
	for _, bound := range []time.Time{sess.Expires, tokens.Expires} {
		if !bound.IsZero() && bound.Before(expires) {
			expires = bound
		}
	}
	left := expires.Sub(now)
	body := map[string]any{"token_type": "Bearer", "expires_in": int64(left.Seconds()), "scope": strings.Join(scopes, " ")}
	token := random()
	if err == nil && left < time.Second {
		return nil, errGrant
	}
	if err == nil {
		err = s.records.put(ctx, keyOf(accessKind, token), access{Session: id, Client: g.Client, Scopes: scopes, Expires: expires}, left)
		body["access_token"] = token
	}
	if err == nil && refresh {
		next := grant{Client: g.Client, Scopes: g.Scopes, Access: keyOf(accessKind, token)}
		body["refresh_token"], err = s.issue(ctx, refreshKind, id, next, sess.Expires.Sub(now))
	}
	if err != nil {
		s.log.ErrorContext(ctx, "tokens cannot be issued", "error", err)
		return nil, errLater
	}
	return body, nil
}

// ticketFailure says in the log what was wrong with a ticket.
func (s *Server) ticketFailure(ctx context.Context, kind string, err error) *failed {
	switch {
	case errors.Is(err, errSpent):
		s.log.WarnContext(ctx, "session ended: its "+kind+" came twice, or too late")
	case errors.Is(err, errNoTicket), errors.Is(err, errSeal):
	default:
		s.log.ErrorContext(ctx, kind+" cannot be checked", "error", err)
		return errLater
	}
	return errGrant
}

// revoke ends the session of a token (RFC 7009), whether it is an access or a
// refresh token, and answers alike if there is none.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	if wait := s.paces[failurePace].exhausted(r); wait > 0 {
		tooMany(w, wait)
		return
	}
	p, err := form(w, r)
	if err != nil || p["token"] == "" {
		(&failed{http.StatusBadRequest, "invalid_request", "the form needs a token, once"}).write(w)
		return
	}
	if failure := s.checkClient(r, p); failure != nil {
		s.refuse(w, r, failure)
		return
	}
	id, owner, err := s.sessionOf(r.Context(), p["token"])
	switch {
	case err == nil && same(owner, p["client_id"]):
		s.end(r.Context(), id)
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, errSeal):
		s.paces[failurePace].wait(r)
	default:
		s.log.ErrorContext(r.Context(), "token cannot be revoked", "error", err)
		s.refuse(w, r, errLater)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

// sessionOf returns the session of a token, and the client whose it is.
func (s *Server) sessionOf(ctx context.Context, token string) (id, owner string, err error) {
	var t ticket
	if s.sealed.ticket.openText(token, &t) == nil && t.Kind == refreshKind {
		var g grant
		err = s.records.get(ctx, keyOf(refreshKind, token), &g)
		return t.Session, g.Client, err
	}
	var a access
	err = s.records.get(ctx, keyOf(accessKind, token), &a)
	return a.Session, a.Client, err
}
