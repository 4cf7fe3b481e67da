package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
)

// writeConfig writes a configuration file, and returns its name.
func writeConfig(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "mcpmount.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// environment has one variable, whose value must not show.
func environment(name string) (string, bool) {
	return map[string]string{"SECRET": hidden}[name], name == "SECRET"
}

const hidden = "hunter2-of-the-operator"

// What is wrong is said with its place and a remedy, and without secrets.
func TestConfigErrors(t *testing.T) {
	for _, tt := range []struct{ content, err, hint string }{
		{"apis:\n  a:\n    document: x.yaml\n    upstreem: y\n", `:4:5: there is no key "upstreem"`, "did you mean upstream?"},
		{"lisen: x\napis: {a: {document: x}}\n", `:1:1: there is no key "lisen"`, "did you mean listen?"},
		{"quite-another: x\napis: {a: {document: x}}\n", `:1:1: there is no key "quite-another"`, "--help"},
		{"openapi: 3.1.0\npaths: {}\n", `:1:1: there is no key "openapi"`, "this is a document"},
		{"apis: {a: {document: x, listen: y}}\n", `:1:25: the key "listen" does not belong here`, "at the top of the file"},
		{"timeout: 3s\napis: {a: {document: x}}\n", `:1:1: the key "timeout" does not belong here`, "below an API, or below defaults"},
		{"defaults: {document: x}\napis: {a: {}}\n", ":1:12: document cannot be the same for all APIs", "below each API"},
		{"defaults: {path: x}\napis: {a: {}}\n", ":1:12: path cannot be the same", "below each API"},
		{"defaults: {timeout: soon}\napis: {a: {document: x}}\n", ":1:21: timeout: expected duration but got", "30s"},
		{"apis: {a: {document: x, timeout: soon}}\n", ":1:34: timeout: expected duration but got", "30s"},
		{"apis: {a: {document: x, max-calls: many}}\n", ":1:36: max-calls takes a whole number, not a text", "max-calls: N"},
		{"apis: {a: {document: x, max-calls: 1.5}}\n", ":1:36: max-calls takes a whole number, not a number", ""},
		{"apis: {a: {document: x, read-only: 1}}\n", ":1:36: read-only takes true or false, not a number", "read-only: true"},
		{"apis: {a: {document: x, name: true}}\n", ":1:31: name takes a text, not true or false; quotes make it a text", ""},
		{"apis: {a: {document: x, name: [y]}}\n", ":1:31: name takes a text", ""},
		{"apis: {a: {document: x, name: {y: z}}}\n", ":1:31: name takes a text", ""},
		{"apis: {a: {document: x, include-tag: {y: z}}}\n", ":1:38: include-tag takes a text or a list of them", ""},
		{"apis: {a: {document: x, include-tag: [[y]]}}\n", ":1:39: include-tag has no value", ""},
		{"apis: {a: {document: x, header: }}\n", ":1:33: header has no value", "remove the key"},
		{"apis: {a: {document: x, output-schemas: some}}\n", `:1:41: output-schemas must be one of "none","loose","strict"`, ""},
		{"apis: {a: {document: x, auth: [keys, password]}}\n", ":1:38: auth", ""},
		{"apis: {a: {document: x}, a: {document: y}}\n", `:1:26: the key "a" is there already, at line 1`, "remove one"},
		{"apis: {a: {document: x, document: y}}\n", `:1:25: the key "document" is there already`, ""},
		{"apis: {a: {document: x, rename: {b: c, b: d}}}\n", `:1:40: the key "b" is there already`, ""},
		{"apis:\n  a: {document: x, path: /p}\n  b: {document: x, path: /p/}\n", ":3:3: a and b have one path, /p", "another path"},
		{"apis:\n  a: {document: x}\n  b: {document: x, path: /mcp/a}\n", ":3:3: a and b have one path, /mcp/a", ""},
		{"defaults: {public-url: https://x/mcp}\napis: {a: {document: x}, b: {document: x}}\n", ":2:26: a and b have one public-url", ""},
		{"apis: {a/b: {document: x}}\n", ":1:8: the name of an API has letters", "path: /mcp"},
		{"apis: {a: {}}\n", ":1:8: the API a has no document", "document: openapi.yaml"},
		{"apis: {a: {document: '-'}}\n", ":1:8: the API a cannot come from standard input", ""},
		{"apis: {a: x}\n", ":1:11: the API a must be a mapping", "indented"},
		{"apis: {}\n", ":1:7: apis has none", "apis: {crm:"},
		{"apis: [a]\n", ":1:7: apis must be a mapping", ""},
		{"listen: :1\n", ":1:1: there is no key apis", "apis: {crm:"},
		{"listen: nowhere\napis: {a: {document: x}}\n", "mcpmount.yaml:1:1: listen must have the form HOST:PORT", "listen: 127.0.0.1:8080"},
		{"log-level: info\nlisten: 'localhost:65536'\napis: {a: {document: x}}\n", ":2:1: listen: there is no port 65536", "listen: 127.0.0.1:8080"},
		{"", "is no mapping of keys", "apis:"},
		{"- a\n", "is no mapping of keys", "apis:"},
		{"apis:\n  a: {document: x\n", ":", "quotes"},
		{"apis: &x {a: {document: y}}\ndefaults: *x\n", ":2:11: aliases are not read", "defaults"},
		{"apis: {a: {<<: {document: y}}}\n", ":1:12: merge keys are not read", "defaults"},
		{"apis: {a: {document: x, include-tag: [&t y, *t]}}\n", ":1:45: aliases are not read", "defaults"},
		{"apis: {a: {[document]: x}}\n", ":1:12: a key must be a word", "quotes"},
		{"apis: {a: {document: x}}\n---\napis: {b: {document: x}}\n", ":2:1: another document begins", "one file"},
		{"apis: {a: {document: x, name: '${NONE}'}}\n", ":1:31: name: the environment variable NONE is not set or empty", "export NONE="},
		{"apis: {a: {document: x, name: '${file:none}'}}\n", ":1:31: name: open ", ""},
		{"apis: {a: {document: x, name: 'x ${NONE'}}\n", ":1:31: name: a ${ has no }", "write ${NAME}"},
		{"apis: {a: {document: x, timeout: '${SECRET}'}}\n", ":1:34: timeout: what was put in for a ${…} is not a value", "another form"},
		{"apis: {a: {document: x, output-schemas: '${SECRET}'}}\n", ":1:41: output-schemas: what was put in", ""},
	} {
		name := writeConfig(t, tt.content)
		_, err := readConfig(name, nil, environment)
		f := new(failure)
		if err == nil || !strings.Contains(err.Error(), tt.err) || !errors.As(err, &f) || !strings.Contains(f.hint, tt.hint) {
			t.Errorf("%s\nerror %v, hint %q\nwant  %s, hint %q", tt.content, err, f.hint, tt.err, tt.hint)
		}
		if err != nil && (!strings.HasPrefix(err.Error(), name) && !strings.HasPrefix(tt.err, "is no") || strings.Contains(err.Error()+f.hint, hidden)) {
			t.Errorf("%s\nerror %v names no place, or tells a secret", tt.content, err)
		}
	}
}

// What was put in for a variable is in no error about an API that cannot be served,
// whichever key it is in.
func TestConfigErrorsHide(t *testing.T) {
	document := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(document, []byte("openapi: 3.1.0\ninfo: {title: D, version: '1'}\nservers: [{url: 'http://127.0.0.1:9'}]\n"+
		"paths: {/x: {get: {operationId: getX, security: [{k: []}], responses: {'200': {description: ok}}}}}\n"+
		"components: {securitySchemes: {k: {type: apiKey, in: header, name: X-K}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, keys := range []string{
		"credential: {k: 'env:${SECRET}'}", "credential: {k: 'file:/none/${SECRET}'}", "credential: ['${SECRET}=env:SECRET']",
		"token-url: 'u.example/${SECRET}'", "upstream: 'u.example/${SECRET}'", "include-tag: ['${SECRET}']", "rename: {getY: '${SECRET}'}",
		"public-url: 'ftp://me:${SECRET}@u.example'",
		"auth: [jwt]\n    auth-audience: [x]\n    auth-issuer: 'http://u.example/${SECRET}'",
		"auth: [introspection]\n    auth-audience: [x]\n    auth-endpoint: https://u.example\n    auth-client: 'id=env:${SECRET}'",
		"overlay: ['${SECRET}']", "header: ['X-A: ${SECRET}']\n    lock: '/none/${SECRET}'",
	} {
		set, err := readConfig(writeConfig(t, "apis:\n  a:\n    document: "+document+"\n    "+keys+"\n"), nil, environment)
		if err == nil {
			_, err = set.apis[0].open(t.Context(), &service{
				t: &terminal{stderr: t.Output(), env: environment}, process: set.process, log: slog.New(slog.DiscardHandler),
			})
		}
		f := new(failure)
		if err == nil || !errors.As(err, &f) || strings.Contains(err.Error()+f.hint, hidden) {
			t.Errorf("%s: error %v, hint %q", keys, err, f.hint)
		}
		if err != nil && strings.Contains(err.Error()+f.hint, "${…}") {
			told++
		}
	}
	if told == 0 {
		t.Error("no error says where something was put in")
	}
}

// A document on a server that does not answer does not keep the mistake that is known from
// being told.
func TestConfigErrorsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := errors.New("known")
		list := []*apiSettings{{name: "a"}, {name: "b"}, {name: "c"}, {name: "d"}}
		open := func(ctx context.Context, s *apiSettings) (*api, error) {
			if s.name == "c" {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return nil, errors.New(s.name)
		}
		for _, tt := range []struct {
			known error
			want  string
		}{{known, "known\na\nb"}, {nil, "a\nb"}} {
			start := time.Now()
			_, err := openEach(t.Context(), list, tt.known, open)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if took := time.Since(start); took != lookLonger {
				t.Errorf("it took %v", took)
			}
		}
	})
}

