package mcpmount

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpmount/mcpmount/internal/spelling"
)

// A ServerURL is a Server Object of OpenAPI.
type ServerURL struct {
	// URL is the URL as the document has it: absolute or relative, with
	// {variables}.
	URL string

	// Name and Description say what the server is for; only OpenAPI 3.2 has
	// names.
	Name        string
	Description string

	// Variables holds the value of each variable of URL, at first the default
	// of the document. Values never come from the arguments of a tool call.
	// Those of [Document.Servers] do not change [Document.BasePath]; see
	// [Document.UseServer].
	Variables map[string]string

	// Enums holds the values that the document allows for a variable, by its
	// name, where it lists them.
	Enums map[string][]string
}

// Resolve returns the URL with its variables replaced by their values. What
// looks like a variable in a value stays as it is.
func (u ServerURL) Resolve() string {
	var replacements []string
	for _, name := range slices.Sorted(maps.Keys(u.Variables)) {
		replacements = append(replacements, "{"+name+"}", u.Variables[name])
	}
	return strings.NewReplacer(replacements...).Replace(u.URL)
}

// path returns the path of the URL, without a slash at its end.
func (u ServerURL) path() string {
	path, err := serverPath(u)
	if err != nil {
		return ""
	}
	return path
}

// UseServer makes one of d.Servers the first, which is the one that is used,
// gives values to its variables, and takes d.BasePath from it. The server is
// named by its URL, with or without values for its variables, by its name or
// description, in any case, or by its number, which counts from 1; "" is the
// first. The values hold for the servers of operations too. It is an error, and d
// stays as it is, if no server or several have that name, if there is no variable
// with the name of a value, and if the document does not allow a value.
func (d *Document) UseServer(server string, variables map[string]string) error {
	at, err := d.findServer(server)
	if err != nil {
		return err
	}
	changed := d.Clone()
	servers := make([]*ServerURL, 0, 1+len(changed.Operations))
	if len(changed.Servers) > 0 {
		servers = append(servers, &changed.Servers[at])
	}
	for i := range changed.Operations {
		for j := range changed.Operations[i].Servers {
			servers = append(servers, &changed.Operations[i].Servers[j])
		}
	}
	if err := setVariables(servers, variables); err != nil {
		return err
	}
	if len(changed.Servers) > 0 {
		chosen := changed.Servers[at]
		if changed.BasePath, err = serverPath(chosen); err != nil {
			return fmt.Errorf("the server %q is not a URL", chosen.Resolve())
		}
		changed.Servers = slices.Insert(slices.Delete(changed.Servers, at, at+1), 0, chosen)
	}
	*d = *changed
	return nil
}

// findServer returns the index of a server.
func (d *Document) findServer(key string) (int, error) {
	if key == "" {
		return 0, nil
	}
	if len(d.Servers) == 0 {
		return 0, fmt.Errorf("server %q: the document names no servers", key)
	}
	var found []int
	for i := range d.Servers {
		if d.Servers[i].isCalled(key) {
			found = append(found, i)
		}
	}
	n, err := strconv.Atoi(key)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return 0, fmt.Errorf("server %q: %d servers are called so; use the number of one, such as %d", key, len(found), found[0]+1)
	case err == nil && n > 0 && n <= len(d.Servers):
		return n - 1, nil
	}
	const shown = 12
	var list []string
	for i := range d.Servers[:min(shown, len(d.Servers))] {
		s := &d.Servers[i]
		text := fmt.Sprintf("%d: %s", i+1, s.URL)
		if what := cmp.Or(s.Name, s.Description); what != "" {
			text += fmt.Sprintf(" (%q)", what)
		}
		list = append(list, text)
	}
	return 0, fmt.Errorf("server %q: there is none; the servers are %s", key, shortList(list, len(d.Servers)))
}

func (u ServerURL) isCalled(key string) bool {
	plain := func(url string) string { return strings.TrimRight(url, "/") }
	return plain(key) == plain(u.URL) || plain(key) == plain(u.Resolve()) ||
		strings.EqualFold(key, u.Name) || strings.EqualFold(key, strings.TrimSpace(u.Description))
}

// setVariables gives values to the variables of servers.
func setVariables(servers []*ServerURL, values map[string]string) error {
	known := map[string]bool{}
	for _, s := range servers {
		for name := range s.Variables {
			known[name] = true
		}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !known[name] {
			errs = append(errs, unknownVariable(name, slices.Sorted(maps.Keys(known))))
			continue
		}
		for _, s := range servers {
			if _, ok := s.Variables[name]; !ok {
				continue
			}
			if allowed := s.Enums[name]; len(allowed) > 0 && !slices.Contains(allowed, values[name]) {
				errs = append(errs, fmt.Errorf("server variable %q cannot be %q; it can be %s", name, values[name], quoteAll(allowed)))
				break
			}
			s.Variables[name] = values[name]
		}
	}
	return errors.Join(errs...)
}

func unknownVariable(name string, known []string) error {
	if len(known) == 0 {
		return fmt.Errorf("there is no server variable %q: the server has none", name)
	}
	return fmt.Errorf("there is no server variable %q%s; there is %s", name, spelling.DidYouMean(name, known), quoteAll(known))
}
