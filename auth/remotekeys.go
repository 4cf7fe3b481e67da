package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/mcpmount/mcpmount/internal/remote"
)

const (
	// freshFor is how long fetched keys are used without asking again.
	freshFor = time.Hour

	// staleFor is how long they are used if asking fails.
	staleFor = 24 * time.Hour

	// retryAfter is how long nothing is fetched after a fetch: neither for key
	// ids that nobody knows, which anybody can make up, nor from a provider
	// that is down.
	retryAfter = 30 * time.Second

	maxKeySet   = 1 << 20
	maxMetadata = 256 << 10
)

// remoteKeys are the keys of an issuer, fetched when they are needed.
type remoteKeys struct {
	issuer string
	client *http.Client

	mu      sync.Mutex
	address string // of the key set; "" until it is known
	known   fixedKeys
	fetched time.Time     // when known was fetched
	asked   time.Time     // when the last fetch ended
	failure error         // of the last fetch
	under   chan struct{} // closed when the fetch under way ends; nil if there is none
}

func newRemoteKeys(issuer, address string, client *http.Client) (*remoteKeys, error) {
	name, checked := "Issuer", issuer
	if address != "" {
		name, checked = "KeySetURL", address
	}
	if err := remote.CheckURL(name, checked); err != nil {
		return nil, err
	}
	return &remoteKeys{issuer: issuer, address: address, client: remote.Client(client)}, nil
}

// keys returns the keys with an id, after fetching them if they are not there
// or too old, or did not do. One fetch serves everybody who waits for it.
func (r *remoteKeys) keys(ctx context.Context, kid string, anew bool) ([]jose.JSONWebKey, error) {
	for {
		r.mu.Lock()
		found := withID(r.known, kid)
		age := time.Since(r.fetched)
		if r.known != nil && age < freshFor && len(found) > 0 && !anew {
			r.mu.Unlock()
			return found, nil
		}
		if time.Since(r.asked) < retryAfter && r.under == nil {
			defer r.mu.Unlock()
			return r.fallback(found, age)
		}
		under := r.under
		if under == nil {
			under = make(chan struct{})
			r.under = under
			go r.refresh(context.WithoutCancel(ctx), under)
		}
		r.mu.Unlock()
		select {
		case <-under:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// fallback is what there is when nothing may be fetched now.
func (r *remoteKeys) fallback(found []jose.JSONWebKey, age time.Duration) ([]jose.JSONWebKey, error) {
	switch {
	case r.known == nil || age >= staleFor:
		return nil, fmt.Errorf("keys of %s: %w", r.issuer, r.failure)
	case len(found) == 0:
		return nil, invalid("its key is not known")
	}
	return found, nil
}

// refresh fetches the keys, and ends under.
func (r *remoteKeys) refresh(ctx context.Context, under chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, 2*remote.Timeout)
	defer cancel()
	r.mu.Lock()
	address := r.address
	r.mu.Unlock()
	keys, address, err := r.fetch(ctx, address)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.under, r.asked, r.failure = nil, time.Now(), err
	if err == nil {
		r.known, r.fetched, r.address = keys, r.asked, address
	}
	close(under)
}

func (r *remoteKeys) fetch(ctx context.Context, address string) (fixedKeys, string, error) {
	if address == "" {
		var err error
		if address, err = r.discover(ctx); err != nil {
			return nil, "", err
		}
	}
	var raw json.RawMessage
	if err := remote.GetJSON(ctx, r.client, address, maxKeySet, &raw); err != nil {
		return nil, "", err
	}
	keys, err := parseKeySet(raw)
	return keys, address, err
}

// discover finds the key set through the metadata of the issuer, which has to
// name itself (RFC 8414 section 3.3).
func (r *remoteKeys) discover(ctx context.Context) (string, error) {
	var failures []error
	for _, address := range remote.MetadataURLs(r.issuer) {
		var m struct {
			Issuer  string `json:"issuer"`
			JWKSURI string `json:"jwks_uri"`
		}
		err := remote.GetJSON(ctx, r.client, address, maxMetadata, &m)
		switch {
		case err != nil:
		case m.Issuer != r.issuer:
			err = fmt.Errorf("%s names the issuer %q, not %q", address, m.Issuer, r.issuer)
		default:
			if err = remote.CheckURL("jwks_uri", m.JWKSURI); err == nil && strings.HasPrefix(r.issuer, "https:") && !strings.HasPrefix(m.JWKSURI, "https:") {
				err = fmt.Errorf("%s names keys that come without TLS", address)
			}
			if err == nil {
				return m.JWKSURI, nil
			}
		}
		failures = append(failures, err)
	}
	return "", errors.Join(failures...)
}
