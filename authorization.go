package mcpmount

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	mcpauth "github.com/mcpmount/mcpmount/auth"
)

// scopes are alternatives, each a list of scopes that a caller must all have.
// Empty means that none are needed.
type scopes [][]string

// newScopes returns what the security of op asks of the token of a caller: the
// scopes of its OAuth 2.0 and OpenID Connect schemes. Alternatives without such
// a scheme say nothing about tokens, unless they admit anybody.
func newScopes(op *Operation, schemes map[string]SecurityScheme) scopes {
	var all scopes
	for _, requirement := range op.Security {
		if len(requirement) == 0 {
			return nil
		}
		var need []string
		tokens := false
		for name, list := range requirement {
			if t := schemes[name].Type; t == "oauth2" || t == "openIdConnect" {
				tokens = true
				need = append(need, list...)
			}
		}
		if !tokens {
			continue
		}
		if len(need) == 0 {
			return nil
		}
		slices.Sort(need)
		all = append(all, slices.Compact(need))
	}
	return all
}

// An authorizer lets callers reach what their scopes allow.
type authorizer struct {
	*mcpauth.Resource
	tokenKey any // of the TokenInfo in a context
	throttle throttle
	logger   *slog.Logger
}

// newAuthorizer returns the authorizer for Options.Auth, nil if that is nil.
func newAuthorizer(opts *Options, tokenKey any, logger *slog.Logger) (*authorizer, error) {
	if opts.Auth == nil {
		return nil, nil
	}
	resource := *opts.Auth
	if resource.URL == "" {
		resource.URL = opts.PublicURL
	}
	if err := resource.Check(); err != nil {
		return nil, err
	}
	return &authorizer{
		Resource: &resource, tokenKey: tokenKey, logger: logger,
		throttle: throttle{perMinute: opts.Limits.AuthFailuresPerMinute, keyHeader: resource.KeyHeader},
	}, nil
}

// checkForwarded refuses to hand the credentials that were checked here to an
// API elsewhere: MCP 2025-11-25, basic/authorization, "Access Token Privilege
// Restriction". In process the API is the same resource.
func (a *authorizer) checkForwarded(names []string, api http.RoundTripper) error {
	if _, inside := api.(inProcess); inside || a == nil {
		return nil
	}
	for _, name := range names {
		if strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Cookie") || strings.EqualFold(name, a.KeyHeader) {
			return fmt.Errorf("header %q cannot be forwarded while Auth is set: a token for this server is not one for the API behind it; set Credentials", name)
		}
	}
	return nil
}

// isMetadata reports whether a path is one of the metadata of a resource: RFC
// 9728 section 3.1.
func isMetadata(path string) bool {
	rest, ok := strings.CutPrefix(path, mcpauth.WellKnown)
	return ok && (rest == "" || rest[0] == '/')
}

// authenticate returns r with what is known of its caller; if it reports false,
// it has answered.
func (a *authorizer) authenticate(w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	if a == nil {
		return r, true
	}
	if wait := a.throttle.wait(r); wait > 0 {
		writeRetry(w, http.StatusTooManyRequests, retrySeconds(wait), nil, "too many credentials from this address were not valid")
		return nil, false
	}
	info, refusal, cause := a.Authenticate(r)
	if refusal != nil {
		if cause != nil {
			a.logger.WarnContext(r.Context(), "credential refused", "status", refusal.Status, "error", cause)
		}
		if errors.Is(cause, mcpauth.ErrInvalid) && !errors.Is(cause, mcpauth.ErrExpired) && a.throttle.failure(r) {
			a.logger.WarnContext(r.Context(), "further credentials from this address are not looked at for a while", "address", hostname(r.RemoteAddr))
		}
		a.refuse(w, refusal)
		return nil, false
	}
	a.throttle.success(r)
	return r.WithContext(context.WithValue(r.Context(), a.tokenKey, info)), true
}

func (a *authorizer) refuse(w http.ResponseWriter, refusal *mcpauth.Refusal) {
	refusal.WriteHeader(w.Header())
	writeError(w, refusal.Status, nil, codeInvalidRequest, refusal.Error())
}

// grants reports whether a caller may use what needs scopes. Who needs no
// credential, as on stdio, may use everything.
func (a *authorizer) grants(ctx context.Context, need scopes) bool {
	if a == nil || len(need) == 0 || callerFrom(ctx).local {
		return true
	}
	info := auth.TokenInfoFromContext(ctx)
	return info != nil && slices.ContainsFunc(need, func(all []string) bool { return a.Grants(info, all) })
}

// shows reports whether the caller of ctx may know of t: with StepUp, everybody may.
func (s *Server) shows(ctx context.Context, t *tool) bool {
	a := s.door.authorizer
	return a == nil || a.StepUp || a.grants(ctx, t.scopes)
}

