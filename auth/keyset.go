package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// minRSA is the length of an RSA key in bits at least (RFC 7518 section 3.3).
const minRSA = 2048

// fixedKeys are keys that never change.
type fixedKeys []jose.JSONWebKey

func (f fixedKeys) keys(_ context.Context, kid string, anew bool) ([]jose.JSONWebKey, error) {
	if anew {
		return nil, nil
	}
	return withID(f, kid), nil
}

// withID returns the keys with an id. Where a token or a key has none, the
// signature decides.
func withID(keys []jose.JSONWebKey, kid string) []jose.JSONWebKey {
	if kid == "" {
		return keys
	}
	var list []jose.JSONWebKey
	for _, k := range keys {
		if k.KeyID == kid || k.KeyID == "" {
			list = append(list, k)
		}
	}
	return list
}

// parseKeySet reads a JWK Set (RFC 7517 section 5). Keys that cannot be used,
// among them private and symmetric ones, are left out; a set without any other
// is an error.
func parseKeySet(data []byte) (fixedKeys, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, errors.New("the key set is not JSON with a list of keys")
	}
	var usable fixedKeys
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(raw) == nil && isUsable(k) {
			usable = append(usable, k)
		}
	}
	if len(usable) == 0 {
		return nil, fmt.Errorf("none of the %d keys of the key set can verify a signature", len(set.Keys))
	}
	return usable, nil
}

func isUsable(k jose.JSONWebKey) bool {
	if !k.Valid() || !k.IsPublic() || k.Use != "" && k.Use != "sig" {
		return false
	}
	switch key := k.Key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= minRSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// fits reports whether signatures of an algorithm can be those of k.
func fits(k jose.JSONWebKey, algorithm jose.SignatureAlgorithm) bool {
	if k.Algorithm != "" && k.Algorithm != string(algorithm) {
		return false
	}
	family := string(algorithm)
	switch k.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(family, "RS") || strings.HasPrefix(family, "PS")
	case *ecdsa.PublicKey:
		return strings.HasPrefix(family, "ES")
	case ed25519.PublicKey:
		return algorithm == jose.EdDSA
	case []byte:
		return strings.HasPrefix(family, "HS")
	}
	return false
}
