package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

// minSecret is the length in bytes that a secret has at least.
const minSecret = 16

// A Key is a credential that an operator hands out. Only its digest is kept.
// Two keys with one Name are two keys of the same caller, so that one can replace
// the other without a gap.
type Key struct {
	// Name says whose key it is. Required.
	Name string

	// SHA256 is the SHA-256 digest of the key in hexadecimal; see [Digest].
	// Required.
	SHA256 string

	// Scopes are granted to who presents the key. None by default.
	Scopes []string

	// Expires is when the key stops being valid. If zero, never.
	Expires time.Time
}

// keyPrefix begins the keys of GenerateKey, for scanners of secrets to find them
// where they should not be.
const keyPrefix = "mcpmount_"

// GenerateKey returns a new key of 256 bits, to be handed out once. It begins
// with "mcpmount_".
func GenerateKey() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return keyPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// Digest returns what [Key.SHA256] holds of a key. A key shorter than 16 bytes
// is an error: it could be guessed.
func Digest(key string) (string, error) {
	if len(key) < minSecret {
		return "", fmt.Errorf("a key of %d bytes can be guessed: use at least %d, for example those of GenerateKey", len(key), minSecret)
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:]), nil
}

// storedKey is a Key as it is compared.
type storedKey struct {
	digest [sha256.Size]byte
	Key
}

// NewKeys returns a Verifier of keys. It takes the same time for every
// credential, whether and wherever it is among keys. No keys, a key without a
// name, a malformed digest, and one key twice are errors.
func NewKeys(keys []Key) (Verifier, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("no keys: nobody could call")
	}
	stored := make([]storedKey, 0, len(keys))
	for i, k := range keys {
		s, err := newStoredKey(k)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		if slices.ContainsFunc(stored, func(o storedKey) bool { return o.digest == s.digest }) {
			return nil, fmt.Errorf("key %d (%s): the same key is there twice", i+1, k.Name)
		}
		stored = append(stored, s)
	}
	return func(_ context.Context, credential string, _ *http.Request) (*auth.TokenInfo, error) {
		return findKey(stored, credential)
	}, nil
}

func newStoredKey(k Key) (storedKey, error) {
	s := storedKey{Key: k}
	s.Scopes = slices.Clone(k.Scopes)
	if k.Name == "" {
		return s, fmt.Errorf("it has no name")
	}
	b, err := hex.DecodeString(k.SHA256)
	if err != nil || len(b) != sha256.Size {
		return s, fmt.Errorf("%s: SHA256 is not the %d hexadecimal digits of a digest", k.Name, 2*sha256.Size)
	}
	copy(s.digest[:], b)
	return s, nil
}

// findKey compares with all keys, so that the time it takes says nothing.
func findKey(keys []storedKey, credential string) (*auth.TokenInfo, error) {
	digest := sha256.Sum256([]byte(credential))
	found := -1
	for i := range keys {
		same := subtle.ConstantTimeCompare(keys[i].digest[:], digest[:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 {
		return nil, invalid("unknown key")
	}
	k := keys[found]
	if !k.Expires.IsZero() && !time.Now().Before(k.Expires) {
		return nil, fmt.Errorf("%w: the key of %s", ErrExpired, k.Name)
	}
	return &auth.TokenInfo{
		UserID:     "key|" + k.Name,
		Scopes:     slices.Clone(k.Scopes),
		Expiration: k.Expires,
		Extra:      map[string]any{"sub": k.Name},
	}, nil
}
