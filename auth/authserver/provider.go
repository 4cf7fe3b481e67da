package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/internal/remote"
)

// A provider is the identity provider, of which a [Server] is a client with a
// secret. None of its errors has anything in it that is secret, nor any text of the
// provider.
type provider struct {
	up       Upstream
	redirect string
	client   *http.Client
	verifier auth.Verifier // of ID tokens; nil if there are none

	mu      sync.Mutex
	found   *endpoints // by discovery
	looked  time.Time
	failure error
}

const (
	maxTokenResponse = 128 << 10
	maxClaims        = 32 << 10 // of the userinfo
)

// errEnded is the error about a session that the provider knows no more.
var errEnded = errors.New("the identity provider has ended it")

func newProvider(up Upstream, redirect string) (*provider, error) {
	p := &provider{up: up, redirect: redirect, client: remote.Client(up.Client)}
	if !slices.Contains(up.Scopes, "openid") {
		return p, nil
	}
	var err error
	p.verifier, err = auth.NewJWT(auth.JWT{Issuer: up.Issuer, Audiences: []string{up.ClientID}, Client: up.Client})
	return p, err
}

// authorizationURL returns where a user logs in.
func (p *provider) authorizationURL(ctx context.Context, state, challenge, nonce string) (string, error) {
	at, err := p.endpoints(ctx)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(at.authorization)
	if err != nil {
		return "", errors.New("the authorization endpoint is no URL")
	}
	q := u.Query()
	for name, value := range p.up.Params {
		q.Set(name, value)
	}
	q.Set("response_type", "code")
	q.Set("client_id", p.up.ClientID)
	q.Set("redirect_uri", p.redirect)
	q.Set("state", state)
	q.Set("code_challenge", challenge)
	q.Set("code_challenge_method", "S256")
	if len(p.up.Scopes) > 0 {
		q.Set("scope", strings.Join(p.up.Scopes, " "))
	}
	if p.verifier != nil {
		q.Set("nonce", nonce)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// checkIssuer checks who says that it answers (RFC 9207 section 2.4).
func (p *provider) checkIssuer(ctx context.Context, iss string) error {
	at, err := p.endpoints(ctx)
	switch {
	case err != nil:
		return err
	case iss == "" && at.namesItself:
		return errors.New("the answer does not say who gives it")
	case iss != "" && p.up.Issuer != "" && iss != p.up.Issuer:
		return errors.New("another issuer answered")
	}
	return nil
}

// exchange gets tokens for a code.
func (p *provider) exchange(ctx context.Context, code, verifier string) (*upstreamTokens, error) {
	return p.ask(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {p.redirect}, "code_verifier": {verifier},
	})
}

// ask sends a request to the token endpoint. An error is errEnded if the grant is not
// good any more.
func (p *provider) ask(ctx context.Context, params url.Values) (*upstreamTokens, error) {
	at, err := p.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	body, err := p.post(ctx, at.token, params, at.secretInBody)
	if err != nil {
		return nil, err
	}
	var m struct {
		Access  string      `json:"access_token"`
		Refresh string      `json:"refresh_token"`
		ID      string      `json:"id_token"`
		Seconds json.Number `json:"expires_in"`
		Error   string      `json:"error"`
	}
	if json.Unmarshal(body, &m) != nil {
		return nil, errors.New("the token endpoint did not answer with JSON as it should be")
	}
	switch {
	case m.Error == "invalid_grant" || m.Error == "bad_refresh_token": // the latter is GitHub's name for it
		return nil, errEnded
	case m.Error != "":
		return nil, fmt.Errorf("the token endpoint answered %q", errorCode(m.Error))
	case m.Access == "":
		return nil, errors.New("the token endpoint gave no token")
	}
	tokens := &upstreamTokens{Access: m.Access, Refresh: m.Refresh, idToken: m.ID}
	if seconds, err := m.Seconds.Float64(); err == nil && seconds > 0 && seconds < 1e9 {
		tokens.Expires = time.Now().Add(time.Duration(seconds * float64(time.Second)))
	}
	return tokens, nil
}

// post sends a form with the credentials of this client (RFC 6749 section
// 2.3.1), and returns the body of an answer that may be one about OAuth.
func (p *provider) post(ctx context.Context, address string, params url.Values, secretInBody bool) ([]byte, error) {
	if secretInBody {
		params.Set("client_id", p.up.ClientID)
		params.Set("client_secret", p.up.ClientSecret)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(params.Encode()))
	if err != nil {
		return nil, errors.New("an endpoint of the identity provider is no URL")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if !secretInBody {
		r.SetBasicAuth(url.QueryEscape(p.up.ClientID), url.QueryEscape(p.up.ClientSecret))
	}
	res, err := p.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the identity provider does not answer: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTokenResponse+1))
	if err != nil || len(body) > maxTokenResponse || res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests {
		return nil, fmt.Errorf("the identity provider answered %d", res.StatusCode)
	}
	if res.StatusCode != http.StatusOK && !json.Valid(body) {
		return nil, fmt.Errorf("the identity provider answered %d", res.StatusCode)
	}
	return body, nil
}

