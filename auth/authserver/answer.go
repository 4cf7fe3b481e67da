package authserver

import (
	"encoding/json"
	"errors"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A failed request is answered with a code and a description of RFC 6749 section
// 5.2. Both are ours, never what somebody else sent.
type failed struct {
	status            int
	code, description string
}

func (f *failed) write(w http.ResponseWriter) {
	writeJSON(w, f.status, map[string]string{"error": f.code, "error_description": f.description})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func tooMany(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	(&failed{http.StatusTooManyRequests, "temporarily_unavailable", "too many requests from this address"}).write(w)
}

// shared lets pages of any origin use an endpoint that no cookie matters to. A
// nil handler is that of preflights.
func shared(method string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		if next != nil {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", method+", OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Content-Type, Mcp-Protocol-Version")
		h.Set("Access-Control-Max-Age", "3600")
		w.WriteHeader(http.StatusNoContent)
	})
}

var errTwice = errors.New("a parameter is there twice")

// once returns parameters of which none is there twice (RFC 6749 section 3.1);
// empty ones are not there at all. What can be read is returned with the
// error.
func once(values url.Values) (params map[string]string, err error) {
	params = map[string]string{}
	for name, list := range values {
		if len(list) > 1 {
			err = errTwice
			continue
		}
		if list[0] != "" {
			params[name] = list[0]
		}
	}
	return params, err
}

const (
	maxForm     = 32 << 10
	formTimeout = 10 * time.Second // to read one
)

// form returns the parameters of a form in the body. Those of the URL do not
// count: URLs end up in logs.
func form(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, errors.New("the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(formTimeout)) // where there are any
	if err := r.ParseForm(); err != nil {
		return nil, errors.New("the form is malformed, too long, or does not come")
	}
	_ = connection.SetReadDeadline(time.Time{}) // it would end the request
	return once(r.PostForm)
}

// newMetadata returns the metadata of RFC 8414 section 2.
func (s *Server) newMetadata() []byte {
	at := s.config.Issuer
	m := map[string]any{
		"issuer":                                         s.config.Issuer,
		"authorization_endpoint":                         at + authorizePath,
		"token_endpoint":                                 at + tokenPath,
		"revocation_endpoint":                            at + revokePath,
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"revocation_endpoint_auth_methods_supported":     []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
		"client_id_metadata_document_supported":          true,
	}
	if len(s.config.Scopes) > 0 {
		m["scopes_supported"] = s.config.Scopes
	}
	if !s.config.NoRegistration {
		m["registration_endpoint"] = at + registerPath
	}
	text, err := json.Marshal(m)
	if err != nil { // strings only: cannot be
		return []byte("{}")
	}
	return text
}

func (s *Server) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Write(s.metadata)
}