// Whatever a file is, its mistakes are in its order, each is told once, at a place of the file,
// and none tells a secret.
func FuzzConfigMistakes(f *testing.F) {
	for _, seed := range []string{
		"apis: {a: {document: x, timeout: '${SECRET}', name: '${NONE}'}, b: {name: '${NONE}'}}\nlisten: '${SECRET}'\n",
		"defaults: {timeout: soon, <<: x, [y]: z, header: {a: [b]}}\napis: {a: {document: x}, a: y, b: *c}\nlisten: 1\n",
		"a: &x [*x]\napis: [x]\ndefaults: *x\n",
		"apis: {a: {document: x, path: /p}, b: {document: x, path: /p}, c: }\nunknown: 1\nlog-level: loud\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		name := writeConfig(t, content)
		set, err := readConfig(name, nil, environment)
		if err == nil {
			return
		}
		all := mistakes{err}
		if !errors.As(err, &all) && placeOf(err).line == 0 || set == nil {
			return // it is no configuration
		}
		told := map[string]bool{}
		last := position{}
		for _, err := range all {
			at, hint := placeOf(err), ""
			if f := new(failure); errors.As(err, &f) {
				hint = f.hint
			}
			if at.file != name || at.compare(last) < 0 || hint == "" {
				t.Errorf("%s\n%v, after %v, hint %q", content, err, last, hint)
			}
			if told[err.Error()] {
				t.Errorf("%s\n%v is told twice", content, err)
			}
			if strings.Contains(err.Error()+hint, hidden) && !strings.Contains(content, hidden) {
				t.Errorf("%s\n%v tells a secret", content, err)
			}
			told[err.Error()], last = true, at
		}
	})
}

