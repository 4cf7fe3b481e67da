package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/mcpmount/mcpmount/auth"
)

const (
	issuer   = "https://login.example.com"
	audience = "https://api.example.com/mcp"
)

// A signer signs tokens with one key.
type signer struct {
	id        string
	algorithm jose.SignatureAlgorithm
	private   any
	header    map[jose.HeaderKey]any
}

func (s signer) sign(t testing.TB, claims any) string {
	t.Helper()
	opts := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	if s.id != "" {
		opts.ExtraHeaders["kid"] = s.id
	}
	maps.Copy(opts.ExtraHeaders, s.header)
	j, err := jose.NewSigner(jose.SigningKey{Algorithm: s.algorithm, Key: s.private}, opts)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := j.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// public returns the key as a key set has it.
func (s signer) public() jose.JSONWebKey {
	p := s.private.(crypto.Signer)
	return jose.JSONWebKey{Key: p.Public(), KeyID: s.id, Algorithm: string(s.algorithm), Use: "sig"}
}

func newECDSA(t testing.TB, id string) signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{id: id, algorithm: jose.ES256, private: k}
}

func newRSA(t testing.TB, id string, bits int) signer {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return signer{id: id, algorithm: jose.RS256, private: k}
}

func keySet(t testing.TB, signers ...signer) []byte {
	t.Helper()
	var set jose.JSONWebKeySet
	for _, s := range signers {
		set.Keys = append(set.Keys, s.public())
	}
	data, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// claims are those of a valid token, with changes; nil removes one.
func claims(changes map[string]any) map[string]any {
	now := time.Now()
	c := map[string]any{
		"iss": issuer, "sub": "alice", "aud": audience, "scope": "orders:read orders:write",
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range changes {
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
	}
	return c
}

func TestJWTAccepts(t *testing.T) {
	t.Parallel()
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	for _, s := range []signer{newECDSA(t, "k1"), newECDSA(t, ""), newRSA(t, "k3", 2048), {id: "k4", algorithm: jose.EdDSA, private: edKey}} {
		verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: keySet(t, s)})
		if err != nil {
			t.Fatal(err)
		}
		for name, changes := range map[string]map[string]any{
			"as it is":         {},
			"several audience": {"aud": []string{"other", audience}},
			"audience slash":   {"aud": audience + "/"},
			"leeway":           {"exp": time.Now().Add(-10 * time.Second).Unix(), "nbf": time.Now().Add(10 * time.Second).Unix()},
			"fraction":         {"exp": float64(time.Now().UnixMilli())/1000 + 60},
			"valid since":      {"nbf": time.Now().Add(-time.Hour).Unix()},
		} {
			info, err := verify(t.Context(), s.sign(t, claims(changes)), nil)
			if err != nil {
				t.Errorf("%s %s: %v", s.algorithm, name, err)
				continue
			}
			if want := []string{"orders:read", "orders:write"}; !slices.Equal(info.Scopes, want) {
				t.Errorf("%s: Scopes = %q, want %q", name, info.Scopes, want)
			}
			if info.UserID != issuer+" alice" {
				t.Errorf("%s: UserID = %q", name, info.UserID)
			}
			if !time.Now().Before(info.Expiration) {
				t.Errorf("%s: accepted, and expired at %v", name, info.Expiration)
			}
			var all map[string]any
			raw, _ := info.Extra["claims"].(json.RawMessage)
			if err := json.Unmarshal(raw, &all); err != nil || all["scope"] != "orders:read orders:write" {
				t.Errorf("%s: claims %s, %v", name, raw, err)
			}
		}
	}
}

