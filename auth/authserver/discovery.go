package authserver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcpmount/mcpmount/internal/remote"
)

const (
	metadataFreshFor = time.Hour
	metadataRetry    = 5 * time.Second
	maxMetadata      = 256 << 10
)

// endpoints are those of a provider.
type endpoints struct {
	authorization, token, userinfo string
	secretInBody                   bool
	namesItself                    bool // in its answers, always (RFC 9207)
}

// providerMetadata are what is read of RFC 8414 section 2.
type providerMetadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Userinfo      string   `json:"userinfo_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	NamesItself   bool     `json:"authorization_response_iss_parameter_supported"`
}

// endpoints returns the endpoints of the provider, after looking for them if that was long
// ago. What was found before is good enough while looking fails.
func (p *provider) endpoints(ctx context.Context) (endpoints, error) {
	own := endpoints{
		authorization: p.up.AuthorizationEndpoint, token: p.up.TokenEndpoint, userinfo: p.up.UserinfoEndpoint, secretInBody: p.up.SecretInBody,
	}
	if own.authorization != "" && own.token != "" {
		return own, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	age := time.Since(p.looked)
	if p.failure == nil && age < metadataFreshFor || p.failure != nil && age < metadataRetry {
		return own.or(p.found, p.failure)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), remote.Timeout)
	defer cancel()
	found, err := p.discover(ctx)
	if err == nil {
		p.found = found
	}
	p.looked, p.failure = time.Now(), err
	return own.or(p.found, p.failure)
}

// or returns e, completed by what was found. A failure does not matter if something
// was found before.
func (e endpoints) or(found *endpoints, failure error) (endpoints, error) {
	if found == nil {
		return e, fmt.Errorf("endpoints of the identity provider: %w", failure)
	}
	for _, field := range []struct{ own, found *string }{
		{&e.authorization, &found.authorization}, {&e.token, &found.token}, {&e.userinfo, &found.userinfo},
	} {
		if *field.own == "" {
			*field.own = *field.found
		}
	}
	e.secretInBody = e.secretInBody || found.secretInBody
	e.namesItself = found.namesItself
	return e, nil
}

// discover reads the metadata of the issuer, which has to name itself.
func (p *provider) discover(ctx context.Context) (*endpoints, error) {
	var failures []error
	for _, address := range remote.MetadataURLs(p.up.Issuer) {
		var m providerMetadata
		err := remote.GetJSON(ctx, p.client, address, maxMetadata, &m)
		if err == nil {
			err = m.check(p.up.Issuer)
		}
		if err == nil {
			return &endpoints{
				authorization: m.Authorization, token: m.Token, userinfo: m.Userinfo, namesItself: m.NamesItself,
				secretInBody: slices.Contains(m.AuthMethods, "client_secret_post") && !slices.Contains(m.AuthMethods, "client_secret_basic"),
			}, nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", address, err))
	}
	return nil, errors.Join(failures...)
}

func (m *providerMetadata) check(issuer string) error {
	if m.Issuer != issuer {
		return fmt.Errorf("they are those of %q", m.Issuer)
	}
	for name, address := range map[string]string{"authorization_endpoint": m.Authorization, "token_endpoint": m.Token, "userinfo_endpoint": m.Userinfo} {
		if address == "" && name == "userinfo_endpoint" {
			continue
		}
		if err := remote.CheckURL(name, address); err != nil {
			return err
		}
		if strings.HasPrefix(issuer, "https:") && !strings.HasPrefix(address, "https:") {
			return fmt.Errorf("%s comes without TLS", name)
		}
	}
	return nil
}

// host returns where users will log in, as they are told.
func (p *provider) host() string {
	u, err := url.Parse(p.up.issuer())
	if err != nil {
		return ""
	}
	return u.Host
}

func (p *provider) hasUserinfo(ctx context.Context) bool {
	at, err := p.endpoints(ctx)
	return err == nil && at.userinfo != ""
}