// What is right becomes the flags that say the same.
func TestConfigValues(t *testing.T) {
	name := writeConfig(t, `
listen: ${SECRET}:80
shutdown-timeout: 3s
log-format: json
allow-host: [a, b]
access-log: true
defaults:
  timeout: 20s
  header: ['X-A: 1']
  credential: {k: file:key}
  max-calls: 7
  read-only: true
apis:
  crm:
    document: docs/crm.yaml
    ref-root: .
    header: {X-Key: 'Key ${SECRET}', X-File: '${file:key}', X-Plain: '$${SECRET}'}
    rename: {getOrder: find, getX: x=y}
    include-path: [GET /a/**, /b]
    auth: [keys, jwt]
    auth-keys: keys.yaml
    name: 2027
    watch-interval: 0
    max-calls: -1
    read-only: false
  other:
    document: https://example.com/x.json
    auth: keys,jwt
    lock: /abs.lock
    description:
      getOrder: |
        Two
        lines.
    auth-client: id=file:key
`)
	folder := filepath.Dir(name)
	if err := os.WriteFile(filepath.Join(folder, "key"), []byte("from-file ${SECRET}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := readConfig(name, nil, environment)
	if err != nil {
		t.Fatal(err)
	}
	if p := set.process; p.Listen != hidden+":80" || p.ShutdownTimeout != 3*time.Second || p.LogFormat != "json" || p.LogLevel != "info" || !*p.AccessLog {
		t.Errorf("process: %+v", p)
	}
	crm, other := set.apis[0].keys, set.apis[1].keys
	header, err := parseHeaders(crm.Header, environment)
	if err != nil {
		t.Fatal(err)
	}
	beside := func(path string) string { return filepath.Join(folder, path) }
	for _, tt := range []struct {
		what      string
		got, want any
	}{
		{"document", crm.Document, beside("docs/crm.yaml")},
		{"ref-root", crm.RefRoot, folder},
		{"a header with a variable", header.Get("X-Key"), "Key " + hidden},
		{"a header from a file, whose text counts as it is", header.Get("X-File"), "from-file ${SECRET}"},
		{"a header with a dollar", header.Get("X-Plain"), "${SECRET}"},
		{"a header that is not of the defaults", header.Get("X-A"), ""},
		{"rename", crm.Rename, []string{"getOrder=find", "getX=x=y"}},
		{"include-path", crm.IncludePath, []string{"GET /a/**", "/b"}},
		{"auth", crm.Auth, []string{"keys", "jwt"}},
		{"auth with a comma", other.Auth, []string{"keys", "jwt"}},
		{"auth-keys", crm.AuthKeys, beside("keys.yaml")},
		{"name", crm.Name, "2027"},
		{"watch-interval", *crm.WatchInterval, time.Duration(0)},
		{"max-calls", []int{crm.MaxCalls, other.MaxCalls}, []int{-1, 7}},
		{"read-only", []bool{crm.ReadOnly, other.ReadOnly}, []bool{false, true}},
		{"timeout", other.Timeout, 20 * time.Second},
		{"credential", other.Credential, []string{"k=file:" + beside("key")}},
		{"auth-client", other.AuthClient, "id=file:" + beside("key")},
		{"a URL", other.Document, "https://example.com/x.json"},
		{"lock", other.Lock, "/abs.lock"},
		{"description", other.Description, []string{"getOrder=Two\nlines.\n"}},
		{"paths", []string{crm.Path, other.Path}, []string{"/mcp/crm", "/mcp/other"}},
		{"defaults of flags", []any{crm.OutputSchemas, crm.MaxNameLength}, []any{"loose", 64}},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
}

// A file of JSON is one, tabs included.
func TestConfigIsJSON(t *testing.T) {
	name := writeConfig(t, "{\n\t\"$schema\": \"x\",\n\t\"apis\": {\"a\": {\n\t\t\"document\": \"http:\\/\\/127.0.0.1\\/x\", \"name\": \"\\u00e4\"}}\n}\n")
	set, err := readConfig(name, nil, environment)
	if err != nil {
		t.Fatal(err)
	}
	if k := set.apis[0].keys; k.Document != "http://127.0.0.1/x" || k.Name != "ä" {
		t.Errorf("%q %q", k.Document, k.Name)
	}
}

// Every flag of serve is a key in one place, and every key is accepted by the
// reader and by the schema.
func TestConfigHasEveryFlag(t *testing.T) {
	process, api := keysOf(t, &processKeys{}), keysOf(t, &apiKeys{})
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	command := slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "serve" })
	flags := map[string]bool{}
	for _, flag := range parser.Model.Children[command].Flags {
		flags[flag.Name] = true
		if places := btoi(process.flags[flag.Name] != nil) + btoi(api.flags[flag.Name] != nil); places != 1 && flag.Name != "config" {
			t.Errorf("--%s is a key in %d places", flag.Name, places)
		}
	}
	for _, name := range append(process.names(), api.names()...) {
		if !flags[name] && name != "document" {
			t.Errorf("the key %s is no flag", name)
		}
	}
	schema := compileSchema(t)
	for _, set := range []struct {
		keys   *keySet
		format string
	}{{process, "%apis: {a: {document: x.yaml}}\n"}, {api, "apis:\n  a:\n    document: x.yaml\n%"}} {
		for name, f := range set.keys.flags {
			for _, value := range sampleValues(f) {
				line := name + ": " + value + "\n"
				if set.keys == api {
					line = "    " + line
				}
				if name == "document" {
					continue
				}
				content := strings.Replace(set.format, "%", line, 1)
				if err := schema.Validate(yamlValue(t, content)); err != nil {
					t.Errorf("the schema refuses\n%s%v", content, err)
				}
				_, err := readConfig(writeConfig(t, content), nil, environment)
				if err != nil && regexp.MustCompile(`mcpmount\.yaml:\d+:\d+: (there is no key|.* takes |.* must be )`).MatchString(err.Error()) {
					t.Errorf("the reader refuses\n%s%v", content, err)
				}
			}
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func keysOf(t *testing.T, target any) *keySet {
	t.Helper()
	k, err := newKeySet(target)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func yamlValue(t *testing.T, content string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(content), &v); err != nil {
		t.Fatalf("%s: %v", content, err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return jsonValue(t, string(data))
}
