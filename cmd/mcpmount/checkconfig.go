package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/internal/spelling"
)

// An apiFindings is what becomes of one API of a configuration file. Of secrets it
// has where they go.
type apiFindings struct {
	Name        string   `json:"name"`
	Path        string   `json:"path"`
	Document    string   `json:"document"`
	Title       string   `json:"title"`
	Upstream    string   `json:"upstream"`
	Auth        []string `json:"auth"` // how callers authenticate; none if anybody may call
	Headers     []string `json:"headers"`
	Credentials []string `json:"credentials"` // security schemes

	// Uncredentialed are the operations that need credentials of which there are none.
	Uncredentialed int  `json:"uncredentialed"`
	lack           lack // the same in words

	// Settings are the other keys that are not as they are by default, whether the API has them
	// itself or from defaults.
	Settings map[string]any `json:"settings"`

	Scoped    int       `json:"scoped"` // how much of what is served is only for callers with some of Scopes
	Scopes    []string  `json:"scopes"`
	Tools     int       `json:"tools"` // that are listed
	Deferred  int       `json:"deferredTools,omitempty"`
	Resources int       `json:"resources"`
	Templates int       `json:"resourceTemplates"`
	Served    []string  `json:"served"` // names of tools and resources
	Problems  []problem `json:"problems"`
	Error     string    `json:"error,omitempty"` // why it cannot be served; then only Name, Path and Document are known
	Hint      string    `json:"hint,omitempty"`
}

// configFindings are what becomes of a configuration file. With mistakes there are no APIs.
type configFindings struct {
	Listen   string          `json:"listen"`
	TLS      bool            `json:"tls"`
	APIs     []apiFindings   `json:"apis"`
	Mistakes []configMistake `json:"mistakes"`
}

// A configMistake is what is wrong at a place of the file; with line 0, of the file as a whole.
type configMistake struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// newConfigMistakes returns what an error of a configuration file says.
func newConfigMistakes(file string, err error) []configMistake {
	all := mistakes{err}
	errors.As(err, &all)
	list := []configMistake{}
	for _, err := range all {
		m := configMistake{File: file, Message: err.Error()}
		if f := new(failure); errors.As(err, &f) {
			m.Line, m.Column, m.Hint = f.at.line, f.at.column, f.hint
			m.Message = strings.TrimPrefix(m.Message, f.at.String()+": ")
		}
		list = append(list, m)
	}
	return list
}

// runConfig prints what becomes of a configuration file.
func (c *checkCommand) runConfig(ctx context.Context, t *terminal) error {
	set, err := readConfig(c.Config, nil, t.env)
	if err != nil {
		err = set.further(ctx, t, err)
		if c.JSON {
			found := configFindings{APIs: []apiFindings{}, Mistakes: newConfigMistakes(c.Config, err)}
			if err := printJSON(t.stdout, found); err != nil {
				return err
			}
		}
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
		faults += len(ofKind(found.Problems, kindFault))
		list = append(list, *found)
	}
	if c.JSON {
		err = printJSON(t.stdout, configFindings{set.process.Listen, set.process.encrypted(), list, []configMistake{}})
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
	f := &apiFindings{Name: s.name, Path: s.keys.Path, Document: s.document(), Auth: []string{}, Headers: []string{}, Credentials: []string{}, Scopes: []string{}, Served: []string{}, Problems: []problem{}}
	a, err := s.open(ctx, &service{t: t, process: set.process, log: quietLogger(t.stderr)})
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
		f.Scoped, f.Scopes = callerScopes(all.Access, a.src.doc.SecuritySchemes)
	}
	for _, line := range a.keys.Header {
		name, _, _ := strings.Cut(line, ":")
		f.Headers = append(f.Headers, strings.TrimSpace(name))
	}
	for _, text := range a.keys.Credential {
		name, _, _ := strings.Cut(text, "=")
		f.Credentials = append(f.Credentials, name)
	}
	f.lack, f.Uncredentialed = a.upstream.lack, a.upstream.lack.operations
	if f.Settings, err = s.effective(); err != nil {
		return nil, err
	}
	f.Tools, f.Deferred, f.Resources, f.Templates, f.Problems = all.Tools, all.Deferred, all.Resources, all.Templates, all.Problems
	for _, access := range all.Access {
		f.Served = append(f.Served, access.Name)
	}
	return f, nil
}

