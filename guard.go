package mcpmount

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A guard says which hosts and origins may come in. It keeps pages in a browser
// away from servers they should not reach: MCP 2025-11-25, basic/transports,
// "Security Warning".
type guard struct {
	hosts   []string // lower case; empty means any, but on loopback
	origins []string // lower case; "*" means any
	headers string   // that pages may send

	host, origin *notice // one was refused
}

// single are the headers of which a proxy and the server could each believe
// another one.
var single = [...]string{"Authorization", sessionHeader, versionHeader, "Mcp-Method", "Mcp-Name"}

// paramPrefix is what the names of headers for arguments begin with.
const paramPrefix = "Mcp-Param-"

func newGuard(opts *Options) (guard, error) {
	g := guard{headers: strings.Join(append([]string{
		"Authorization", "Content-Type", "Accept", "Last-Event-ID",
		"Mcp-Protocol-Version", "Mcp-Session-Id", "Mcp-Method", "Mcp-Name", "X-API-Key",
	}, opts.ForwardHeaders...), ", ")}
	logger := cmp.Or(opts.Logger, slog.Default())
	g.host = &notice{logger: logger, text: "host refused; if it is the server's own, as behind a proxy, set PublicURL or AllowedHosts (--public-url, --allow-host)"}
	g.origin = &notice{logger: logger, text: "origin refused; if its pages may call the server, name it in AllowedOrigins (--allow-origin)"}
	if opts.PublicURL != "" {
		u, err := url.Parse(opts.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
			return g, fmt.Errorf("public URL %q: must be an absolute http or https URL, such as https://api.example.com/mcp", opts.PublicURL)
		}
		g.hosts = append(g.hosts, strings.ToLower(u.Host))
		g.origins = append(g.origins, strings.ToLower(u.Scheme+"://"+u.Host))
	}
	for _, host := range opts.AllowedHosts {
		if host == "" || strings.ContainsAny(host, "/ ") {
			return g, fmt.Errorf("allowed host %q: must be a host name, with or without a port", host)
		}
		g.hosts = append(g.hosts, strings.ToLower(host))
	}
	for _, origin := range opts.AllowedOrigins {
		u, err := url.Parse(origin)
		if origin != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Path != "") {
			return g, fmt.Errorf("allowed origin %q: must be a scheme and a host, such as https://chat.example.com, or *", origin)
		}
		g.origins = append(g.origins, strings.ToLower(origin))
	}
	return g, nil
}

// admit reports whether r may come in; if not, or if r was a preflight, it has
// been answered.
func (g *guard) admit(w http.ResponseWriter, r *http.Request, head *letterhead) bool {
	local := arrivedOnLoopback(r)
	if !g.hostAllowed(r.Host, local) {
		g.host.give("host", r.Host)
		writeError(w, http.StatusForbidden, nil, codeInvalidRequest,
			fmt.Sprintf("host %q is not allowed; the operator can allow it (AllowedHosts, --allow-host)", r.Host))
		return false
	}
	if head.repeats {
		i := slices.IndexFunc(single[:], func(name string) bool { return len(r.Header[name]) > 1 })
		writeError(w, http.StatusBadRequest, nil, codeInvalidRequest, "a request has one "+single[i]+" header at most: send it once; if you did, a proxy on the way adds another")
		return false
	}
	origins := head.origins
	if len(origins) == 0 {
		return true
	}
	if len(origins) > 1 || !g.originAllowed(origins[0], local) {
		g.origin.give("origin", origins[0])
		writeError(w, http.StatusForbidden, nil, codeInvalidRequest,
			fmt.Sprintf("origin %.256q is not allowed; the operator can allow it (AllowedOrigins, --allow-origin)", origins[0]))
		return false
	}
	g.allowOrigin(w, origins[0])
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		w.Header().Set("Access-Control-Allow-Headers", g.headers+paramHeaders(r))
		w.WriteHeader(http.StatusNoContent)
		return false
	}
	return true
}

// allowOrigin writes the CORS headers of the Fetch standard, section 3.3.3, for
// an origin that is allowed; never those that let a browser send credentials of
// its own.
func (g *guard) allowOrigin(w http.ResponseWriter, origin string) {
	h := w.Header()
	h.Add("Vary", "Origin")
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	h.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, Mcp-Protocol-Version, WWW-Authenticate, Retry-After")
	h.Set("Access-Control-Max-Age", "600")
}

// paramHeaders returns the headers for arguments of a tool that a preflight asks
// for (MCP 2026-07-28, basic/transports, "Custom Headers from Tool Parameters"):
// only the tools know their names.
func paramHeaders(r *http.Request) string {
	var b strings.Builder
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		name = strings.TrimSpace(name)
		if len(name) > len(paramPrefix) && strings.EqualFold(name[:len(paramPrefix)], paramPrefix) && isToken(name) {
			b.WriteString(", " + name)
		}
	}
	return b.String()
}

func (g *guard) hostAllowed(host string, local bool) bool {
	if len(g.hosts) == 0 && !local {
		return true
	}
	host = strings.ToLower(host)
	name := hostname(host)
	if slices.Contains(g.hosts, host) || slices.Contains(g.hosts, name) {
		return true
	}
	return local && isLoopback(name)
}

func (g *guard) originAllowed(origin string, local bool) bool {
	origin = strings.ToLower(origin)
	if slices.Contains(g.origins, origin) || slices.Contains(g.origins, "*") && origin != "null" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || origin != u.Scheme+"://"+u.Host {
		return false // an origin has nothing else
	}
	return local && (u.Scheme == "http" || u.Scheme == "https") && isLoopback(u.Hostname())
}

// arrivedOnLoopback reports whether the connection of r ends at a loopback
// address of this machine. In a test without a connection it does not.
func arrivedOnLoopback(r *http.Request) bool {
	switch addr := r.Context().Value(http.LocalAddrContextKey).(type) {
	case *net.TCPAddr:
		return addr.AddrPort().Addr().Unmap().IsLoopback()
	case net.Addr:
		return isLoopback(hostname(addr.String()))
	}
	return false
}

// hostname returns a host without its port and brackets.
func hostname(hostport string) string {
	name, port, found := strings.Cut(hostport, ":")
	if !found {
		return hostport
	}
	if !strings.Contains(port, ":") && !strings.Contains(hostport, "[") && !strings.Contains(hostport, "]") {
		return name // which most are
	}
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func isLoopback(name string) bool {
	if name == "127.0.0.1" || name == "localhost" { // which most are
		return true
	}
	if strings.EqualFold(strings.TrimSuffix(name, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}
