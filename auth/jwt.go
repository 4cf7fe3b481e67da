package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// DefaultLeeway is how far clocks may differ if a [JWT] says nothing.
const DefaultLeeway = 30 * time.Second

// maxLeeway bounds [JWT.Leeway].
const maxLeeway = time.Minute

// maxKeyID bounds the length of a key id in bytes.
const maxKeyID = 256

// minSharedSecret is the length of [JWT.Secret] at least: that of the shortest
// digest it is used with (RFC 7518 section 3.2).
const minSharedSecret = 32

// publicAlgorithms are the signatures that are accepted by default: those whose
// keys are public (RFC 7518 section 3.1, RFC 8037).
var publicAlgorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

var secretAlgorithms = []jose.SignatureAlgorithm{jose.HS256, jose.HS384, jose.HS512}

// A JWT says which signed tokens (RFC 7519, RFC 9068) are valid.
type JWT struct {
	// Issuer is the identity provider, exactly as its tokens name it (iss).
	// Required.
	Issuer string

	// Audiences are the names of this server; a token must be meant for one of
	// them (aud). The first is commonly the public URL of the MCP endpoint.
	// Required: a token for somebody else must not be usable here.
	Audiences []string

	// KeySetURL is where the keys of the issuer are (RFC 7517). If "", it is
	// found through the metadata of the issuer (RFC 8414, OpenID Connect
	// Discovery). It, like Issuer, must be an https URL, or http on loopback.
	KeySetURL string

	// KeySet holds the keys themselves, as JSON, for issuers that cannot be
	// asked. Nothing is fetched then.
	KeySet []byte

	// Secret is a key that this server and the issuer share; tokens are then
	// signed with HS256, HS384 or HS512, and with nothing else. At least 32
	// bytes.
	Secret []byte

	// Algorithms are the signatures that are accepted. If empty, RS256 to RS512, PS256 to
	// PS512, ES256 to ES512 and EdDSA; with a Secret, HS256 to HS512.
	Algorithms []string

	// Type, if not "", is the type that the header of a token must have, such
	// as "at+jwt" (RFC 9068 section 2.1). If "", tokens must have that type,
	// "JWT" or none.
	Type string

	// Leeway is how far the clocks of the issuer and this server may differ,
	// at most a minute. If zero, [DefaultLeeway]; if negative, not at all.
	Leeway time.Duration

	// Client fetches metadata and keys. If nil, one with a timeout of ten
	// seconds. Redirects are not followed in either case.
	Client *http.Client
}

// NewJWT returns a Verifier of the tokens that j describes. Nothing is fetched
// before the first token. A description under which tokens of others would be
// accepted is an error.
//
// The TokenInfo has the issuer and the subject as UserID, and in Extra "iss", "sub", "client_id" (if
// there is one) and "claims", a json.RawMessage of all of them. A token without a subject is its
// client's: it has that as "sub", and a UserID that no user has who is called the same.
func NewJWT(j JWT) (Verifier, error) {
	v, err := newJWTVerifier(j)
	if err != nil {
		return nil, fmt.Errorf("verify JWT: %w", err)
	}
	return v.verify, nil
}

// Probe asks the identity provider for its keys, as a [Verifier] of j does upon the first token, and
// returns why it could not verify one. Nothing is kept of it. Where the provider is not asked, it
// returns nil. A program may call it when it starts: an issuer that is misspelt shows then, and
// not with the first caller. What fails may be over when that one comes.
func (j JWT) Probe(ctx context.Context) error {
	v, err := newJWTVerifier(j)
	if err == nil {
		if keys, ok := v.keys.(*remoteKeys); ok {
			_, _, err = keys.fetch(ctx, keys.address)
		}
	}
	if err != nil {
		return fmt.Errorf("keys of %s: %w", j.Issuer, err)
	}
	return nil
}

type jwtVerifier struct {
	issuer     string
	audiences  []string
	algorithms []jose.SignatureAlgorithm
	kind       string // that the header must have; "" for any that is allowed
	leeway     time.Duration
	keys       keySource
}

// A keySource has the keys that tokens are signed with.
type keySource interface {
	// keys returns those with the id kid, or all of them if kid is "". If anew,
	// those that were returned before did not do.
	keys(ctx context.Context, kid string, anew bool) ([]jose.JSONWebKey, error)
}

