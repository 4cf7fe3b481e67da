package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/mcpmount/mcpmount/internal/spelling"
)

// An apiFindings is what becomes of one API of a configuration file. Of secrets it
// has where they go.
type apiFindings struct {
	Name        string    `json:"name"`
	Path        string    `json:"path"`
	Document    string    `json:"document"`
	Title       string    `json:"title"`
	Upstream    string    `json:"upstream"`
	Auth        []string  `json:"auth"` // how callers authenticate; none if anybody may call
	Headers     []string  `json:"headers"`
	Credentials []string  `json:"credentials"` // security schemes
	Tools       int       `json:"tools"`
	Resources   int       `json:"resources"`
	Templates   int       `json:"resourceTemplates"`
	Served      []string  `json:"served"` // names of tools and resources
	Problems    []problem `json:"problems"`
	Error       string    `json:"error,omitempty"` // why it cannot be served; then only Name, Path and Document are known
	Hint        string    `json:"hint,omitempty"`
}

// runConfig prints what becomes of a configuration file.
func (c *checkCommand) runConfig(ctx context.Context, t *terminal) error {
	set, err := readConfig(c.Config, nil, t.env)
	if err != nil {
		return err
	}
	list := []apiFindings{}
	broken, faults := 0, 0
	for _, settings := range set.apis {
		found, err := findAPI(ctx, t, set, settings)
		if err != nil {
			return err
		}
		if found.Error != "" {
			broken++
		}
		faults += len((&findings{Problems: found.Problems}).of(kindFault))
		list = append(list, *found)
	}
	if c.JSON {
		err = printJSON(t.stdout, map[string]any{"listen": set.process.Listen, "tls": set.process.encrypted(), "apis": list})
	} else {
		err = printConfig(t.stdout, set, list)
	}
	switch {
	case err != nil:
		return err
	case broken > 0:
		return fail("", "%d of %s in %s cannot be served", broken, count(len(list), "API"), c.Config)
	case c.Strict && faults > 0:
		return fail("", "%s in the documents of %s", count(faults, "fault"), c.Config)
	}
	return nil
}

// findAPI opens an API as serve does, and describes it.
func findAPI(ctx context.Context, t *terminal, set *settings, s *apiSettings) (*apiFindings, error) {
	f := &apiFindings{Name: s.name, Path: s.keys.Path, Document: s.keys.Document, Auth: []string{}, Headers: []string{}, Credentials: []string{}, Served: []string{}, Problems: []problem{}}
	a, err := s.open(ctx, t, &set.process, quietLogger(t.stderr))
	if err == nil {
		_, err = (&service{}).routes([]*api{a})
	}
	if err != nil {
		f.Error = err.Error()
		if known := new(failure); errors.As(err, &known) {
			f.Hint = known.hint
		}
		return f, nil
	}
	all, err := newFindings(a.src, a.srv)
	if err != nil {
		return nil, err
	}
	f.Title = strings.TrimSpace(all.Title + " " + all.Version)
	f.Upstream = displayURL(a.upstream.url)
	if a.keys.on() {
		f.Auth = a.keys.Auth
	}
	for _, line := range a.keys.Header {
		name, _, _ := strings.Cut(line, ":")
		f.Headers = append(f.Headers, strings.TrimSpace(name))
	}
	for _, text := range a.keys.Credential {
		name, _, _ := strings.Cut(text, "=")
		f.Credentials = append(f.Credentials, name)
	}
	f.Tools, f.Resources, f.Templates, f.Problems = all.Tools, all.Resources, all.Templates, all.Problems
	for _, access := range all.Access {
		f.Served = append(f.Served, access.Name)
	}
	return f, nil
}

func printConfig(w io.Writer, set *settings, list []apiFindings) error {
	scheme := "http"
	if set.process.encrypted() {
		scheme = "https"
	}
	fmt.Fprintf(w, "%s, %s://%s\n", count(len(list), "API"), scheme, set.process.Listen)
	for _, f := range list {
		fmt.Fprintf(w, "\n%s\n", f.Name)
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		row := func(key, value string) {
			if value != "" {
				fmt.Fprintf(table, "  %s\t%s\n", key, printable(value))
			}
		}
		row("path", f.Path)
		row("document", f.Document)
		row("error", f.Error)
		row("hint", f.Hint)
		if f.Error == "" {
			f.rows(row)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		found := &findings{Problems: f.Problems}
		printProblems(w, found.of(kindFault), problem.place)
		printProblems(w, found.of(kindNote), func(p problem) string { return cmp.Or(p.Operation, p.place()) })
	}
	return nil
}

// rows prints what is known of an API that can be served.
func (f *apiFindings) rows(row func(key, value string)) {
	masked := func(names []string) string {
		texts := slices.Clone(names)
		for i := range texts {
			texts[i] += " ***"
		}
		return strings.Join(texts, ", ")
	}
	row("title", f.Title)
	row("upstream", f.Upstream)
	row("headers", masked(f.Headers))
	row("credentials", masked(f.Credentials))
	row("auth", cmp.Or(strings.Join(f.Auth, ", "), "none: anyone who reaches it"))
	counts := []string{count(f.Tools, "tool"), count(f.Resources, "resource"), count(f.Templates, "resource template")}
	row("served", fmt.Sprintf("%s: %s", strings.Join(counts, ", "), shorten(f.Served)))
	all := &findings{Problems: f.Problems}
	row("problems", fmt.Sprintf("%s, %s", count(len(all.of(kindFault)), "fault"), count(len(all.of(kindNote)), "note")))
}

// oneOf returns the API of a configuration file with the given name, which may be
// left out if there is only one.
func oneOf(file, name string, env func(string) (string, bool)) (*apiSettings, error) {
	set, err := readConfig(file, nil, env)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range set.apis {
		if s.name == name || name == "" && len(set.apis) == 1 {
			return s, nil
		}
		names = append(names, s.name)
	}
	if name == "" {
		return nil, misuse("--api "+names[0], "%s has several APIs: %s", file, shorten(names))
	}
	return nil, misuse("the APIs are "+shorten(names), "%s has no API %q%s", file, name, spelling.DidYouMean(name, names))
}

// onlyWithConfig refuses flags and a document beside --config, in which those of an
// API belong.
func onlyWithConfig(typed *kong.Context, document string, allowed ...string) error {
	if document != "" {
		return misuse("leave one out", "--config and DOCUMENT: the file says which documents there are")
	}
	for _, name := range typedFlags(typed) {
		if name != "config" && !slices.Contains(allowed, name) {
			return misuse("write it into the file: "+name+": …", "--%s is of one API, and has no effect with --config", name)
		}
	}
	return nil
}

// typedFlags returns the names of the flags that were typed, each once.
func typedFlags(typed *kong.Context) []string {
	names := map[string]bool{}
	for _, step := range typed.Path {
		if step.Flag != nil {
			names[step.Flag.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
