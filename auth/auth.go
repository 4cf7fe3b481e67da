// Package auth says who may call an MCP server: it checks credentials, and
// tells clients where to get better ones.
//
// A server is an OAuth 2.0 resource server, described by a [Resource]. It never
// issues tokens and has no users of its own; the package authserver does, for identity
// providers that MCP clients cannot register with. What checks a credential is a
// [Verifier], of which there are three kinds here: [NewJWT] for signed tokens of an identity
// provider, [NewIntrospection] for tokens that only their issuer can read
// (RFC 7662), and [NewKeys] for keys that the operator hands out. [Any] makes one
// of several.
//
//	verifier, err := auth.NewJWT(auth.JWT{
//		Issuer:    "https://login.example.com",
//		Audiences: []string{"https://api.example.com/mcp"},
//	})
//
// An app that has authenticated the request already needs none of this: its
// middleware runs in front of the server, and again on the inner request.
package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

// A Verifier checks a credential and says whom it stands for. It is the type of
// the MCP SDK, so that verifiers made for the SDK work here.
//
// The error of a credential that is not valid wraps [ErrInvalid]; any other
// error means that nobody can tell at the moment, and callers are told to try
// again. The texts of errors are for the operator and never reach a caller. A
// Verifier is safe for concurrent use.
//
// The [auth.TokenInfo] that it returns holds the scopes, the time from which on
// the credential is not accepted any more (zero for none), and a UserID that is
// unique among all verifiers of a server; sessions are bound to it.
type Verifier = auth.TokenVerifier

// ErrInvalid is wrapped by the error of a [Verifier] about a credential that is
// not valid: malformed, forged, expired, or meant for somebody else.
var ErrInvalid = auth.ErrInvalidToken

// ErrExpired is ErrInvalid of a credential that was valid once.
var ErrExpired = fmt.Errorf("%w: expired", ErrInvalid)

// maxCredential bounds the length of a credential in bytes. Tokens of real
// identity providers stay below what servers take as a header.
const maxCredential = 16 << 10

// Any returns a Verifier that asks each of verifiers in turn, until one knows
// the credential. If none does and one of them could not tell, neither can
// this one.
func Any(verifiers ...Verifier) Verifier {
	return func(ctx context.Context, credential string, r *http.Request) (*auth.TokenInfo, error) {
		var failures []error
		undecided := false
		for _, verify := range verifiers {
			info, err := verify(ctx, credential, r)
			if err == nil && info != nil {
				return info, nil
			}
			if !errors.Is(err, ErrInvalid) {
				undecided = true
			}
			failures = append(failures, err)
		}
		if undecided {
			return nil, fmt.Errorf("check credential: %v", failures)
		}
		for _, err := range failures {
			if errors.Is(err, ErrExpired) {
				return nil, err
			}
		}
		return nil, invalid("no verifier knows it")
	}
}

// invalid returns an ErrInvalid that says why.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}
