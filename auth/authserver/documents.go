package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mcpmount/mcpmount/internal/remote"
)

const (
	maxDocument     = 5 << 10 // as the specification recommends
	maxDocumentURL  = 512
	documentTimeout = 5 * time.Second

	// A document is used for a while, and so is the news that there is none.
	documentFreshFor = 10 * time.Minute
	documentLackFor  = 30 * time.Second

	maxDocuments = 1000
	maxFetches   = 64 // at a time
)

// documents are Client ID Metadata Documents: clients whose id is the URL of
// what they say of themselves (draft-ietf-oauth-client-id-metadata-document).
type documents struct {
	client  *http.Client
	fetches chan struct{} // a place for each that is under way

	mu    sync.Mutex
	known map[string]knownDocument
}

type knownDocument struct {
	metadata *clientMetadata
	err      error
	until    time.Time
}

func newDocuments(c *http.Client) *documents {
	if c == nil {
		dialer := &net.Dialer{Timeout: documentTimeout, ControlContext: publicOnly}
		c = &http.Client{Timeout: documentTimeout, Transport: &http.Transport{ // no proxy: it could reach what we must not
			DialContext: dialer.DialContext, TLSHandshakeTimeout: documentTimeout, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: 16 << 10, DisableKeepAlives: true,
		}}
	}
	return &documents{client: remote.Client(c), fetches: make(chan struct{}, maxFetches), known: map[string]knownDocument{}}
}

// publicOnly refuses connections to addresses that are not those of anybody on
// the internet. It sees what a name leads to in the end.
func publicOnly(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || remote.ReachOf(at.Addr()) != remote.Public {
		return errors.New("it is not at a public address")
	}
	return nil
}

// checkDocumentURL refuses ids that are no URLs of documents: section 3 of the
// draft.
func checkDocumentURL(id string) (*url.URL, error) {
	u, err := url.Parse(id)
	switch {
	case len(id) > maxDocumentURL:
		err = errors.New("it is too long")
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" || u.String() != id:
		err = errors.New("it is not an https URL as browsers write it")
	case u.User != nil || strings.ContainsAny(id, "#?\\"):
		err = errors.New("it must have no user, query or fragment")
	case u.Path == "" || u.Path == "/":
		err = errors.New("it needs a path")
	case path.Clean(u.Path) != strings.TrimSuffix(u.Path, "/"):
		err = errors.New("its path has dots or empty parts")
	}
	if err != nil {
		return nil, fmt.Errorf("the client id is not the URL of a metadata document: %w", err)
	}
	return u, nil
}

// cached returns what is known of the document at a URL, and whether anything is.
func (d *documents) cached(id string) (knownDocument, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	k, ok := d.known[id]
	return k, ok && time.Now().Before(k.until)
}

// read returns the document at a URL. Its errors say nothing of what answered
// there: it may be what only this server can reach.
func (d *documents) read(ctx context.Context, id string) (*clientMetadata, error) {
	select {
	case d.fetches <- struct{}{}:
		defer func() { <-d.fetches }()
	case <-ctx.Done():
		return nil, errors.New("the document of the client was not read in time")
	}
	var known knownDocument
	known.metadata, known.err = d.fetch(ctx, id)
	if ctx.Err() != nil {
		return known.metadata, known.err // says nothing of the document
	}
	known.until = time.Now().Add(documentFreshFor)
	if known.err != nil {
		known.until = time.Now().Add(documentLackFor)
	}
	d.keep(id, known)
	return known.metadata, known.err
}

// keep remembers a document, in the place of an old one or of any if there are too many.
func (d *documents) keep(id string, k knownDocument) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxDocuments {
		now := time.Now()
		for old, it := range d.known {
			if !now.Before(it.until) {
				delete(d.known, old)
			}
		}
		for old := range d.known {
			if len(d.known) < maxDocuments {
				break
			}
			delete(d.known, old)
		}
	}
	d.known[id] = k
}

// fetch reads a document. What it says beyond its own id and the way it
// authenticates is checked where it is used.
func (d *documents) fetch(ctx context.Context, id string) (*clientMetadata, error) {
	ctx, cancel := context.WithTimeout(ctx, documentTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return nil, errors.New("the client id is no URL")
	}
	r.Header.Set("Accept", "application/json")
	res, err := d.client.Do(r)
	if err != nil {
		return nil, errors.New("the document of the client cannot be read")
	}
	defer res.Body.Close()
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode != http.StatusOK || err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return nil, errors.New("the document of the client cannot be read")
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err != nil || len(body) > maxDocument {
		return nil, fmt.Errorf("the document of the client cannot be read, or has more than %d bytes", maxDocument)
	}
	return parseDocument(id, body)
}

func parseDocument(id string, body []byte) (*clientMetadata, error) {
	var m clientMetadata
	var secret struct {
		Secret json.RawMessage `json:"client_secret"`
	}
	switch {
	case json.Unmarshal(body, &m) != nil || json.Unmarshal(body, &secret) != nil:
		return nil, errors.New("the document of the client is not JSON as it should be")
	case m.ClientID != id:
		return nil, errors.New("the document of the client is that of another client")
	case secret.Secret != nil:
		return nil, errors.New("the document of the client has a secret, which then is none")
	case m.AuthMethod != "" && m.AuthMethod != "none":
		return nil, errors.New("the client authenticates in a way that is not known here; it can be a public one")
	}
	return &m, nil
}
