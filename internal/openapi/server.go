package openapi

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

// servers returns the servers of a Server Object list.
func (l *loader) servers(p place) []Server {
	var servers []Server
	for element := range l.list(p) {
		s := l.follow(element)
		if !l.object(s) {
			continue
		}
		server := l.server(s)
		if filledLength(server) > maxServerURL {
			l.problems.add(s.get("url"), "the URL of the server is longer than %d bytes; the server is left out", maxServerURL)
			continue
		}
		servers = append(servers, server)
	}
	return servers
}

func (l *loader) server(p place) Server {
	s := Server{
		URL:         strings.TrimSpace(l.word(p.get("url"))),
		Name:        l.text(p.get("name")),
		Description: l.text(p.get("description")),
	}
	for name, variable := range l.fields(p.get("variables")) {
		if s.Variables == nil {
			s.Variables = make(map[string]string)
		}
		s.Variables[name] = l.word(variable.get("default"))
		l.variableEnum(&s, name, variable)
	}
	l.undefinedVariables(p, &s)
	return s
}

// variableEnum reads the values that a variable may have.
func (l *loader) variableEnum(s *Server, name string, variable place) {
	allowed := l.words(variable.get("enum"))
	if len(allowed) == 0 {
		return
	}
	if s.Enums == nil {
		s.Enums = make(map[string][]string)
	}
	s.Enums[name] = allowed
	if at := variable.get("default"); !absent(at) && !slices.Contains(allowed, s.Variables[name]) {
		l.problems.add(at, "the default of the server variable %s is not one of its enum", quote(name))
	}
}

// undefinedVariables gives every variable of the URL a value, be it an empty
// one, so that a reader of the model sees what has to be set.
func (l *loader) undefinedVariables(p place, s *Server) {
	for _, name := range placeholders(s.URL) {
		if _, ok := s.Variables[name]; ok {
			continue
		}
		if s.Variables == nil {
			s.Variables = make(map[string]string)
		}
		s.Variables[name] = ""
		l.problems.add(p.get("url"), "the server variable %s has no default; it is left empty", quote(name))
	}
}

// basePath returns the path of a server, without a slash at its end.
func (l *loader) basePath(root place, s Server) string {
	at, text := root.get("servers"), filled(s)
	if l.version == swagger20 {
		at = root.get("basePath")
	}
	if startsWithHost(text) {
		l.problems.add(at, "the server %s has no scheme; write https://", quote(text))
	}
	path, err := ServerPath(text)
	if err != nil {
		l.problems.add(at, "%s is not a URL; no base path is taken from it", quote(text))
	}
	return path
}

// ServerPath returns the path of a server URL, which has no variables any more,
// without a slash at its end. A URL without a scheme may start with a host.
func ServerPath(server string) (string, error) {
	if startsWithHost(server) {
		server = "//" + server
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(path.Clean("/"+u.EscapedPath()), "/"), nil
}

// startsWithHost reports whether a URL is one without its scheme, and not a
// relative one: it starts with a name that has a top-level domain or a port.
func startsWithHost(text string) bool {
	host, _, _ := strings.Cut(text, "/")
	if strings.Contains(text, "://") || strings.HasPrefix(host, ".") {
		return false
	}
	domain := host[strings.LastIndexByte(host, '.')+1:]
	return strings.Contains(host, ":") || domain != host && strings.Trim(domain, "0123456789") != ""
}

// maxServerURL bounds the length of a URL with the values of its variables.
const maxServerURL = 8 << 10

// filledLength returns at least the length of what filled returns.
func filledLength(s Server) int {
	longest := 0
	for _, value := range s.Variables {
		longest = max(longest, len(value))
	}
	return len(s.URL) + strings.Count(s.URL, "{")*longest
}

// filled returns the URL of s with the values of its variables.
func filled(s Server) string {
	var b strings.Builder
	rest := s.URL
	for {
		before, after, ok := strings.Cut(rest, "{")
		name, tail, closed := strings.Cut(after, "}")
		if !ok || !closed {
			b.WriteString(rest)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(s.Variables[name])
		rest = tail
	}
}

// placeholders returns the names in braces of a template, in order and each
// once.
func placeholders(template string) []string {
	var names []string
	seen := make(map[string]bool)
	for {
		_, rest, ok := strings.Cut(template, "{")
		if !ok {
			return names
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			return names
		}
		if template = after; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
}

// hosts returns the servers that host and basePath of a Swagger document make
// with the given schemes. Without a host they are relative to the document,
// without schemes they have that of the document. Those that can be called come
// first.
func (l *loader) hosts(schemes []string) []Server {
	host := strings.Trim(l.word(l.root.get("host")), "/ ")
	base := strings.TrimSpace(l.word(l.root.get("basePath")))
	if base != "" && !strings.HasPrefix(base, "/") {
		base = "/" + base
	}
	if _, rest, ok := strings.Cut(host, "://"); ok {
		l.problems.add(l.root.get("host"), "the host has a scheme; it is ignored")
		host = rest
	}
	switch {
	case host == "" && base == "":
		return nil
	case host == "":
		return []Server{{URL: base}}
	case len(schemes) == 0:
		return []Server{{URL: "//" + host + base}}
	}
	var servers, others []Server
	for _, scheme := range schemes {
		s := Server{URL: strings.ToLower(scheme) + "://" + host + base}
		if isHTTP(scheme) {
			servers = append(servers, s)
		} else {
			others = append(others, s)
		}
	}
	return append(servers, others...)
}

// ownHosts returns the servers of a Swagger operation that is not offered with
// the scheme of the document's first server.
func (l *loader) ownHosts(operation place) []Server {
	own := l.words(operation.get("schemes"))
	if len(own) == 0 {
		return nil
	}
	servers := l.hosts(l.words(l.root.get("schemes")))
	if len(servers) == 0 || slices.ContainsFunc(own, func(scheme string) bool {
		return strings.HasPrefix(servers[0].URL, strings.ToLower(scheme)+"://")
	}) {
		return nil
	}
	if !slices.ContainsFunc(own, isHTTP) {
		l.problems.add(operation.get("schemes"), "the operation is offered over neither http nor https; it is called over the scheme of the document")
		return nil
	}
	if absent(l.root.get("host")) {
		return nil // relative to a document that was read with one of the schemes
	}
	return l.hosts(own)
}

// isHTTP reports whether a scheme is one that operations are called with.
func isHTTP(scheme string) bool {
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
}
