package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
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
	top     *apiSettings      // stands for the process in errors: where its keys are
	apis    []*apiSettings    // in their order, at least one
	files   []string          // the other files that the configuration depends on
	sum     [sha256.Size]byte // of the configuration and of these files
}

// processKeys are the keys at the top of a configuration file, by their flags.
type processKeys struct {
	processFlags `embed:""`
	loggingFlags `embed:""`
}

// logsCalls reports whether each call is a line in the log. On stdio that is so only if it
// was asked for: not every client reads standard error, and lines of calls would take the
// room of those that matter.
func (k *processKeys) logsCalls() bool {
	if k.AccessLog != nil {
		return *k.AccessLog
	}
	return !k.Stdio
}

// A configReader reads one configuration file. Where something is wrong, it notes that and
// goes on as if it were not there.
type configReader struct {
	name     string
	env      func(string) (string, bool)
	process  *keySet
	api      *keySet
	mistakes []error
	unfilled map[string]bool              // the reasons why a ${…} has no value, each of which is told once
	put      []string                     // the values that replaced each ${…} so far
	files    []string                     // the files that were read for that, and those in named
	named    map[string][sha256.Size]byte // see apiSettings, for the API that is being read
	filled   map[string]bool              // the same
}

// readConfig reads a configuration file. Flags of the process that were typed
// count more than what the file says; typed may be nil. With an error there are
// settings as well if it is one about keys: those of the APIs whose keys are right.
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
	r := &configReader{name: name, env: env, process: process, api: api, unfilled: map[string]bool{}, named: map[string][sha256.Size]byte{}, filled: map[string]bool{}}
	root, err := r.parse(data)
	if err != nil {
		return nil, err
	}
	set, err := r.settings(root, typed)
	if err != nil {
		return nil, err
	}
	set.sum = sumOf(data, set.files)
	return set, mistakesOf(r.mistakes...)
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
		return nil, r.mistake(&next, "one file has one configuration", "another document begins")
	case !errors.Is(err, io.EOF):
		return nil, r.syntaxError(err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fail(apisHint, "%s is no mapping of keys", r.name)
	}
	return doc.Content[0], nil
}

// An entry is a key and its value.
type entry struct {
	key, value *yaml.Node
	wrong      bool // it has a mistake that was noted
}

// entries returns the entries of a mapping. Those with a mistake are among them, so that
// nobody takes them for missing.
func (r *configReader) entries(n *yaml.Node, what string) []entry {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "write its keys below it, indented", "%s must be a mapping of keys", what)
		return []entry{{n, nil, true}}
	}
	var list []entry
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		line, twice := lines[key.Value]
		before := len(r.mistakes)
		switch {
		case key.Tag == "!!merge":
			r.wrong(key, sharedHint, "merge keys are not read")
		case key.Kind != yaml.ScalarNode:
			r.wrong(key, "quotes make it a text", "a key must be a word")
		case twice:
			r.wrong(key, "remove one of them", "the key %q is there already, at line %d", key.Value, line)
		case value.Kind == yaml.AliasNode:
			r.wrongAlias(value)
		}
		if !twice {
			lines[key.Value] = key.Line
		}
		list = append(list, entry{key, value, len(r.mistakes) > before})
	}
	return list
}

// below returns the entries of the mapping that the value of e is.
func (r *configReader) below(e entry, what string) []entry {
	if e.wrong {
		return []entry{e}
	}
	return r.entries(e.value, what)
}

// settings returns the settings in the file that have no mistakes. An error is about the
// command line, or says that the file is not a configuration.
func (r *configReader) settings(root *yaml.Node, typed *kong.Context) (*settings, error) {
	var apis, defaults, own []entry
	served, strange := false, false
	for _, e := range r.entries(root, r.name) {
		switch e.key.Value {
		case keyAPIs:
			served = true
			apis = append(apis, r.below(e, keyAPIs)...)
			if !e.wrong && len(e.value.Content) == 0 && e.value.Kind == yaml.MappingNode {
				r.wrong(e.value, apisHint, "apis has none, and nothing is to be served")
			}
		case keyDefaults:
			defaults = append(defaults, r.below(e, keyDefaults)...)
		case keySchema:
		case "openapi", "swagger":
			return nil, r.mistake(e.key, "this is a document; a configuration names it: apis: {crm: {document: openapi.yaml}}", "there is no key %q", e.key.Value)
		default:
			own = append(own, e)
			strange = strange || e.wrong || r.process.flags[e.key.Value] == nil
		}
	}
	if !served && !strange { // else it may be what was meant
		r.wrong(root, apisHint, "there is no key apis, and nothing to serve")
	}
	set := &settings{file: r.name}
	if err := r.readProcess(set, own, typed); err != nil {
		return nil, err
	}
	r.checkDefaults(defaults)
	set.apis = r.readAPIs(apis, defaults)
	slices.Sort(r.files)
	set.files = slices.Compact(r.files)
	return set, nil
}

const apisHint = "apis: {crm: {document: crm.yaml}}"