// challenge answers a request for a tool that the caller lacks scopes for, and
// reports whether it has. The scopes of the first alternative are asked for, with
// those that every request needs, and those that the caller has of set: many
// clients ask for what a challenge names and no more, and lose what they had.
func (a *authorizer) challenge(w http.ResponseWriter, r *http.Request, need scopes, set *toolSet) bool {
	if a == nil || !a.StepUp || a.grants(r.Context(), need) {
		return false
	}
	info := auth.TokenInfoFromContext(r.Context())
	var kept []string
	for _, scope := range info.Scopes {
		if set.scopes[scope] {
			kept = append(kept, scope)
		}
	}
	a.refuse(w, a.Authorize(info, slices.Concat(a.Scopes, kept, need[0])))
	return true
}

// authorize is the middleware that refuses what a caller lacks scopes for, before
// any other middleware sees it: it is unknown to calls. Lists do not have it either
// (visible), nor do completions. With StepUp it is listed, and the door
// answers calls with a challenge; what comes past it, in a batch, is unknown.
func (s *Server) authorize(next mcp.MethodHandler) mcp.MethodHandler {
	a := s.door.authorizer
	if a == nil {
		return next
	}
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		switch req := req.(type) {
		case *mcp.CallToolRequest:
			if s.hides(ctx, req.Params.Name) {
				noteRefusal(ctx, ReasonScope)
				return nil, unknownTool(req.Params.Name)
			}
		case *mcp.ReadResourceRequest:
			if r, _ := s.resource(req.Params.URI); r != nil && !a.grants(ctx, r.tool.scopes) {
				noteRefusal(ctx, ReasonScope)
				return nil, mcp.ResourceNotFoundError(req.Params.URI)
			}
		case *mcp.CompleteRequest:
			if r := s.template(req.Params.Ref); r != nil && !a.grants(ctx, r.tool.scopes) {
				return nil, errNoTemplate
			}
		}
		res, err := next(ctx, method, req)
		if err != nil {
			return res, err
		}
		return s.visible(ctx, res), nil // again: a middleware may have kept another caller's list
	}
}

// hides reports whether the caller of ctx lacks scopes for a tool: those of one that stands for
// others are those of any of them.
func (s *Server) hides(ctx context.Context, name string) bool {
	if t := s.tool(name); t != nil {
		return !s.door.authorizer.grants(ctx, t.scopes)
	}
	return s.set.Load().deferred().standIn(name) != nil && !s.showsDeferred(ctx)
}

// visible returns a list of the current tool set without what the caller lacks
// scopes for. It is for this caller alone, whatever Options.Server says of lists.
func (s *Server) visible(ctx context.Context, res mcp.Result) mcp.Result {
	a, set := s.door.authorizer, s.set.Load()
	if a == nil || a.StepUp || set == nil {
		return res
	}
	hidden := func(t *tool) bool { return t != nil && !s.shows(ctx, t) }
	switch list := res.(type) {
	case *mcp.ListToolsResult:
		shown := *list
		shown.CacheScope = cacheScope
		shown.Tools = slices.DeleteFunc(slices.Clone(list.Tools), func(t *mcp.Tool) bool { return hidden(set.byName[t.Name]) })
		shown.Tools = set.catalog.relist(shown.Tools, set.catalog.of(func(t *tool) bool { return !hidden(t) }))
		return &shown
	case *mcp.ListResourcesResult:
		shown := *list
		shown.CacheScope = cacheScope
		shown.Resources = slices.DeleteFunc(slices.Clone(list.Resources), func(r *mcp.Resource) bool { return hidden(set.toolAt(r.URI)) })
		return &shown
	case *mcp.ListResourceTemplatesResult:
		shown := *list
		shown.CacheScope = cacheScope
		shown.ResourceTemplates = slices.DeleteFunc(slices.Clone(list.ResourceTemplates), func(r *mcp.ResourceTemplate) bool { return hidden(set.toolAt(r.URITemplate)) })
		return &shown
	}
	return res
}

// toolAt returns the tool of the resource or template that is listed with uri,
// or nil.
func (s *toolSet) toolAt(uri string) *tool {
	if r := s.byURI[uri]; r != nil {
		return r.tool
	}
	return nil
}

// metadataPatterns are those of the metadata of the resource, where clients
// look for them first.
func (a *authorizer) metadataPatterns() []string {
	if a == nil || len(a.AuthorizationServers) == 0 {
		return nil
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		return nil
	}
	at := mcpauth.WellKnown + strings.TrimRight(u.Path, "/")
	return []string{"GET " + at, "OPTIONS " + at}
}

// Metadata answers with the metadata of the server as a resource of OAuth 2.0
// (RFC 9728), which need no credential. Mount registers it where clients look
// first; some look at the root, "/.well-known/oauth-protected-resource", which
// only one server of an app can have: mount it there by hand. Without
// Options.Auth it answers 404. Unless ScopesSupported of the resource says which,
// clients are told of its Scopes, and of those that tools need where tools
// are hidden from who lacks them: such a client hears of no scope otherwise.
func (s *Server) Metadata() http.Handler {
	a := s.door.authorizer
	if a == nil {
		return http.NotFoundHandler()
	}
	if a.ScopesSupported != nil || a.StepUp {
		return a.Metadata()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resource := *a.Resource
		if set := s.set.Load(); set != nil {
			resource.ScopesSupported = slices.Concat(a.Scopes, slices.Sorted(maps.Keys(set.scopes)))
		}
		resource.Metadata().ServeHTTP(w, r)
	})
}
