package auth

import (
	"net/http"
	"strings"
)

// Codes of errors (RFC 6750 section 3.1).
const (
	codeInvalidRequest    = "invalid_request"
	codeInvalidToken      = "invalid_token"
	codeInsufficientScope = "insufficient_scope"
)

// A Refusal is the answer to a request that may not pass. Its texts say nothing
// of who or what made the credential invalid.
type Refusal struct {
	// Status of the response: 400, 401, 403 or 503.
	Status int

	// Code is that of RFC 6750 section 3.1; "" if there was no credential at
	// all, or if nobody can tell.
	Code string

	// Description says in a sentence what is missing.
	Description string

	// Scopes are what the request needs, if that is what is missing.
	Scopes []string

	// metadata is the URL of the metadata of the resource; "" for none.
	metadata string
}

// Error is Description.
func (f *Refusal) Error() string { return f.Description }

// WriteHeader sets the headers that tell a client what to do about f. The
// status and a body are left to the caller.
func (f *Refusal) WriteHeader(h http.Header) {
	if f.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
		return
	}
	h.Add("WWW-Authenticate", f.challenge())
}

// challenge is the value of WWW-Authenticate (RFC 6750 section 3, RFC 9728
// section 5.1).
func (f *Refusal) challenge() string {
	var params []string
	add := func(name, value string) {
		// Parsers stumble over an empty value, and a scope list has single spaces.
		if value = strings.Join(strings.Fields(quotable(value)), " "); value != "" {
			params = append(params, name+`="`+value+`"`)
		}
	}
	add("error", f.Code)
	if f.Code != "" {
		add("error_description", f.Description)
	}
	add("scope", strings.Join(f.Scopes, " "))
	add("resource_metadata", f.metadata)
	if len(params) == 0 {
		return "Bearer"
	}
	return "Bearer " + strings.Join(params, ", ")
}

// quotable returns s without what RFC 6750 section 3 excludes from the values of
// a challenge: quotes, backslashes, and what is not printable ASCII.
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}
