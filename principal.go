package mcpmount

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

// A principal is whom a session belongs to.
type principal string

// nobody is the principal of a caller who does not say who it is.
const nobody principal = ""

// principalOf returns who sent r. What comes from a credential is a digest of
// it: a principal lives as long as a session, a credential as long as a request.
func (d *frontDoor) principalOf(r *http.Request) principal {
	if name := d.server.opts.Principal; name != nil {
		return principalFrom("principal", name(r))
	}
	if info := auth.TokenInfoFromContext(r.Context()); info != nil && info.UserID != "" {
		return principalFrom("user", info.UserID)
	}
	return d.credentials(r)
}

// principalFrom keeps names from different sources apart.
func principalFrom(source, name string) principal {
	if name == "" {
		return nobody
	}
	return principal(source + " " + name)
}

// credentials returns what stands for the credentials of r: those that a client
// of an API sends with every request alike. A cookie is not among them, since it
// may change with every response.
func (d *frontDoor) credentials(r *http.Request) principal {
	key := "X-Api-Key"
	if d.authorizer != nil && d.authorizer.KeyHeader != "" {
		key = http.CanonicalHeaderKey(d.authorizer.KeyHeader)
	}
	certified := r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	if len(r.Header["Authorization"]) == 0 && len(r.Header["X-Api-Key"]) == 0 && len(r.Header[key]) == 0 && !certified {
		return nobody
	}
	h := sha256.New()
	names := []string{"Authorization", "X-Api-Key"}
	if key != "X-Api-Key" {
		names = append(names, key)
	}
	writeHeaders(h, r, names...)
	if certified {
		h.Write(r.TLS.PeerCertificates[0].Raw)
	}
	return principalFrom(credentialSource, string(h.Sum(nil)))
}

// writeHeaders writes the named headers of r to w, and reports whether there
// are any.
func writeHeaders(w io.Writer, r *http.Request, names ...string) (found bool) {
	for _, name := range names {
		for _, value := range r.Header.Values(name) {
			io.WriteString(w, name+"\x00"+value+"\x00")
			found = true
		}
	}
	return found
}

// The sources of principals whose names are ours.
const (
	credentialSource = "credentials"
	addressSource    = "address"
	localSource      = "local"
)

// callingPrincipal returns who c is to what is counted: somebody who does not
// say who they are is known by their address.
func (d *frontDoor) callingPrincipal(c *caller) principal {
	if c.request == nil {
		return principalFrom(localSource, "local")
	}
	if p := d.principalOf(c.request); p != nobody {
		return p
	}
	return principalFrom(addressSource, addressOf(c.request).String())
}

// limitedPrincipal returns who c is to the limiter. Who does not say who they are is
// told apart only where that matters.
func (d *frontDoor) limitedPrincipal(c *caller) principal {
	switch {
	case c.request == nil || d.limiter.limits.CallsPerMinute < unlimitedPace:
		return d.callingPrincipal(c)
	case c.session != nil:
		return c.session.of
	}
	return d.principalOf(c.request)
}

// anonymous reports whether p may be many callers.
func (p principal) anonymous() bool {
	return p == nobody || strings.HasPrefix(string(p), addressSource+" ")
}

// maxPrincipalName bounds the name of a principal in a [Call].
const maxPrincipalName = 256

// printable returns the name of p, "" if it has none. Of credentials nothing
// shows: what stands for them depends on a salt, so that nobody can try which ones it
// could be.
func (p principal) printable(salt []byte) string {
	source, name, _ := strings.Cut(string(p), " ")
	switch source {
	case addressSource:
		return ""
	case credentialSource:
		sum := sha256.Sum256(append(salt[:len(salt):len(salt)], name...))
		return "credentials-" + hex.EncodeToString(sum[:4])
	}
	return clip(name, maxPrincipalName)
}

// clip returns s as UTF-8 of at most n bytes.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}
