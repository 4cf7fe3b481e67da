package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"

	"github.com/mcpmount/mcpmount/internal/spelling"
)

// maxConfig bounds a configuration file, whose lines are written by people.
const maxConfig = 1 << 20

// The keys of a configuration file that are no flags.
const (
	keyAPIs     = "apis"
	keyDefaults = "defaults"
	keySchema   = "$schema" // by which editors of JSON know what keys there are
)

// settings are what a process is to serve.
type settings struct {
	file    string // the configuration, "" if flags say all
	process processKeys
	top     *apiSettings      // of no API: where the keys of the process are, for errors
	apis    []*apiSettings    // in their order, at least one
	files   []string          // whose content the configuration has, or depends on, besides its own
	sum     [sha256.Size]byte // of all of that
}

// processKeys are the keys at the top of a configuration file, by their flags.
type processKeys struct {
	processFlags `embed:""`
	loggingFlags `embed:""`
}

// logsCalls reports whether each call is a line in the log. On stdio that is so only if it
// was asked for: not every client reads standard error, and one that does not would
// stop the server.
func (k *processKeys) logsCalls() bool {
	if k.AccessLog != nil {
		return *k.AccessLog
	}
	return !k.Stdio
}

// A configReader reads one configuration file. Its errors say where in it.
type configReader struct {
	name    string
	env     func(string) (string, bool)
	process *keySet
	api     *keySet
	put     []string                     // what was put in for each ${…} so far
	files   []string                     // what was read for that, and what r.named has
	named   map[string][sha256.Size]byte // of the API that is read; see apiSettings
	filled  map[string]bool              // the same
}

// readConfig reads a configuration file. Flags of the process that were typed
// count more than what the file says; typed may be nil.
func readConfig(name string, typed *kong.Context, env func(string) (string, bool)) (*settings, error) {
	process, err := newKeySet(&processKeys{})
	if err != nil {
		return nil, err
	}
	api, err := newKeySet(&apiKeys{})
	if err != nil {
		return nil, err
	}
	data, err := readSmall(name, maxConfig)
	if err != nil {
		return nil, fail("--config FILE is a YAML or JSON file; docs/config.md shows one", "configuration: %w", err)
	}
	r := &configReader{name: name, env: env, process: process, api: api, named: map[string][sha256.Size]byte{}, filled: map[string]bool{}}
	root, err := r.parse(data)
	if err != nil {
		return nil, err
	}
	set, err := r.settings(root, typed)
	if err != nil {
		return nil, err
	}
	set.sum = sumOf(data, set.files)
	return set, nil
}

// parse returns the mapping that the file is.
func (r *configReader) parse(data []byte) (*yaml.Node, error) {
	var doc, next yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, r.syntaxError(err)
	}
	switch err := decoder.Decode(&next); {
	case err == nil:
		return nil, r.fail(&next, "one file has one configuration", "another document begins")
	case !errors.Is(err, io.EOF):
		return nil, r.syntaxError(err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fail("apis: {crm: {document: crm.yaml}}", "%s is no mapping of keys", r.name)
	}
	return doc.Content[0], nil
}

// syntaxError returns an error of the parser with the place as other errors have it.
func (r *configReader) syntaxError(err error) error {
	text, at := strings.TrimPrefix(err.Error(), "yaml: "), r.name
	place := regexp.MustCompile(`line (\d+)(?:, column (\d+))?: *`)
	if m := place.FindStringSubmatch(text); m != nil {
		if at += ":" + m[1]; m[2] != "" {
			at += ":" + m[2]
		}
		text = strings.Replace(text, m[0], "", 1)
	}
	hint := "a value with a colon or a brace in it needs quotes"
	if strings.Contains(text, "cannot start any token") {
		hint = "indent with spaces, not with tabs; a value that begins with @, % or ` needs quotes"
	}
	return fail(hint, "%s: %s", at, text)
}

func (r *configReader) place(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", r.name, n.Line, n.Column)
}

// fail returns an error about a place in the file.
func (r *configReader) fail(n *yaml.Node, hint, format string, args ...any) error {
	return fail(hint, r.place(n)+": "+format, args...)
}

const sharedHint = "keys that several APIs share go below " + keyDefaults

func (r *configReader) failAlias(n *yaml.Node) error {
	return r.fail(n, sharedHint, "aliases are not read")
}

// An entry is a key and its value.
type entry struct{ key, value *yaml.Node }

