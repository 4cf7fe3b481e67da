package scan

import (
	"strconv"
	"strings"
)

// A template is a path as OpenAPI writes it.
type template struct {
	path    string
	params  []PathParam
	subtree bool
}

// literal adds text.
func (t *template) literal(s string) {
	t.path += strings.NewReplacer("{", "%7B", "}", "%7D").Replace(s)
}

// param adds a variable. Its name is made unique and one that a template can have.
func (t *template) param(p PathParam) {
	key := p.Name
	if p.Key != "" {
		key = p.Key
	}
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("{}/?#*+:<> \t", r) {
			return -1
		}
		return r
	}, p.Name)
	if name == "" {
		name = "rest"
	}
	for base, n := name, 2; t.has(name); n++ {
		name = base + strconv.Itoa(n)
	}
	p.Name, p.Key = name, ""
	if key != name {
		p.Key = key
	}
	t.path += "{" + name + "}"
	t.params = append(t.params, p)
}

func (t *template) has(name string) bool {
	for _, p := range t.params {
		if p.Name == name {
			return true
		}
	}
	return false
}

// plain adapts a function that makes one template.
func plain(read func(path string) template) func(string) []template {
	return func(path string) []template { return []template{read(path)} }
}

// withoutRest returns t without a variable for the rest of the path at its end.
func (t template) withoutRest() template {
	if n := len(t.params); n > 0 && t.params[n-1].Rest && strings.HasSuffix(t.path, "{"+t.params[n-1].Name+"}") {
		t.path = strings.TrimSuffix(t.path, "{"+t.params[n-1].Name+"}")
		t.params = t.params[:n-1]
	}
	return t
}

// under returns t below a path that is taken off before a router sees it.
func (t template) under(base template) template {
	all := template{path: strings.TrimSuffix(base.path, "/"), params: append([]PathParam{}, base.params...), subtree: t.subtree}
	rest := t.path
	for _, p := range t.params {
		before, after, _ := strings.Cut(rest, "{"+p.Name+"}")
		all.path += before
		all.param(p)
		rest = after
	}
	all.path += rest
	if all.path == "" {
		all.path = "/"
	}
	return all
}

// bracedTemplate reads a path with variables in braces, as "{id}" or "{id:[0-9]+}", and with "*"
// for the rest where stars is true.
func bracedTemplate(path string, stars bool) template {
	var t template
	for path != "" {
		i := strings.IndexAny(path, "{*")
		if i < 0 {
			break
		}
		t.literal(path[:i])
		if path[i] == '*' {
			if stars {
				t.param(PathParam{Name: "rest", Key: "*", Rest: true})
			} else {
				t.literal("*")
			}
			path = path[i+1:]
			continue
		}
		end := closingBrace(path[i:])
		if end < 0 {
			break
		}
		name, pattern, _ := strings.Cut(path[i+1:i+end], ":")
		p := PathParam{Name: strings.TrimSpace(name), Pattern: strings.TrimSpace(pattern)}
		p.Rest = takesSlashes(p.Pattern)
		if name, dots := strings.CutSuffix(p.Name, "..."); dots {
			p.Name, p.Rest = name, true
		}
		t.param(p)
		path = path[i+end+1:]
	}
	t.literal(path)
	return t
}

// takesSlashes says whether a pattern is one of those that people write for the rest of a
// path.
func takesSlashes(pattern string) bool {
	switch strings.Trim(pattern, "^$()?") {
	case ".*", ".+", "[\\s\\S]*", "[\\s\\S]+":
		return true
	}
	return false
}

// closingBrace returns the index of the brace that closes the first, or -1.
func closingBrace(s string) int {
	depth := 0
	for i, r := range s {
		switch r {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// colonTemplate reads a path with variables as ":id", which end before "/", and "*rest".
func colonTemplate(path string) template {
	var t template
	for path != "" {
		i := strings.IndexAny(path, ":*\\")
		if i < 0 {
			break
		}
		t.literal(path[:i])
		kind := path[i]
		path = path[i+1:]
		if kind == '\\' {
			if path != "" {
				t.literal(path[:1])
				path = path[1:]
			}
			continue
		}
		end := strings.IndexByte(path, '/')
		if end < 0 || kind == '*' {
			end = len(path)
		}
		p := PathParam{Name: path[:end], Rest: kind == '*'}
		if p.Name == "" {
			p.Name = "rest"
			p.Key = string(kind)
		}
		t.param(p)
		path = path[end:]
	}
	t.literal(path)
	return t
}
