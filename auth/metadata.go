package auth

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// WellKnown is where the metadata of resources begin (RFC 9728 section 3).
const WellKnown = "/.well-known/oauth-protected-resource"

// metadataURL returns where the metadata of r are: the well-known path comes
// before the path of the resource (RFC 9728 section 3.1). It is "" if there are none.
func (r *Resource) metadataURL() string {
	if len(r.AuthorizationServers) == 0 {
		return ""
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + WellKnown + strings.TrimSuffix(u.EscapedPath(), "/")
}

// Metadata returns a handler of the metadata of r, at any path. Pages of any
// origin may read them: they are public. Without authorization servers it
// answers 404.
func (r *Resource) Metadata() http.Handler {
	if len(r.AuthorizationServers) == 0 {
		return http.NotFoundHandler()
	}
	supported := r.ScopesSupported
	if supported == nil {
		supported = r.Scopes
	}
	body, err := json.Marshal(oauthex.ProtectedResourceMetadata{
		Resource:               r.URL,
		AuthorizationServers:   r.AuthorizationServers,
		ScopesSupported:        slices.DeleteFunc(r.asked(supported), func(s string) bool { return !isScope(s) }),
		BearerMethodsSupported: []string{"header"},
		ResourceName:           r.Name,
		ResourceDocumentation:  r.Documentation,
	})
	if err != nil { // strings only: cannot be
		return http.NotFoundHandler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		switch req.Method {
		case http.MethodGet, http.MethodHead:
			h.Set("Content-Type", "application/json")
			h.Set("Cache-Control", "max-age=3600")
			w.Write(body)
		case http.MethodOptions:
			h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
			h.Set("Access-Control-Allow-Headers", "Content-Type, Mcp-Protocol-Version")
			h.Set("Access-Control-Max-Age", "3600")
			w.WriteHeader(http.StatusNoContent)
		default: // RFC 9110 section 15.5.6
			h.Set("Allow", "GET, HEAD, OPTIONS")
			http.Error(w, "this is metadata: GET it", http.StatusMethodNotAllowed)
		}
	})
}