// entries returns the entries of a mapping, each key once.
func (r *configReader) entries(n *yaml.Node, what string) ([]entry, error) {
	if n.Kind != yaml.MappingNode {
		return nil, r.fail(n, "write its keys below it, indented", "%s must be a mapping of keys", what)
	}
	var list []entry
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			return nil, r.fail(key, sharedHint, "merge keys are not read")
		}
		if key.Kind != yaml.ScalarNode {
			return nil, r.fail(key, "quotes make it a text", "a key must be a word")
		}
		if line, twice := lines[key.Value]; twice {
			return nil, r.fail(key, "remove one of them", "the key %q is there already, at line %d", key.Value, line)
		}
		if value.Kind == yaml.AliasNode {
			return nil, r.failAlias(value)
		}
		lines[key.Value] = key.Line
		list = append(list, entry{key, value})
	}
	return list, nil
}

func (r *configReader) settings(root *yaml.Node, typed *kong.Context) (*settings, error) {
	top, err := r.entries(root, r.name)
	if err != nil {
		return nil, err
	}
	var apis *yaml.Node
	var defaults, own []entry
	for _, e := range top {
		switch e.key.Value {
		case keyAPIs:
			apis = e.value
		case keyDefaults:
			defaults, err = r.entries(e.value, keyDefaults)
		case keySchema:
		default:
			own = append(own, e)
		}
		if err != nil {
			return nil, err
		}
	}
	set := &settings{file: r.name}
	if err := r.readProcess(set, own, typed); err != nil {
		return nil, err
	}
	if err := r.checkDefaults(defaults); err != nil {
		return nil, err
	}
	set.apis, err = r.readAPIs(root, apis, defaults)
	slices.Sort(r.files)
	set.files = slices.Compact(r.files)
	return set, err
}

// readProcess reads the keys at the top into set.
func (r *configReader) readProcess(set *settings, own []entry, typed *kong.Context) error {
	args, err := r.arguments(r.process, own)
	if err != nil {
		return err
	}
	set.top = &apiSettings{place: r.name, places: r.placesOf(own), put: r.put}
	keys, err := newKeySet(&set.process)
	if err != nil {
		return err
	}
	if err := keys.parse(args); err != nil {
		return set.top.explain(err)
	}
	if err := keys.override(typed); err != nil {
		return err
	}
	return set.top.explain(set.process.check())
}

// placesOf returns where keys are.
func (r *configReader) placesOf(entries []entry) map[string]string {
	places := map[string]string{}
	for _, e := range entries {
		places[e.key.Value] = r.place(e.key)
	}
	return places
}

// checkDefaults refuses what cannot be the same for several APIs. Whether the
// values are right shows where APIs have them.
func (r *configReader) checkDefaults(defaults []entry) error {
	for _, e := range defaults {
		if err := r.known(r.api, e.key); err != nil {
			return err
		}
		if e.key.Value == "document" || e.key.Value == "path" {
			return r.fail(e.key, "write it below each API", "%s cannot be the same for all APIs", e.key.Value)
		}
	}
	_, err := r.arguments(r.api, defaults)
	return err
}

// nameOfAPI is what an API may be called: the name becomes a part of its path.
var nameOfAPI = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

func (r *configReader) readAPIs(root, apis *yaml.Node, defaults []entry) ([]*apiSettings, error) {
	const hint = "apis: {crm: {document: crm.yaml}}"
	if apis == nil {
		return nil, r.fail(root, hint, "there is no key apis, and nothing to serve")
	}
	entries, err := r.entries(apis, keyAPIs)
	if err == nil && len(entries) == 0 {
		err = r.fail(apis, hint, "apis has none, and nothing is to be served")
	}
	if err != nil {
		return nil, err
	}
	var list []*apiSettings
	paths, urls := map[string]string{}, map[string]string{}
	for _, e := range entries {
		a, err := r.readAPI(e, defaults)
		if err != nil {
			return nil, err
		}
		if other, taken := paths[a.keys.Path]; taken {
			return nil, r.fail(e.key, "give one of them another path", "%s and %s have one path, %s", other, a.name, a.keys.Path)
		}
		if other, taken := urls[a.keys.PublicURL]; taken && a.keys.PublicURL != "" {
			return nil, r.fail(e.key, "each API has a URL of its own", "%s and %s have one public-url", other, a.name)
		}
		paths[a.keys.Path], urls[a.keys.PublicURL] = a.name, a.name
		list = append(list, a)
	}
	return list, nil
}