func newJWTVerifier(j JWT) (*jwtVerifier, error) {
	switch {
	case j.Issuer == "":
		return nil, errors.New("no Issuer: set it to what the tokens have as iss")
	case len(j.Audiences) == 0 || slices.Contains(j.Audiences, ""):
		return nil, errors.New("no Audiences: set them to what tokens for this server have as aud, else those for other services would be accepted")
	case j.Leeway > maxLeeway:
		return nil, fmt.Errorf("a Leeway of %v is more than %v", j.Leeway, maxLeeway)
	}
	v := &jwtVerifier{issuer: j.Issuer, audiences: slices.Clone(j.Audiences), kind: mediaSubtype(j.Type), leeway: j.Leeway}
	switch {
	case j.Leeway == 0:
		v.leeway = DefaultLeeway
	case j.Leeway < 0:
		v.leeway = 0
	}
	var err error
	if v.algorithms, err = j.algorithms(); err != nil {
		return nil, err
	}
	v.keys, err = j.keySource()
	return v, err
}

// algorithms returns those that are accepted. Public keys and shared secrets
// are never accepted side by side: one could be taken for the other.
func (j *JWT) algorithms() ([]jose.SignatureAlgorithm, error) {
	known := publicAlgorithms
	if j.Secret != nil {
		known = secretAlgorithms
	}
	if len(j.Algorithms) == 0 {
		return known, nil
	}
	var list []jose.SignatureAlgorithm
	for _, name := range j.Algorithms {
		a := jose.SignatureAlgorithm(name)
		if !slices.Contains(known, a) {
			return nil, fmt.Errorf("algorithm %q is not one of %v", name, known)
		}
		list = append(list, a)
	}
	return list, nil
}

func (j *JWT) keySource() (keySource, error) {
	sources := 0
	for _, set := range []bool{j.KeySetURL != "", j.KeySet != nil, j.Secret != nil} {
		if set {
			sources++
		}
	}
	switch {
	case sources > 1:
		return nil, errors.New("KeySetURL, KeySet and Secret exclude each other")
	case j.Secret != nil && len(j.Secret) < minSharedSecret:
		return nil, fmt.Errorf("a Secret of %d bytes is too short: use at least %d", len(j.Secret), minSharedSecret)
	case j.Secret != nil:
		return fixedKeys{{Key: slices.Clone(j.Secret)}}, nil
	case j.KeySet != nil:
		return parseKeySet(j.KeySet)
	}
	return newRemoteKeys(j.Issuer, j.KeySetURL, j.Client)
}

// verify is a [Verifier]. The order of the checks is that of the challenges: a
// token that is not genuine says nothing, not even that it has expired.
func (v *jwtVerifier) verify(ctx context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
	payload, err := v.open(ctx, token)
	if err != nil {
		return nil, err
	}
	c, err := readClaims(payload)
	if err != nil {
		return nil, err
	}
	if err := v.check(c); err != nil {
		return nil, err
	}
	info := c.tokenInfo(payload)
	info.Expiration = info.Expiration.Add(v.leeway) // until then it is accepted
	return info, nil
}

// open returns the payload of a genuine token.
func (v *jwtVerifier) open(ctx context.Context, token string) ([]byte, error) {
	if len(token) > maxCredential {
		return nil, invalid("it has %d bytes", len(token))
	}
	signed, err := jose.ParseSignedCompact(token, v.algorithms)
	if err != nil {
		return nil, invalid("not a JWT with one of the signatures %v", v.algorithms)
	}
	header := signed.Signatures[0].Header
	if err := v.checkHeader(header); err != nil {
		return nil, err
	}
	for _, anew := range []bool{false, true} {
		keys, err := v.keys.keys(ctx, header.KeyID, anew)
		if err != nil {
			return nil, err
		}
		if payload, ok := openWith(keys, signed); ok {
			return payload, nil
		}
	}
	return nil, invalid("no key of the issuer signed it")
}

// maxTried bounds the keys that are tried on one token.
const maxTried = 8