// identify returns the user whom tokens are of.
func (p *provider) identify(ctx context.Context, tokens *upstreamTokens, nonce string) (Identity, error) {
	user := Identity{Issuer: p.up.issuer(), Claims: map[string]json.RawMessage{}}
	if p.verifier != nil {
		claims, err := p.idClaims(ctx, tokens.idToken, nonce)
		if err != nil {
			return user, fmt.Errorf("ID token: %w", err)
		}
		user.Subject, user.Claims = text(claims["sub"]), claims
		if p.up.UserinfoEndpoint == "" {
			return user, nil
		}
	}
	info, err := p.userinfo(ctx, tokens.Access)
	if err != nil {
		return user, err
	}
	subject := text(info[p.up.Subject])
	switch {
	case subject == "":
		return user, fmt.Errorf("the userinfo has no %q", p.up.Subject)
	case p.verifier != nil && p.up.Subject == "sub" && subject != user.Subject: // OpenID Connect Core section 5.3.2
		return user, errors.New("the userinfo is that of another user")
	case p.verifier == nil:
		user.Subject = subject
	}
	if have, ok := user.Claims["email"]; ok && text(have) != text(info["email"]) {
		delete(info, "email_verified") // says nothing of the one that the ID token has
	}
	for name, claim := range info {
		if _, ok := user.Claims[name]; !ok {
			user.Claims[name] = claim
		}
	}
	return user, nil
}

// idClaims returns the claims of an ID token that is for us, and for this login
// (OpenID Connect Core section 3.1.3.7).
func (p *provider) idClaims(ctx context.Context, token, nonce string) (map[string]json.RawMessage, error) {
	info, err := p.verifier(ctx, token, nil)
	if err != nil {
		return nil, err
	}
	raw, _ := info.Extra["claims"].(json.RawMessage)
	var claims map[string]json.RawMessage
	switch {
	case json.Unmarshal(raw, &claims) != nil:
		return nil, errors.New("its claims are no JSON object")
	case text(claims["sub"]) == "":
		return nil, errors.New("it has no subject")
	case !same(text(claims["nonce"]), nonce):
		return nil, errors.New("it is that of another login")
	case claims["azp"] != nil && text(claims["azp"]) != p.up.ClientID:
		return nil, errors.New("it is for another client")
	}
	return maps.Clone(claims), nil
}

// userinfo asks the provider whose a token is. If the token is not valid any
// more, the error is errEnded.
func (p *provider) userinfo(ctx context.Context, token string) (map[string]json.RawMessage, error) {
	at, err := p.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.userinfo, nil)
	if err != nil || at.userinfo == "" {
		return nil, errors.New("the userinfo endpoint is no URL")
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := p.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the userinfo endpoint does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusUnauthorized {
		return nil, errEnded
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxClaims+1))
	var claims map[string]json.RawMessage
	if err != nil || res.StatusCode != http.StatusOK || len(body) > maxClaims || json.Unmarshal(body, &claims) != nil {
		return nil, fmt.Errorf("the userinfo endpoint answered %d, or not with a small JSON object", res.StatusCode)
	}
	return claims, nil
}

// renew returns tokens that replace those of a session, or errEnded if the user
// is not welcome any more. Without a refresh token, it asks whether the access token is
// still good.
func (p *provider) renew(ctx context.Context, tokens *upstreamTokens, subject string) (*upstreamTokens, error) {
	if tokens.Refresh != "" {
		renewed, err := p.ask(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.Refresh}})
		if err != nil {
			return nil, err
		}
		if renewed.Refresh == "" {
			renewed.Refresh = tokens.Refresh
		}
		return renewed, nil
	}
	if !p.hasUserinfo(ctx) {
		return tokens, nil // the session ends when the token does
	}
	info, err := p.userinfo(ctx, tokens.Access)
	if err != nil {
		return nil, err
	}
	if text(info[p.up.Subject]) != subject && (p.verifier == nil || p.up.Subject == "sub") {
		return nil, errEnded
	}
	return tokens, nil
}

// revoke tells the provider that the tokens of a session are not needed any more (RFC
// 7009), if the operator says that it wants to know.
func (p *provider) revoke(ctx context.Context, tokens upstreamTokens) error {
	token := tokens.Refresh
	if token == "" {
		token = tokens.Access
	}
	if p.up.RevocationEndpoint == "" || token == "" {
		return nil
	}
	at, err := p.endpoints(ctx)
	if err != nil {
		return err
	}
	_, err = p.post(ctx, p.up.RevocationEndpoint, url.Values{"token": {token}}, at.secretInBody)
	return err
}

// text returns a claim that is a string or a number, "" if it is anything else.
func text(claim json.RawMessage) string {
	var s string
	if json.Unmarshal(claim, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(claim, &n) == nil {
		return n.String()
	}
	return ""
}

// errorCode returns a code of RFC 6749 section 5.2 as it can be logged.
func errorCode(code string) string {
	if code == "" || len(code) > 64 || strings.ContainsFunc(code, func(c rune) bool { return (c < 'a' || c > 'z') && c != '_' }) {
		return "no known code"
	}
	return code
}
