package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount/internal/remote"
)

const (
	// activeFor is how long an answer about a valid token is used again, at
	// most until the token expires. So long a revoked token stays valid.
	activeFor = time.Minute

	// inactiveFor is the same of a token that is not valid.
	inactiveFor = 5 * time.Second

	// maxAnswers bounds the answers that are kept.
	maxAnswers = 10_000

	// maxFailures is how often in a row the server may fail before it is given
	// restFor of rest.
	maxFailures = 5
	restFor     = 5 * time.Second

	maxIntrospection = 64 << 10
)

// An Introspection says how to ask an authorization server about tokens
// (RFC 7662).
type Introspection struct {
	// Endpoint is where to ask: an https URL, or http on loopback. Required.
	Endpoint string

	// ClientID and ClientSecret are the credentials of this server at the endpoint.
	// Required.
	ClientID, ClientSecret string

	// SecretInBody sends ClientID and ClientSecret as fields of the form
	// (client_secret_post); else they are in the Authorization header (client_secret_basic).
	SecretInBody bool

	// Audiences are the names of this server; a token must be meant for one of
	// them (aud). Required, unless AudienceUnchecked.
	Audiences []string

	// AudienceUnchecked accepts tokens whose answer does not say whom they
	// are meant for. A token of any client of the authorization server can then
	// be used here; set it only if the endpoint answers for this server alone.
	AudienceUnchecked bool

	// Issuer, if not "", is what an answer must name as iss, if it names any.
	Issuer string

	// Client asks. If nil, one with a timeout of ten seconds. Redirects are
	// not followed.
	Client *http.Client
}

// NewIntrospection returns a Verifier that asks an authorization server. Its
// answers are kept for a minute, those about tokens that are not valid for five
// seconds.
func NewIntrospection(i Introspection) (Verifier, error) {
	v, err := newIntrospector(i)
	if err != nil {
		return nil, err
	}
	return v.verify, nil
}

func newIntrospector(i Introspection) (*introspector, error) {
	switch err := remote.CheckURL("Endpoint", i.Endpoint); {
	case err != nil:
		return nil, fmt.Errorf("introspection: %w", err)
	case i.ClientID == "" || i.ClientSecret == "":
		return nil, errors.New("introspection: ClientID and ClientSecret are required: whoever may ask without them can try out tokens")
	case len(i.Audiences) == 0 && !i.AudienceUnchecked:
		return nil, errors.New("introspection: no Audiences: set them to what tokens for this server have as aud")
	}
	i.Audiences = slices.Clone(i.Audiences)
	i.Client = remote.Client(i.Client)
	return &introspector{Introspection: i, answers: map[[sha256.Size]byte]*answer{}}, nil
}

// Probe asks the authorization server about a token that nobody has, and returns why it could not
// say anything of one: it cannot be reached, or does not know the client. Nothing is kept of it.
// See [JWT.Probe] for what it is good for.
func (i Introspection) Probe(ctx context.Context) error {
	v, err := newIntrospector(i)
	if err == nil {
		_, err = v.introspect(ctx, rand.Text())
	}
	if errors.Is(err, ErrInvalid) {
		return nil
	}
	return err
}

type introspector struct {
	Introspection

	mu       sync.Mutex
	answers  map[[sha256.Size]byte]*answer
	failures int       // in a row
	resting  time.Time // until when nothing is asked
}

// An answer is what the authorization server says about a token.
type answer struct {
	done  chan struct{} // closed when the rest is there
	info  *auth.TokenInfo
	err   error
	until time.Time // when it is forgotten; zero before done
}