// readProcess reads the keys at the top into set. If one is wrong, it is as if there were
// none, since APIs are judged by what they say together.
func (r *configReader) readProcess(set *settings, own []entry, typed *kong.Context) error {
	args, ok := r.arguments(r.process, own)
	set.top = &apiSettings{place: position{file: r.name}, places: r.placesOf(own), put: r.put}
	keys, err := newKeySet(&set.process)
	if err != nil {
		return err
	}
	err = keys.parse(args)
	if err := keys.override(typed); err != nil {
		return err
	}
	if ok && err == nil {
		err = set.process.check()
	}
	if err != nil {
		r.mistakes = append(r.mistakes, set.top.explain(err))
	}
	if !ok || err != nil {
		set.process = processKeys{}
		set.process.Listen = defaultListen
	}
	return nil
}

// placesOf returns where keys are.
func (r *configReader) placesOf(entries []entry) map[string]position {
	places := map[string]position{}
	for _, e := range entries {
		places[e.key.Value] = r.place(e.key)
	}
	return places
}

// checkDefaults finds what is wrong with defaults, and what cannot be the same for several
// APIs. Whether the values fit together shows where APIs have them.
func (r *configReader) checkDefaults(defaults []entry) {
	for i, e := range defaults {
		if key := e.key.Value; !e.wrong && (key == "document" || key == "path") {
			r.wrong(e.key, "write it below each API", "%s cannot be the same for all APIs", key)
			defaults[i].wrong = true
			continue
		}
		_, ok := r.arguments(r.api, []entry{e})
		defaults[i].wrong = !ok
	}
}

// nameOfAPI is what an API may be called: the name becomes a part of its path.
var nameOfAPI = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// readAPIs returns the APIs whose keys are right.
func (r *configReader) readAPIs(entries, defaults []entry) []*apiSettings {
	var list []*apiSettings
	paths, urls := map[string]string{}, map[string]string{}
	for _, e := range entries {
		if e.wrong {
			continue
		}
		a, whole := r.readAPI(e, defaults)
		if a == nil {
			continue
		}
		if other, taken := paths[a.keys.Path]; taken {
			r.wrong(e.key, "give one of them another path", "%s and %s have one path, %s", other, a.name, a.keys.Path)
		} else {
			paths[a.keys.Path] = a.name
		}
		if other, taken := urls[a.keys.PublicURL]; taken && a.keys.PublicURL != "" {
			r.wrong(e.key, "each API has a URL of its own", "%s and %s have one public-url", other, a.name)
		} else {
			urls[a.keys.PublicURL] = a.name
		}
		if whole {
			list = append(list, a)
		}
	}
	return list
}

// readAPI reads one API: its own keys, and the defaults of those that it has not. It returns
// nil if one of its own is wrong, and whether its defaults are right.
func (r *configReader) readAPI(e entry, defaults []entry) (a *apiSettings, whole bool) {
	a = &apiSettings{name: e.key.Value, place: r.place(e.key)}
	named := nameOfAPI.MatchString(a.name)
	if !named {
		r.wrong(e.key, "its path is another key: path: /mcp/…", "the name of an API has letters, digits, - and _, up to 64")
	}
	own := r.entries(e.value, "the API "+a.name)
	given := map[string]bool{}
	for _, e := range own {
		given[e.key.Value] = true
	}
	others := slices.DeleteFunc(slices.Clone(defaults), func(e entry) bool { return given[e.key.Value] })
	a.places = r.placesOf(slices.Concat(own, others))
	r.named, r.filled = map[string][sha256.Size]byte{}, map[string]bool{}
	args, ok := r.arguments(r.api, own)
	shared, whole := r.arguments(r.api, others)
	if !ok || !named {
		return nil, false
	}
	a.put, a.named, a.filled = r.put, r.named, r.filled
	keys, err := newKeySet(&a.keys)
	if err == nil {
		err = keys.parse(append(args, shared...))
	}
	if err != nil {
		r.mistakes = append(r.mistakes, a.explain(err))
		return nil, false
	}
	switch a.keys.Document {
	case "":
		r.wrong(e.key, "document: openapi.yaml", "the API %s has no document", a.name)
		return nil, false
	case "-":
		r.wrong(e.key, "document: openapi.yaml", "the API %s cannot come from standard input, which is read once", a.name)
		return nil, false
	}
	if a.keys.Path = strings.TrimRight(a.keys.Path, "/"); a.keys.Path == "" {
		a.keys.Path = a.endpoint()
	}
	return a, whole
}

// known reports whether there is a key.
func (r *configReader) known(set *keySet, key *yaml.Node) bool {
	if set.flags[key.Value] != nil {
		return true
	}
	other, where := r.process, "at the top of the file: it is of the process"
	if set == r.process {
		other, where = r.api, "below an API, or below "+keyDefaults
	}
	if other.flags[key.Value] != nil {
		r.wrong(key, "write it "+where, "the key %q does not belong here", key.Value)
		return false
	}
	hint := "mcpmount serve --help lists the flags, which are the keys"
	if near := spelling.Nearest(key.Value, append(set.names(), keyAPIs, keyDefaults)); near != "" {
		hint = "did you mean " + near + "?"
	}
	r.wrong(key, hint, "there is no key %q", key.Value)
	return false
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
