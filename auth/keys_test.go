package auth_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpmount/mcpmount/auth"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

func digest(t testing.TB, key string) string {
	t.Helper()
	d, err := auth.Digest(key)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestKeys(t *testing.T) {
	t.Parallel()
	alice, aliceNew, bob := auth.GenerateKey(), auth.GenerateKey(), auth.GenerateKey()
	synctest.Test(t, func(t *testing.T) {
		verify, err := auth.NewKeys([]auth.Key{
			{Name: "alice", SHA256: digest(t, alice), Scopes: []string{"read"}, Expires: time.Now().Add(time.Hour)},
			{Name: "alice", SHA256: digest(t, aliceNew), Scopes: []string{"read", "write"}},
			{Name: "bob", SHA256: digest(t, bob)},
		})
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{alice: "key|alice", aliceNew: "key|alice", bob: "key|bob"} {
			info, err := verify(t.Context(), key, nil)
			if err != nil || info.UserID != want {
				t.Errorf("%s: got %+v, %v", want, info, err)
			}
		}
		info, err := verify(t.Context(), alice, nil)
		if err != nil || !slices.Equal(info.Scopes, []string{"read"}) {
			t.Errorf("scopes of alice's old key: %+v, %v", info, err)
		}
		for _, key := range []string{"", "x", alice[1:], alice + "x", digest(t, alice)} {
			if _, err := verify(t.Context(), key, nil); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("%q: %v, want ErrInvalid", key, err)
			}
		}
		time.Sleep(time.Hour)
		if _, err := verify(t.Context(), alice, nil); !errors.Is(err, auth.ErrExpired) {
			t.Errorf("expired: %v, want ErrExpired", err)
		}
		if _, err := verify(t.Context(), aliceNew, nil); err != nil {
			t.Errorf("the key that replaced it: %v", err)
		}
	})
}

func TestKeysDescription(t *testing.T) {
	t.Parallel()
	d := digest(t, auth.GenerateKey())
	for name, keys := range map[string][]auth.Key{
		"none":             nil,
		"no name":          {{SHA256: d}},
		"no digest":        {{Name: "a"}},
		"the key itself":   {{Name: "a", SHA256: auth.GenerateKey()}},
		"a shorter digest": {{Name: "a", SHA256: d[:32]}},
		"twice":            {{Name: "a", SHA256: d}, {Name: "b", SHA256: d}},
	} {
		if _, err := auth.NewKeys(keys); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := auth.Digest("secret"); err == nil {
		t.Error("a short key has a digest")
	}
}

func TestAny(t *testing.T) {
	t.Parallel()
	first, second := auth.GenerateKey(), auth.GenerateKey()
	keys := func(name, key string) auth.Verifier {
		verify, err := auth.NewKeys([]auth.Key{{Name: name, SHA256: digest(t, key)}})
		if err != nil {
			t.Fatal(err)
		}
		return verify
	}
	p := newProvider(t)
	p.down = true
	tokens := p.verifier(t, nil)
	jwt := newECDSA(t, "k1").sign(t, claims(nil))

	both := auth.Any(keys("a", first), keys("b", second))
	for key, want := range map[string]string{first: "key|a", second: "key|b"} {
		if info, err := both(t.Context(), key, nil); err != nil || info.UserID != want {
			t.Errorf("got %+v, %v; want %s", info, err, want)
		}
	}
	if _, err := both(t.Context(), auth.GenerateKey(), nil); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("unknown to both: %v, want ErrInvalid", err)
	}
	// One that has expired is known to be its caller's.
	expired, err := auth.NewKeys([]auth.Key{{Name: "c", SHA256: digest(t, second), Expires: time.Now().Add(-time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Any(keys("a", first), expired)(t.Context(), second, nil); !errors.Is(err, auth.ErrExpired) {
		t.Errorf("expired: %v, want ErrExpired", err)
	}
	// A verifier that returns nothing has found nobody.
	nothing := func(context.Context, string, *http.Request) (*sdk.TokenInfo, error) { return nil, nil }
	if info, err := auth.Any(nothing, keys("a", first))(t.Context(), first, nil); err != nil || info == nil || info.UserID != "key|a" {
		t.Errorf("after one that returns nothing: %+v, %v", info, err)
	}
	if info, err := auth.Any(nothing)(t.Context(), first, nil); err == nil || info != nil {
		t.Errorf("one that returns nothing: %+v, %v", info, err)
	}
	// Where one cannot tell, the credential may still be good.
	mixed := auth.Any(tokens, keys("a", first))
	if _, err := mixed(t.Context(), jwt, nil); err == nil || errors.Is(err, auth.ErrInvalid) {
		t.Errorf("provider down: %v, want an error that is not ErrInvalid", err)
	}
	if _, err := mixed(t.Context(), first, nil); err != nil {
		t.Errorf("a key while the provider is down: %v", err)
	}
}
