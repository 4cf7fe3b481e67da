package authserver

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"time"
)

const maxRegistration = 16 << 10

// register registers a client (RFC 7591 section 3). It becomes a public one,
// whatever it asks for: a secret that anybody gets who asks protects nothing.
func (s *Server) register(w http.ResponseWriter, r *http.Request) {
	if wait := s.paces[registerPace].wait(r); wait > 0 {
		tooMany(w, wait)
		return
	}
	m, failure := readRegistration(w, r)
	if failure != nil {
		failure.write(w)
		return
	}
	c, err := s.newClient(m)
	if err != nil {
		(&failed{http.StatusBadRequest, "invalid_client_metadata", err.Error()}).write(w)
		return
	}
	total := 0
	for _, redirect := range c.Redirects {
		total += len(redirect)
	}
	if total > maxRedirectBytes {
		(&failed{http.StatusBadRequest, "invalid_redirect_uri", "the redirect URIs are too long together"}).write(w)
		return
	}
	now := time.Now()
	c.Expires = now.Add(registeredFor).Unix()
	sealed, err := s.sealed.client.sealText(c)
	if err != nil {
		(&failed{http.StatusInternalServerError, "server_error", "the client cannot be registered"}).write(w)
		return
	}
	grants := []string{"authorization_code"}
	if c.Refresh {
		grants = append(grants, "refresh_token")
	}
	writeJSON(w, http.StatusCreated, map[string]any{
		"client_id": registeredPrefix + sealed, "client_id_issued_at": now.Unix(), "client_name": c.Name,
		"redirect_uris": c.Redirects, "grant_types": grants, "response_types": []string{"code"}, "token_endpoint_auth_method": "none",
	})
}

func readRegistration(w http.ResponseWriter, r *http.Request) (*clientMetadata, *failed) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &failed{http.StatusBadRequest, "invalid_client_metadata", "the body must be application/json"}
	}
	var m clientMetadata
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err != nil || json.Unmarshal(body, &m) != nil {
		return nil, &failed{http.StatusBadRequest, "invalid_client_metadata", "the body is not the metadata of a client, or is too long"}
	}
	return &m, nil
}
