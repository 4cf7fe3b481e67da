package main

import (
	"log/slog"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/auth/authserver"
)

// loginFlags say how users log in at an identity provider that does not know MCP
// clients. Its issuer and the client are flags of auth.
type loginFlags struct {
	AuthUser                  []string `sep:"none" placeholder:"CLAIM=VALUE" help:"who may log in, such as hd=example.com, email=alice@example.com, or * for all whom the provider signs in; repeatable"`
	AuthAuthorizationEndpoint string   `placeholder:"URL" help:"where users log in (default: found through the metadata of --auth-issuer)"`
	AuthTokenEndpoint         string   `placeholder:"URL" help:"where the provider gives tokens (default: the same)"`
	AuthUserinfoEndpoint      string   `placeholder:"URL" help:"where the provider says who a token is of (default: the ID token does)"`
	AuthSubject               string   `placeholder:"CLAIM" help:"what names a user there, forever (default sub)"`
	AuthLoginScope            []string `sep:"none" placeholder:"S" help:"what the provider is asked for (default openid), repeatable"`
	AuthLoginParam            []string `sep:"none" placeholder:"NAME=VALUE" help:"further parameter of a login, such as access_type=offline, repeatable"`
	AuthSecret                string   `placeholder:"env:NAME" reopens:"" help:"32 random characters or more, as env:NAME or file:PATH, by which registrations of clients outlive a restart"`
	AuthRedirectHost          []string `sep:"none" placeholder:"HOST" help:"where clients may have users sent back to, besides this machine (default: anywhere), repeatable"`
	AuthRedirectScheme        []string `sep:"none" placeholder:"SCHEME" help:"scheme of an app's own, such as cursor, that users may be sent back to, repeatable"`
	AuthNoRegistration        bool     `help:"refuse clients that register; those with a metadata document remain"`
}

// given reports which of the flags are there.
func (f *loginFlags) given() map[string]bool {
	return map[string]bool{
		"--auth-user":                   len(f.AuthUser) > 0,
		"--auth-authorization-endpoint": f.AuthAuthorizationEndpoint != "",
		"--auth-token-endpoint":         f.AuthTokenEndpoint != "",
		"--auth-userinfo-endpoint":      f.AuthUserinfoEndpoint != "",
		"--auth-subject":                f.AuthSubject != "",
		"--auth-login-scope":            len(f.AuthLoginScope) > 0,
		"--auth-login-param":            len(f.AuthLoginParam) > 0,
		"--auth-secret":                 f.AuthSecret != "",
		"--auth-redirect-host":          len(f.AuthRedirectHost) > 0,
		"--auth-redirect-scheme":        len(f.AuthRedirectScheme) > 0,
		"--auth-no-registration":        f.AuthNoRegistration,
	}
}

// authorizationServer returns what the flags say.
func (f *authFlags) authorizationServer(issuer, publicURL string, scopes []string, t *terminal, log *slog.Logger) (*authserver.Server, error) {
	if publicURL == "" {
		return nil, misuse("--public-url https://…/mcp", "users are sent back to this server, whose URL must be said")
	}
	if f.AuthClient == "" {
		return nil, misuse("--auth-client ID=env:SECRET", "--auth oauth needs the client id and the secret that the identity provider gave")
	}
	id, secret, err := parseSecret("--auth-client", f.AuthClient, t.env)
	if err != nil {
		return nil, err
	}
	admit, err := authserver.MatchClaims(f.AuthUser)
	if err != nil {
		return nil, misuse("--auth-user hd=example.com, or --auth-user '*' for all whom the provider signs in", "--auth-user: %w", err)
	}
	params, err := parsePairs("--auth-login-param", "NAME=VALUE", f.AuthLoginParam, strings.Index)
	if err != nil {
		return nil, err
	}
	client, err := f.provider()
	if err != nil {
		return nil, err
	}
	c := authserver.Config{
		Issuer: issuer, Resource: publicURL, Scopes: scopes, Admit: admit, Logger: log,
		NoRegistration: f.AuthNoRegistration, RedirectHosts: f.AuthRedirectHost, RedirectSchemes: f.AuthRedirectScheme,
		Upstream: authserver.Upstream{
			Issuer: f.AuthIssuer, AuthorizationEndpoint: f.AuthAuthorizationEndpoint, TokenEndpoint: f.AuthTokenEndpoint,
			UserinfoEndpoint: f.AuthUserinfoEndpoint, Subject: f.AuthSubject,
			ClientID: id, ClientSecret: secret, SecretInBody: f.AuthIssuer == "", // as GitHub has it; metadata say it otherwise
			Scopes: f.AuthLoginScope, Params: params, Client: client,
		},
	}
	if f.AuthSecret != "" {
		_, key, err := parseSecret("--auth-secret", "secret="+f.AuthSecret, t.env)
		if err != nil {
			return nil, err
		}
		c.Secret = []byte(key)
	}
	server, err := authserver.New(c)
	if err != nil {
		return nil, misuse("", "--auth oauth: %w", err)
	}
	return server, nil
}

// login lets users log in, if the flags say so: callers are who has a token of the server
// that is returned, besides who may call already.
func (f *authFlags) login(callers *auth.Resource, issuer, publicURL string, doc *mcpmount.Document, t *terminal, log *slog.Logger) (*authserver.Server, error) {
	if !f.uses("oauth") {
		return nil, nil
	}
	server, err := f.authorizationServer(issuer, publicURL, f.scopes(doc), t, log)
	if err != nil {
		return nil, err
	}
	if callers.Verifier == nil {
		callers.Verifier = server.Verify
	} else {
		callers.Verifier = auth.Any(callers.Verifier, server.Verify)
	}
	callers.URL, callers.AuthorizationServers = publicURL, []string{server.Issuer()}
	if err := callers.Check(); err != nil {
		return nil, misuse("", "%w", err)
	}
	return server, nil
}

// scopes returns those that callers may need: for every call, or for some
// operation.
func (f *authFlags) scopes(doc *mcpmount.Document) []string {
	list := slices.Clone(f.AuthScope)
	for _, op := range doc.Operations {
		for _, requirement := range op.Security {
			for name, scopes := range requirement {
				if kind := doc.SecuritySchemes[name].Type; kind == "oauth2" || kind == "openIdConnect" {
					list = append(list, scopes...)
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