// readAPI reads one API: its own keys, and the defaults of those that it has not.
func (r *configReader) readAPI(e entry, defaults []entry) (*apiSettings, error) {
	a := &apiSettings{name: e.key.Value, place: r.place(e.key)}
	if !nameOfAPI.MatchString(a.name) {
		return nil, r.fail(e.key, "its path is another key: path: /mcp/…", "the name of an API has letters, digits, - and _, up to 64")
	}
	own, err := r.entries(e.value, "the API "+a.name)
	if err != nil {
		return nil, err
	}
	given := map[string]bool{}
	for _, e := range own {
		given[e.key.Value] = true
	}
	for _, e := range defaults {
		if !given[e.key.Value] {
			own = append(own, e)
		}
	}
	a.places = r.placesOf(own)
	r.named, r.filled = map[string][sha256.Size]byte{}, map[string]bool{}
	args, err := r.arguments(r.api, own)
	if err != nil {
		return nil, err
	}
	a.put, a.named, a.filled = r.put, r.named, r.filled
	keys, err := newKeySet(&a.keys)
	if err != nil {
		return nil, err
	}
	if err := keys.parse(args); err != nil {
		return nil, a.explain(err)
	}
	switch a.keys.Document {
	case "":
		return nil, r.fail(e.key, "document: openapi.yaml", "the API %s has no document", a.name)
	case "-":
		return nil, r.fail(e.key, "document: openapi.yaml", "the API %s cannot come from standard input, which is read once", a.name)
	}
	if a.keys.Path = strings.TrimRight(a.keys.Path, "/"); a.keys.Path == "" {
		a.keys.Path = a.endpoint()
	}
	return a, nil
}

// known returns an error if there is no such key.
func (r *configReader) known(set *keySet, key *yaml.Node) error {
	if set.flags[key.Value] != nil {
		return nil
	}
	other, where := r.process, "at the top of the file: it is of the process"
	if set == r.process {
		other, where = r.api, "below an API, or below "+keyDefaults
	}
	if other.flags[key.Value] != nil {
		return r.fail(key, "write it "+where, "the key %q does not belong here", key.Value)
	}
	hint := "mcpmount serve --help lists the flags, which are the keys"
	if near := spelling.Nearest(key.Value, append(set.names(), keyAPIs, keyDefaults)); near != "" {
		hint = "did you mean " + near + "?"
	}
	if key.Value == "openapi" || key.Value == "swagger" {
		hint = "this is a document; a configuration names it: apis: {crm: {document: openapi.yaml}}"
	}
	return r.fail(key, hint, "there is no key %q", key.Value)
}

// beside returns a path in the file as seen from the current folder.
func (r *configReader) beside(path string) string {
	if path == "" || path == "-" || strings.Contains(path, "://") || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(r.name), path)
}

// content is beside for a file whose content becomes a part of the configuration.
func (r *configReader) content(path string) string {
	path = r.beside(path)
	r.files = append(r.files, path)
	return path
}

// note notes what is in a file that a key names. One that cannot be read has the sum 0.
func (r *configReader) note(path string) {
	data, err := readSmall(path, maxCertificateFile)
	if r.files = append(r.files, path); err == nil {
		r.named[path] = sha256.Sum256(data)
	}
}

// explain returns an error about flags as one about the keys of this API in the
// file. What was typed is the user's own.
func (s *apiSettings) explain(err error) error {
	if err == nil || s.place == "" {
		return err
	}
	text := asKeys(err.Error())
	where := cmp.Or(s.places[regexp.MustCompile(`^[a-z-]*`).FindString(text)], s.place) + ": "
	if s.name != "" {
		where += s.name + ": "
	}
	f := new(failure)
	if errors.As(err, &f) {
		hint := f.hint
		if !strings.Contains(hint, "mcpmount ") { // a command, which has flags
			hint = asLines(hint)
		}
		f = &failure{hint: s.without(hint)}
	}
	f.err = errors.New(where + s.without(text))
	return f
}

// without returns a text without what was put in for a ${…}: in which key a secret
// belongs, only its author knows.
func (s *apiSettings) without(text string) string {
	for _, value := range s.put {
		if len(value) >= minHidden {
			text = strings.ReplaceAll(text, value, "${…}")
		}
	}
	return text
}

// minHidden is the length in bytes of values that are hidden: shorter ones are parts of words.
const minHidden = 6

// asLines returns a hint that shows flags with their values as lines of a file.
func asLines(hint string) string {
	return asKeys(regexp.MustCompile(`(^|\s)(--[a-z-]+) (['"A-Z0-9:/]|https?:)`).ReplaceAllString(hint, "$1$2: $3"))
}

// asKeys returns a text that names flags with the keys that they are.
func asKeys(text string) string {
	return regexp.MustCompile(`(^|[\s'"(])--([a-z])`).ReplaceAllString(text, "$1$2")
}
