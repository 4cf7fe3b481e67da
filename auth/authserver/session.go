package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount/auth"
)

// A session is what a user lets a client do, from a login on. Its record never
// changes: what is deleted does not come back when a renewal is under way.
type session struct {
	Issuer  string                     `json:"i"`
	Subject string                     `json:"s"`
	Claims  map[string]json.RawMessage `json:"c"`
	Client  string                     `json:"a"`
	Expires time.Time                  `json:"e"`
}

// upstreamTokens are those of the provider.
type upstreamTokens struct {
	Access  string    `json:"a"`
	Refresh string    `json:"r,omitempty"`
	Expires time.Time `json:"e,omitzero"` // of Access; zero if nobody said
	idToken string
}

// A grant is what a code or a refresh token stands for.
type grant struct {
	Client    string   `json:"c"`
	Redirect  string   `json:"r,omitempty"` // of a code
	Challenge string   `json:"p,omitempty"` // of a code
	Refresh   bool     `json:"f,omitempty"` // of a code: there will be a refresh token
	Scopes    []string `json:"o,omitempty"`
	Access    string   `json:"a,omitempty"` // of a refresh token: the key of the access token
}

// An access is what an access token stands for.
type access struct {
	Session string    `json:"s"`
	Client  string    `json:"c"`
	Scopes  []string  `json:"o,omitempty"`
	Expires time.Time `json:"e"`
}

const (
	codeKind    = "code"
	refreshKind = "refresh"
	accessKind  = "access"
)

func sessionKey(id string) string  { return "session:" + id }
func upstreamKey(id string) string { return "upstream:" + id }

// A ticket is what codes and refresh tokens are, sealed: they can be used once, and
// one that was used tells which session is in wrong hands.
type ticket struct {
	Kind    string `json:"k"`
	Session string `json:"s"`
	Random  string `json:"r"`
}

// issue returns a new ticket.
func (s *Server) issue(ctx context.Context, kind, session string, g grant, lifetime time.Duration) (string, error) {
	text, err := s.sealed.ticket.sealText(ticket{kind, session, random()})
	if err != nil {
		return "", err
	}
	return text, s.records.put(ctx, keyOf(kind, text), g, lifetime)
}

var (
	errNoTicket = errors.New("it was not issued here")
	errSpent    = errors.New("it was used before, or has expired")
)

// redeem takes a ticket. Whoever comes second ends the session: one of the two
// should not have had it (RFC 9700 section 4.14.2).
func (s *Server) redeem(ctx context.Context, kind, text string) (id string, g grant, err error) {
	var t ticket
	if s.sealed.ticket.openText(text, &t) != nil || t.Kind != kind {
		return "", g, errNoTicket
	}
	err = s.records.take(ctx, keyOf(kind, text), &g)
	if errors.Is(err, ErrNotFound) {
		s.end(ctx, t.Session)
		return "", g, errSpent
	}
	return t.Session, g, err
}

// end ends a session: its tokens are not valid any more.
func (s *Server) end(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	var tokens upstreamTokens
	err := s.records.take(ctx, upstreamKey(id), &tokens)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	if err := errors.Join(err, s.records.store.Delete(ctx, sessionKey(id))); err != nil {
		s.log.ErrorContext(ctx, "session cannot be ended", "error", err)
	}
	if err := s.provider.revoke(ctx, tokens); err != nil {
		s.log.WarnContext(ctx, "tokens of the identity provider cannot be revoked", "error", err)
	}
}

const endTimeout = 15 * time.Second

// Verify is an [auth.Verifier] of the access tokens that s issues. The TokenInfo has the
// issuer and the subject of the user as UserID, and in Extra "iss", "sub",
// "client_id" and "claims", a json.RawMessage of what the provider said at the login.
func (s *Server) Verify(ctx context.Context, token string, _ *http.Request) (*sdk.TokenInfo, error) {
	var a access
	var sess session
	err := s.records.get(ctx, keyOf(accessKind, token), &a)
	if err == nil {
		err = s.records.get(ctx, sessionKey(a.Session), &sess)
	}
	switch {
	case errors.Is(err, ErrNotFound) || errors.Is(err, errSeal):
		return nil, fmt.Errorf("%w: it is not one of this server, has expired, or its session has ended", auth.ErrInvalid)
	case err != nil:
		return nil, fmt.Errorf("check access token: %w", err)
	case !time.Now().Before(a.Expires):
		return nil, auth.ErrExpired
	}
	claims, err := json.Marshal(sess.Claims)
	if err != nil {
		return nil, fmt.Errorf("check access token: %w", err)
	}
	return &sdk.TokenInfo{
		UserID: sess.Issuer + " " + sess.Subject, Scopes: slices.Clone(a.Scopes), Expiration: a.Expires,
		Extra: map[string]any{
			"iss": sess.Issuer, "sub": sess.Subject, "client_id": a.Client, "claims": json.RawMessage(claims), sessionField: sessionID(a.Session),
		},
	}, nil
}

// sessionField is the name of the session in the Extra of a TokenInfo.
const sessionField = "session"

// A sessionID names a session to this package only.
type sessionID string

// String says nothing of it.
func (sessionID) String() string { return "***" }

// MarshalText says nothing of it.
func (sessionID) MarshalText() ([]byte, error) { return []byte("***"), nil }

// UpstreamToken returns the access token that the provider gave for the user on whose
// behalf ctx is: one with the TokenInfo of [Server.Verify], such as that of a tool
// call. It is for an API of the provider, or one that takes its tokens, and must not reach
// the client. It is renewed when the client renews its own, which is no longer valid than
// it is. A caller without a session is an error that wraps [ErrNotFound].
func (s *Server) UpstreamToken(ctx context.Context) (string, error) {
	info := sdk.TokenInfoFromContext(ctx)
	if info == nil {
		return "", fmt.Errorf("token of the identity provider: nobody is logged in: %w", ErrNotFound)
	}
	id, ok := info.Extra[sessionField].(sessionID)
	if !ok {
		return "", fmt.Errorf("token of the identity provider: the caller is not logged in here: %w", ErrNotFound)
	}
	var tokens upstreamTokens
	if err := s.records.get(ctx, upstreamKey(string(id)), &tokens); err != nil {
		return "", fmt.Errorf("token of the identity provider: %w", err)
	}
	return tokens.Access, nil
}