func openWith(keys []jose.JSONWebKey, signed *jose.JSONWebSignature) ([]byte, bool) {
	tried := 0
	for _, k := range keys {
		if !fits(k, jose.SignatureAlgorithm(signed.Signatures[0].Header.Algorithm)) {
			continue
		}
		if tried++; tried > maxTried {
			break
		}
		if payload, err := signed.Verify(k.Key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// checkHeader checks what the header of a token says of itself. Keys that it
// brings along are never looked at.
func (v *jwtVerifier) checkHeader(h jose.Header) error {
	if _, ok := h.ExtraHeaders["crit"]; ok {
		return invalid("it has critical header parameters") // RFC 7515 section 4.1.11
	}
	if len(h.KeyID) > maxKeyID {
		return invalid("its key id is too long")
	}
	t, _ := h.ExtraHeaders["typ"].(string)
	switch kind := mediaSubtype(t); {
	case v.kind != "" && kind != v.kind:
		return invalid("its type is %q, not %q", kind, v.kind)
	case v.kind == "" && kind != "" && kind != "jwt" && kind != "at+jwt":
		return invalid("its type is %q", kind)
	}
	return nil
}

// mediaSubtype returns a type as headers of tokens spell it: without
// "application/" (RFC 7515 section 4.1.9), in lower case.
func mediaSubtype(t string) string {
	return strings.TrimPrefix(strings.ToLower(t), "application/")
}

// claims are what is read of a token.
type claims struct {
	issuer, subject, client     string
	ofClient                    bool // the subject is the client, for want of another
	audience                    jwt.Audience
	expiry, notBefore, issuedAt *jwt.NumericDate
	scopes                      []string
}

// readClaims reads the claims of a token. Their names are compared exactly, as
// RFC 7519 section 4 has it and encoding/json has not: who may add a claim "SUB" is not
// to become somebody else.
func readClaims(payload []byte) (*claims, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err != nil {
		return nil, invalid("its claims are no JSON object")
	}
	var c claims
	var azp string
	var scope, scp scopeList
	for name, field := range map[string]any{
		"iss": &c.issuer, "sub": &c.subject, "aud": &c.audience, "exp": &c.expiry, "nbf": &c.notBefore, "iat": &c.issuedAt,
		"client_id": &c.client, "azp": &azp, "scope": &scope, "scp": &scp,
	} {
		if raw, ok := fields[name]; ok && json.Unmarshal(raw, field) != nil {
			return nil, invalid("its claim %q is not what RFC 7519 says", name)
		}
	}
	c.scopes = append(scope, scp...)
	if c.client == "" {
		c.client = azp
	}
	if c.subject == "" {
		c.subject, c.ofClient = c.client, true // tokens of services often name nothing else
	}
	return &c, nil
}

func (v *jwtVerifier) check(c *claims) error {
	now := time.Now()
	switch {
	case c.issuer != v.issuer:
		return invalid("its issuer is %q", c.issuer)
	case !meantFor(c.audience, v.audiences):
		return invalid("it is meant for %q", c.audience)
	case c.subject == "":
		return invalid("it has no subject")
	case c.expiry == nil:
		return invalid("it does not expire")
	case !now.Add(-v.leeway).Before(c.expiry.Time()):
		return ErrExpired
	case c.notBefore != nil && now.Add(v.leeway).Before(c.notBefore.Time()):
		return invalid("it is not valid yet")
	case c.issuedAt != nil && now.Add(v.leeway).Before(c.issuedAt.Time()):
		return invalid("it was issued in the future")
	}
	return nil
}

// meantFor reports whether one of audiences is in aud. A slash at the end of a
// URL makes no difference, as clients add and remove it.
func meantFor(aud, audiences []string) bool {
	return slices.ContainsFunc(audiences, func(a string) bool {
		return slices.Contains(aud, a) || oauthex.MatchesResource(aud, a)
	})
}

func (c *claims) tokenInfo(payload []byte) *auth.TokenInfo {
	extra := map[string]any{"iss": c.issuer, "sub": c.subject, "claims": json.RawMessage(payload)}
	if c.client != "" {
		extra["client_id"] = c.client
	}
	info := &auth.TokenInfo{UserID: c.userID(), Scopes: c.scopes, Extra: extra}
	if c.expiry != nil {
		info.Expiration = c.expiry.Time()
	}
	return info
}

// userID is unique among all issuers, none of which has a space in its name, and apart
// for users and clients: who can choose the name of a client must not become a user.
func (c *claims) userID() string {
	if c.ofClient {
		return "client " + c.issuer + " " + c.subject
	}
	return c.issuer + " " + c.subject
}

// A scopeList is a list of scopes: separated by spaces (RFC 8693 section 4.2),
// or as an array, as some identity providers have it.
type scopeList []string

// UnmarshalJSON reads either form; anything else is no scopes.
func (s *scopeList) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*s = strings.Fields(text)
		return nil
	}
	var list []string
	if json.Unmarshal(data, &list) == nil {
		*s = list
	}
	return nil
}
