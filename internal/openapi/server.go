package openapi

import (
	"net/url"
	"path"
	"strings"
)

// servers returns the servers of a Server Object list.
func (l *loader) servers(p place) []Server {
	var servers []Server
	for element := range l.list(p) {
		if s := l.follow(element); l.object(s) {
			servers = append(servers, l.server(s))
		}
	}
	return servers
}

func (l *loader) server(p place) Server {
	s := Server{
		URL:         strings.TrimSpace(l.word(p.get("url"))),
		Description: l.text(p.get("description")),
	}
	for name, variable := range l.fields(p.get("variables")) {
		if s.Variables == nil {
			s.Variables = make(map[string]string)
		}
		s.Variables[name] = l.word(variable.get("default"))
	}
	l.undefinedVariables(p, &s)
	return s
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
		text = "//" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		l.problems.add(at, "%s is not a URL; no base path is taken from it", quote(text))
		return ""
	}
	return strings.TrimSuffix(path.Clean("/"+u.EscapedPath()), "/")
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

// hosts returns the servers that schemes, host and basePath of a Swagger
// document make. Without a host they are relative to the document, without
// schemes they have that of the document.
func (l *loader) hosts(root place) []Server {
	host := strings.Trim(l.word(root.get("host")), "/ ")
	base := strings.TrimSpace(l.word(root.get("basePath")))
	if base != "" && !strings.HasPrefix(base, "/") {
		base = "/" + base
	}
	if _, rest, ok := strings.Cut(host, "://"); ok {
		l.problems.add(root.get("host"), "the host has a scheme; it is ignored")
		host = rest
	}
	schemes := l.words(root.get("schemes"))
	switch {
	case host == "" && base == "":
		return nil
	case host == "":
		return []Server{{URL: base}}
	case len(schemes) == 0:
		return []Server{{URL: "//" + host + base}}
	}
	servers := make([]Server, len(schemes))
	for i, scheme := range schemes {
		servers[i] = Server{URL: strings.ToLower(scheme) + "://" + host + base}
	}
	return servers
}