// callerScopes returns how many tools and resources are for callers with scopes only, and
// those scopes: of alternatives, the ones that are about tokens count, unless one of them
// wants no scope.
func callerScopes(list []access, schemes map[string]mcpmount.SecurityScheme) (scoped int, names []string) {
	names = []string{}
	for _, a := range list {
		var need []string
		free := false
		for _, requirement := range a.Security {
			var scopes []string
			tokens := false
			for name, list := range requirement {
				if kind := schemes[name].Type; kind == "oauth2" || kind == "openIdConnect" {
					tokens, scopes = true, append(scopes, list...)
				}
			}
			free = free || len(scopes) == 0 && (tokens || len(requirement) == 0)
			need = append(need, scopes...)
		}
		if !free && len(need) > 0 {
			scoped++
			names = append(names, need...)
		}
	}
	slices.Sort(names)
	return scoped, slices.Compact(names)
}

// document returns the name of the document without what may be a secret.
func (s *apiSettings) document() string {
	if u, err := url.Parse(s.keys.Document); err == nil && u.Host != "" {
		return displayURL(u)
	}
	return s.without(s.keys.Document)
}

// effective returns the keys that are not as they are by default, without those that
// findings have themselves, and without values in which something was put in for a ${…}.
func (s *apiSettings) effective() (map[string]any, error) {
	keys, plain := s.keys, apiKeys{}
	set, err := newKeySet(&keys)
	if err != nil {
		return nil, err
	}
	defaults, err := newKeySet(&plain)
	if err != nil {
		return nil, err
	}
	if err := defaults.parse(nil); err != nil {
		return nil, err
	}
	values := map[string]any{}
	for _, name := range set.differing(defaults) {
		if slices.Contains([]string{"document", "path", "upstream", "auth", "header", "credential"}, name) {
			continue
		}
		if s.filled[name] {
			values[name] = "${…}"
			continue
		}
		switch value := reflect.Indirect(set.flags[name].Target).Interface().(type) {
		case bool, int, int64, float64:
			values[name] = value
		case []string:
			values[name] = value
		default:
			values[name] = fmt.Sprint(value)
		}
	}
	return values, nil
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
		printProblems(w, ofKind(f.Problems, kindFault), problem.place)
		printProblems(w, ofKind(f.Problems, kindNote), func(p problem) string { return cmp.Or(p.Operation, p.place()) })
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
	row("lacking", asKeys(f.lack.String()))
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(f.Settings)) {
		value := fmt.Sprint(f.Settings[name])
		if list, ok := f.Settings[name].([]string); ok {
			value = shorten(list)
		}
		settings = append(settings, name+": "+value)
	}
	row("settings", strings.Join(settings, "; "))
	row("auth", cmp.Or(strings.Join(f.Auth, ", "), "none: anyone who reaches it"))
	if f.Scoped > 0 {
		row("scopes", fmt.Sprintf("%d of %d are only for callers with scopes: %s", f.Scoped, len(f.Served), strings.Join(f.Scopes, ", ")))
	}
	counts := []string{toolsText(f.Tools, f.Deferred), count(f.Resources, "resource"), count(f.Templates, "resource template")}
	row("served", fmt.Sprintf("%s: %s", strings.Join(counts, ", "), shorten(f.Served)))
	row("problems", fmt.Sprintf("%s, %s", count(len(ofKind(f.Problems, kindFault)), "fault"), count(len(ofKind(f.Problems, kindNote)), "note")))
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
			hint := "write it into the file: " + name + ": …"
			if name == "routes" {
				hint = "leave it out, and check the document by itself"
			}
			return misuse(hint, "--%s is of one API, and has no effect with --config", name)
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