// TestJWTRefuses has a row for every rule: each token differs from a valid one
// in one thing.
func TestJWTRefuses(t *testing.T) {
	t.Parallel()
	genuine, other := newRSA(t, "k1", 2048), newRSA(t, "k1", 2048)
	verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: keySet(t, genuine)})
	if err != nil {
		t.Fatal(err)
	}
	with := func(changes map[string]any) string { return genuine.sign(t, claims(changes)) }
	header := func(extra map[jose.HeaderKey]any) string {
		s := genuine
		s.header = extra
		return s.sign(t, claims(nil))
	}
	public, err := genuine.public().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	hmac := signer{id: "k1", algorithm: jose.HS256, private: public}
	good := with(nil)
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"k1"}`)) + "." + parts[1] + "."

	for name, token := range map[string]string{
		"empty":                      "",
		"not a JWT":                  "abc",
		"alg none":                   none,
		"signature cut":              parts[0] + "." + parts[1] + ".",
		"signature of another token": parts[0] + "." + strings.Split(with(map[string]any{"sub": "bob"}), ".")[1] + "." + parts[2],
		"key of somebody else":       other.sign(t, claims(nil)),
		"public key as secret":       hmac.sign(t, claims(nil)),
		"key in the header":          signer{algorithm: jose.RS256, private: other.private, header: map[jose.HeaderKey]any{"jwk": other.public()}}.sign(t, claims(nil)),
		"unknown key":                signer{id: "k2", algorithm: jose.RS256, private: genuine.private}.sign(t, claims(nil)),
		"long key id":                signer{id: strings.Repeat("k", 300), algorithm: jose.RS256, private: genuine.private}.sign(t, claims(nil)),
		"other algorithm of the key": signer{id: "k1", algorithm: jose.RS384, private: genuine.private}.sign(t, claims(nil)),
		"critical header":            header(map[jose.HeaderKey]any{"crit": []string{"exp"}, "exp": 1}),
		"type of a proof":            header(map[jose.HeaderKey]any{"typ": "dpop+jwt"}),
		"no issuer":                  with(map[string]any{"iss": nil}),
		"other issuer":               with(map[string]any{"iss": issuer + ".evil.example"}),
		"issuer with a slash":        with(map[string]any{"iss": issuer + "/"}),
		"issuer is a list":           with(map[string]any{"iss": []string{issuer}}),
		"no audience":                with(map[string]any{"aud": nil}),
		"other audience":             with(map[string]any{"aud": "https://api.example.com/other"}),
		"audience as a prefix":       with(map[string]any{"aud": audience + "/admin"}),
		"audience is an object":      with(map[string]any{"aud": map[string]any{audience: true}}),
		"no expiry":                  with(map[string]any{"exp": nil}),
		"expired":                    with(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}),
		"expiry is text":             with(map[string]any{"exp": "tomorrow"}),
		"expiry is null":             genuine.sign(t, json.RawMessage(`{"iss":"`+issuer+`","sub":"a","aud":"`+audience+`","exp":null}`)),
		"expiry is infinite":         genuine.sign(t, json.RawMessage(`{"iss":"`+issuer+`","sub":"a","aud":"`+audience+`","exp":1e999}`)),
		"not yet valid":              with(map[string]any{"nbf": time.Now().Add(time.Minute).Unix()}),
		"issued in the future":       with(map[string]any{"iat": time.Now().Add(time.Minute).Unix()}),
		"no subject":                 with(map[string]any{"sub": nil}),
		"names in capitals":          with(map[string]any{"iss": nil, "ISS": issuer}),
		"claims are a list":          genuine.sign(t, []any{claims(nil)}),
		"far too long":               with(map[string]any{"x": strings.Repeat("x", 20_000)}),
	} {
		info, err := verify(t.Context(), token, nil)
		if !errors.Is(err, auth.ErrInvalid) || info != nil {
			t.Errorf("%s: got %+v, %v; want ErrInvalid", name, info, err)
		}
	}
	if _, err := verify(t.Context(), good, nil); err != nil {
		t.Errorf("the valid token: %v", err)
	}
	if _, err := verify(t.Context(), with(map[string]any{"exp": 1}), nil); !errors.Is(err, auth.ErrExpired) {
		t.Errorf("expired: %v, want ErrExpired", err)
	}
}

// Who may add claims to a token, as many identity providers allow, does not
// become somebody else by another spelling of a name.
func TestJWTClaimNamesAreExact(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: keySet(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	info, err := verify(t.Context(), s.sign(t, claims(map[string]any{"SUB": "root", "Scope": "admin"})), nil)
	if err != nil {
		t.Fatal(err)
	}
	if info.UserID != issuer+" alice" || slices.Contains(info.Scopes, "admin") {
		t.Errorf("got %q with %q", info.UserID, info.Scopes)
	}
}

func TestJWTScopesAndClients(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: keySet(t, s), Type: "application/at+jwt"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(t.Context(), s.sign(t, claims(nil)), nil); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("a token without the type: %v, want ErrInvalid", err)
	}
	s.header = map[jose.HeaderKey]any{"typ": "AT+JWT"}
	info, err := verify(t.Context(), s.sign(t, claims(map[string]any{"sub": nil, "azp": "robot", "scope": nil, "scp": []string{"a", "b"}})), nil)
	if err != nil {
		t.Fatal(err)
	}
	if info.UserID != "client "+issuer+" robot" || !slices.Equal(info.Scopes, []string{"a", "b"}) || info.Extra["client_id"] != "robot" {
		t.Errorf("got %+v", info)
	}
}

// The type of access tokens (RFC 9068) is accepted without being asked for; any
// other one only if it is.
func TestJWTType(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	for _, c := range []struct {
		wanted, kind string
		ok           bool
	}{
		{"", "JWT", true}, {"", "at+jwt", true}, {"", "application/AT+JWT", true}, {"", "logout+jwt", false},
		{"acme+jwt", "acme+jwt", true}, {"acme+jwt", "at+jwt", false}, {"acme+jwt", "", false},
	} {
		verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: keySet(t, s), Type: c.wanted})
		if err != nil {
			t.Fatal(err)
		}
		s.header = nil
		if c.kind != "" {
			s.header = map[jose.HeaderKey]any{"typ": c.kind}
		}
		if _, err := verify(t.Context(), s.sign(t, claims(nil)), nil); (err == nil) != c.ok {
			t.Errorf("type %q where %q is wanted: %v", c.kind, c.wanted, err)
		}
	}
}

func TestJWTLeeway(t *testing.T) {
	t.Parallel()
	s := newECDSA(t, "k1")
	for _, c := range []struct {
		leeway, expired time.Duration
		ok              bool
	}{
		{time.Minute, 50 * time.Second, true}, {time.Minute, 70 * time.Second, false},
		{10 * time.Second, 20 * time.Second, false}, {-1, 5 * time.Second, false},
	} {
		verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: keySet(t, s), Leeway: c.leeway})
		if err != nil {
			t.Fatal(err)
		}
		_, err = verify(t.Context(), s.sign(t, claims(map[string]any{"exp": time.Now().Add(-c.expired).Unix()})), nil)
		if (err == nil) != c.ok {
			t.Errorf("expired for %v, with a leeway of %v: %v", c.expired, c.leeway, err)
		}
	}
}

// Many providers say no more of a key than its id.
func TestJWTPlainKeys(t *testing.T) {
	t.Parallel()
	s := newRSA(t, "k1", 2048)
	plain := s.public()
	plain.Use, plain.Algorithm = "", ""
	data, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{plain}})
	if err != nil {
		t.Fatal(err)
	}
	verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verify(t.Context(), s.sign(t, claims(nil)), nil); err != nil {
		t.Error(err)
	}
}

func TestJWTSecret(t *testing.T) {
	t.Parallel()
	secret := []byte(strings.Repeat("s", 32))
	verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	good := signer{algorithm: jose.HS256, private: secret}
	if _, err := verify(t.Context(), good.sign(t, claims(nil)), nil); err != nil {
		t.Error(err)
	}
	bad := signer{algorithm: jose.HS256, private: []byte(strings.Repeat("x", 32))}
	for _, s := range []signer{bad, newRSA(t, "", 2048)} {
		if _, err := verify(t.Context(), s.sign(t, claims(nil)), nil); !errors.Is(err, auth.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", s.algorithm, err)
		}
	}
}

// Keys that a set should not have are as good as absent.
func TestJWTUnusableKeys(t *testing.T) {
	t.Parallel()
	weak := newRSA(t, "weak", 1024)
	encryption := newECDSA(t, "enc").public()
	encryption.Use = "enc"
	for name, set := range map[string]any{
		"short RSA":    jose.JSONWebKeySet{Keys: []jose.JSONWebKey{weak.public()}},
		"private":      jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: newECDSA(t, "").private}}},
		"symmetric":    jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte("secret")}}},
		"encryption":   jose.JSONWebKeySet{Keys: []jose.JSONWebKey{encryption}},
		"unknown":      map[string]any{"keys": []any{map[string]any{"kty": "new"}, 1, nil}},
		"none":         map[string]any{"keys": []any{}},
		"not a set":    []any{},
		"a login page": "<html>",
	} {
		data, err := json.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: data}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestJWTDescription(t *testing.T) {
	t.Parallel()
	ok := auth.JWT{Issuer: issuer, Audiences: []string{audience}}
	for name, change := range map[string]func(*auth.JWT){
		"no issuer":          func(j *auth.JWT) { j.Issuer = "" },
		"no audience":        func(j *auth.JWT) { j.Audiences = nil },
		"empty audience":     func(j *auth.JWT) { j.Audiences = []string{""} },
		"much leeway":        func(j *auth.JWT) { j.Leeway = time.Hour },
		"plain http":         func(j *auth.JWT) { j.Issuer = "http://login.example.com" },
		"plain http keys":    func(j *auth.JWT) { j.KeySetURL = "http://login.example.com/keys" },
		"user in URL":        func(j *auth.JWT) { j.KeySetURL = "https://a:b@login.example.com/keys" },
		"no URL":             func(j *auth.JWT) { j.Issuer = "login" },
		"alg none":           func(j *auth.JWT) { j.Algorithms = []string{"none"} },
		"HS256 with keys":    func(j *auth.JWT) { j.Algorithms = []string{"RS256", "HS256"} },
		"RS256 with secret":  func(j *auth.JWT) { j.Secret = make([]byte, 32); j.Algorithms = []string{"RS256"} },
		"short secret":       func(j *auth.JWT) { j.Secret = []byte("secret") },
		"secret and key set": func(j *auth.JWT) { j.Secret, j.KeySet = make([]byte, 32), []byte(`{}`) },
	} {
		j := ok
		change(&j)
		if _, err := auth.NewJWT(j); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := auth.NewJWT(ok); err != nil {
		t.Error(err)
	}
}

func FuzzJWT(f *testing.F) {
	s := newECDSA(f, "k1")
	verify, err := auth.NewJWT(auth.JWT{Issuer: issuer, Audiences: []string{audience}, KeySet: keySet(f, s)})
	if err != nil {
		f.Fatal(err)
	}
	good := s.sign(f, claims(map[string]any{"exp": time.Now().Add(24 * time.Hour).Unix()}))
	f.Add(good)
	f.Add(strings.ToUpper(good))
	f.Fuzz(func(t *testing.T, token string) {
		info, err := verify(context.Background(), token, nil)
		if err == nil && strings.TrimSpace(token) != good {
			// Other spellings of the same bytes are the same token.
			g, p := strings.Split(good, "."), strings.Split(token, ".")
			if len(p) != 3 || p[0] != g[0] || p[1] != g[1] {
				t.Errorf("forged token %q is %s's", token, info.UserID)
			}
		}
	})
}