func (v *introspector) verify(ctx context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
	if len(token) > maxCredential || token == "" {
		return nil, invalid("it has %d bytes", len(token))
	}
	a, mine, err := v.place(sha256.Sum256([]byte(token)))
	if err != nil {
		return nil, err
	}
	if mine {
		go v.ask(context.WithoutCancel(ctx), token, a)
	}
	select {
	case <-a.done:
		return a.result()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// result returns a copy, since others have the same answer.
func (a *answer) result() (*auth.TokenInfo, error) {
	if a.err != nil {
		return nil, a.err
	}
	if e := a.info.Expiration; !e.IsZero() && !time.Now().Before(e) {
		return nil, ErrExpired
	}
	info := *a.info
	return &info, nil
}

// place returns the answer about a token, and whether the caller has to get it.
func (v *introspector) place(key [sha256.Size]byte) (a *answer, mine bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	if a := v.answers[key]; a != nil && (a.until.IsZero() || now.Before(a.until)) {
		return a, false, nil
	}
	if now.Before(v.resting) {
		return nil, false, errors.New("introspection: the server failed several times, it is asked again in a while")
	}
	if len(v.answers) >= maxAnswers && !v.forget(now) {
		return nil, false, errors.New("introspection: too many tokens at a time")
	}
	a = &answer{done: make(chan struct{})}
	v.answers[key] = a
	return a, true, nil
}

// forget drops the answers that are too old; if there are none, any that is
// there. It reports whether there is room.
func (v *introspector) forget(now time.Time) bool {
	for key, a := range v.answers {
		if !a.until.IsZero() && !now.Before(a.until) {
			delete(v.answers, key)
		}
	}
	for key, a := range v.answers {
		if len(v.answers) < maxAnswers {
			break
		}
		if !a.until.IsZero() {
			delete(v.answers, key)
		}
	}
	return len(v.answers) < maxAnswers
}

// ask fills in a.
func (v *introspector) ask(ctx context.Context, token string, a *answer) {
	ctx, cancel := context.WithTimeout(ctx, remote.Timeout)
	defer cancel()
	info, err := v.introspect(ctx, token)
	now := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	a.info, a.err = info, err
	switch {
	case err == nil:
		v.failures = 0
		a.until = now.Add(activeFor)
		if e := info.Expiration; !e.IsZero() && e.Before(a.until) {
			a.until = e
		}
	case errors.Is(err, ErrInvalid):
		v.failures = 0
		a.until = now.Add(inactiveFor)
	default:
		a.until = now // the next one asks again
		if v.failures++; v.failures >= maxFailures {
			v.failures, v.resting = 0, now.Add(restFor)
		}
	}
	close(a.done)
}

// introspect sends the request of RFC 7662 section 2.1.
func (v *introspector) introspect(ctx context.Context, token string) (*auth.TokenInfo, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	if v.SecretInBody {
		form.Set("client_id", v.ClientID)
		form.Set("client_secret", v.ClientSecret)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("introspection: the endpoint is no URL")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if !v.SecretInBody { // RFC 6749 section 2.3.1
		r.SetBasicAuth(url.QueryEscape(v.ClientID), url.QueryEscape(v.ClientSecret))
	}
	var raw json.RawMessage
	if err := remote.DoJSON(v.Client, r, maxIntrospection, &raw); err != nil {
		return nil, fmt.Errorf("introspection: %w", err)
	}
	return v.read(raw)
}

// read reads the answer of RFC 7662 section 2.2.
func (v *introspector) read(raw json.RawMessage) (*auth.TokenInfo, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, errors.New("introspection: the answer is no JSON object")
	}
	if string(fields["active"]) != "true" {
		return nil, invalid("not active")
	}
	c, err := readClaims(raw)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	switch {
	case v.Issuer != "" && c.issuer != "" && c.issuer != v.Issuer:
		return nil, invalid("its issuer is %q", c.issuer)
	case !v.AudienceUnchecked && !meantFor(c.audience, v.Audiences):
		return nil, invalid("it is meant for %q", c.audience)
	case c.expiry != nil && !now.Before(c.expiry.Time()):
		return nil, ErrExpired
	case c.notBefore != nil && now.Before(c.notBefore.Time()):
		return nil, invalid("it is not valid yet")
	case c.subject == "":
		return nil, invalid("it has no subject")
	}
	if c.issuer == "" {
		c.issuer = v.Endpoint
	}
	return c.tokenInfo(raw), nil
}
