package authserver

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A sealer encrypts and authenticates with a key of its own, so that what was
// sealed for one purpose cannot be opened for another one.
type sealer struct{ aead cipher.AEAD }

// sealers are the purposes.
type sealers struct {
	record  sealer // of the store
	client  sealer // the id of a client that registered
	page    sealer // what a page asks consent for
	consent sealer // the cookie that remembers consent
	ticket  sealer // codes and refresh tokens
}

// newSealers derives the keys from secret, a random one if it is nil, for the server
// with a name: what one has sealed, another one cannot open.
func newSealers(secret []byte, name string) (s sealers, err error) {
	if secret == nil {
		secret = randomBytes()
	}
	for purpose, to := range map[string]*sealer{
		"record": &s.record, "client": &s.client, "page": &s.page, "consent": &s.consent, "ticket": &s.ticket,
	} {
		if *to, err = newSealer(secret, name, purpose); err != nil {
			return s, err
		}
	}
	return s, nil
}

func newSealer(secret []byte, name, purpose string) (sealer, error) {
	key, err := hkdf.Key(sha256.New, secret, []byte(name), "mcpmount authserver 1 "+purpose, 32)
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

var errSeal = errors.New("not sealed here")

// seal returns v, readable for nobody else, and only under the same name.
func (s sealer) seal(name string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return s.aead.Seal(nil, nil, plain, []byte(name)), nil
}

func (s sealer) open(name string, sealed []byte, v any) error {
	plain, err := s.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil || json.Unmarshal(plain, v) != nil {
		return errSeal
	}
	return nil
}

// sealText and openText are the same as text for URLs, forms and cookies.
func (s sealer) sealText(v any) (string, error) {
	sealed, err := s.seal("", v)
	return base64.RawURLEncoding.EncodeToString(sealed), err
}

func (s sealer) openText(text string, v any) error {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return errSeal
	}
	return s.open("", sealed, v)
}

// records are a [Store] whose values are sealed under their keys.
type records struct {
	store  Store
	sealer sealer
}

func (r records) put(ctx context.Context, key string, v any, ttl time.Duration) error {
	if ttl <= 0 {
		return nil // it has expired
	}
	sealed, err := r.sealer.seal(key, v)
	if err == nil {
		err = r.store.Put(ctx, key, sealed, ttl)
	}
	return err
}

func (r records) get(ctx context.Context, key string, v any) error {
	sealed, err := r.store.Get(ctx, key)
	if err != nil {
		return err
	}
	return r.sealer.open(key, sealed, v)
}

func (r records) take(ctx context.Context, key string, v any) error {
	sealed, err := r.store.Take(ctx, key)
	if err != nil {
		return err
	}
	return r.sealer.open(key, sealed, v)
}

// keyOf returns the key of a record about a secret: of a kind and a digest, since the
// store is not to know the secret.
func keyOf(kind, secret string) string {
	sum := sha256.Sum256([]byte(kind + ":" + secret))
	return kind + ":" + base64.RawURLEncoding.EncodeToString(sum[:])
}

func randomBytes() []byte {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return b
}

// random returns 256 random bits as text.
func random() string { return base64.RawURLEncoding.EncodeToString(randomBytes()) }

// digest returns the SHA-256 digest of s as PKCE spells it (RFC 7636 section
// 4.2).
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
