package mcpmount_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// What the Go snippets of the documentation take for granted: a snippet is a
// program, declarations, or a fragment of a function.
const (
	snippetProgram = `package main
import "net/http"
func getOrder(w http.ResponseWriter, r *http.Request) {}
func logging(h http.Handler) http.Handler { return h }
`
	snippetDeclarations = `package main
import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"expvar"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	sdkauth "github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/mcpmount/mcpmount"
	"github.com/mcpmount/mcpmount/auth"
	"github.com/mcpmount/mcpmount/auth/authserver"
	"github.com/mcpmount/mcpmount/resilient"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)
var (
	_ codes.Code
	_ propagation.TraceContext
	_ trace.Span
	_ context.Context
	_ = sha256.New
	_ sql.DB
	_ json.RawMessage
	_, _, _, _, _ = errors.Join, log.Print, slog.Info, os.Exit, signal.Notify
	_ expvar.Map
	_ http.Handler
	_, _ = syscall.SIGHUP, time.Now
	_ mcp.Tool
	_, _ = slices.Contains[[]string], strings.Fields
	_, _ = sdkauth.TokenInfoFromContext, auth.WellKnown
	_ mcpmount.Select
	_ authserver.Identity
	_ resilient.Transport
)
func main() {}
%s
`
	snippetFragment = `
var vault map[string]mcpmount.Secret
var spec []byte
var app http.Handler
var api http.RoundTripper
var opts mcpmount.Options
var db *sql.DB
var routes []string
var logins *authserver.Server
func scopesOf(context.Context, string, []string) ([]string, error) { return nil, nil }
func logging(h http.Handler) http.Handler { return h }
func userFrom(context.Context) string { return "" }
func verifierOf(*sql.DB) auth.Verifier { return nil }
func completePrompt(context.Context, *mcp.CompleteRequest) (*mcp.CompleteResult, error) { return nil, nil }
func whoami(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) { return nil, nil, nil }
func fragment(ctx context.Context, doc *mcpmount.Document, srv, crm, slack *mcpmount.Server, hs *http.Server, mux *http.ServeMux) (err error) {
	if ctx != nil {
%s
	}
	return err
}
`
)

// pages returns the documentation by its file names.
func pages(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	texts := map[string]string{}
	for _, file := range append(files, "README.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	return texts
}

// snippets returns the blocks of a page that are in a language.
func snippets(page, language string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		found = append(found, m[1])
	}
	return found
}

// compiledElsewhere are the pages whose snippets need frameworks, and the tests that
// run them.
var compiledElsewhere = map[string]string{"docs/frameworks.md": "internal/frameworks/recipe_test.go"}

// Every Go snippet of the documentation compiles.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles programs")
	}
	root := moduleBesideThisOne(t)
	compiled := 0
	for file, page := range pages(t) {
		if compiledElsewhere[file] != "" {
			continue
		}
		for i, snippet := range snippets(page, "go") {
			compiled++
			dir := filepath.Join(root, strings.NewReplacer("/", "-", ".md", "").Replace(file), fmt.Sprint("snippet", i+1))
			writeFiles(t, dir, snippetFiles(snippet))
		}
	}
	if compiled < 20 {
		t.Errorf("%d Go snippets", compiled)
	}
	cmd := exec.CommandContext(t.Context(), "go", "vet", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// snippetFiles returns the files of a program that has the snippet.
func snippetFiles(snippet string) map[string]string {
	switch {
	case strings.HasPrefix(snippet, "package "):
		return map[string]string{"main.go": snippet, "app.go": snippetProgram, "openapi.yaml": "openapi: 3.1.0\n"}
	case regexp.MustCompile(`(?m)^func `).MatchString(snippet):
		return map[string]string{"main.go": fmt.Sprintf(snippetDeclarations, snippet)}
	}
	for _, m := range regexp.MustCompile(`(?m)^(\w+(?:, \w+)*) :=`).FindAllStringSubmatch(snippet, -1) {
		for name := range strings.SplitSeq(m[1], ", ") {
			snippet += "_ = " + name + "\n" // a fragment need not use what it makes
		}
	}
	return map[string]string{"main.go": fmt.Sprintf(snippetDeclarations, fmt.Sprintf(snippetFragment, snippet))}
}

// Every JSON and YAML snippet can be read.
func TestReadmeData(t *testing.T) {
	read := 0
	for file, page := range pages(t) {
		for _, snippet := range snippets(page, "json") {
			read++
			if !json.Valid([]byte(snippet)) {
				t.Errorf("%s: not JSON:\n%s", file, snippet)
			}
		}
		for _, snippet := range snippets(page, "yaml") {
			read++
			documents := yaml.NewDecoder(bytes.NewReader([]byte(snippet)))
			for {
				var value any
				err := documents.Decode(&value)
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Errorf("%s: %v:\n%s", file, err, snippet)
					break
				}
			}
		}
	}
	if read < 3 {
		t.Errorf("%d snippets", read)
	}
}

// Every link of the documentation to a file of the repository leads somewhere, and
// each guide is linked to.
func TestReadmeLinks(t *testing.T) {
	all := pages(t)
	linked := map[string]bool{}
	for file, page := range all {
		page = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(page, "")
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(page, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			to := file
			if target != "" {
				to = filepath.Join(filepath.Dir(file), target)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
			}
			if anchor != "" && !anchors(all[to])[anchor] {
				t.Errorf("%s links to %s, which has no such heading", file, m[1])
			}
			linked[to] = linked[to] || to != file
		}
	}
	for file := range all {
		if !linked[file] && strings.Contains(file, "/") {
			t.Errorf("nothing links to %s", file)
		}
	}
}

// anchors returns what the headings of a page can be linked by.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		text := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(m[1]), "")
		found[strings.ReplaceAll(text, " ", "-")] = true
	}
	return found
}

// Every exported name that the documentation mentions in code exists: a field or a
// method of a type, and what is in the packages below.
func TestReadmeNames(t *testing.T) {
	here, door, login := exportedNames(t, "."), exportedNames(t, "auth"), exportedNames(t, "auth/authserver")
	sdk := map[string]bool{"TokenInfo": true, "TokenInfoFromContext": true, "RequireBearerToken": true}
	mentioned := 0
	for file, page := range pages(t) {
		page = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(page, "")
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(page, -1) {
			for _, m := range regexp.MustCompile(`\b(auth|authserver|mcpmount)\.([A-Z]\w*)(\.[A-Z]\w*)?|\b([A-Z]\w*)\.([A-Z]\w*)`).FindAllStringSubmatch(code[1], -1) {
				var known bool
				switch {
				case m[1] == "auth":
					known = door[m[2]+m[3]] || sdk[m[2]]
				case m[1] == "authserver":
					known = login[m[2]+m[3]]
				case m[1] == "mcpmount":
					known = here[m[2]+m[3]]
				case here[m[4]]:
					known = here[m[4]+"."+m[5]] || door[m[4]+"."+m[5]] || login[m[4]+"."+m[5]]
				default:
					continue // of another package
				}
				mentioned++
				if !known {
					t.Errorf("%s: there is no %s", file, m[0])
				}
			}
		}
	}
	if mentioned < 50 {
		t.Errorf("%d names", mentioned)
	}
}

// exportedNames returns what the package in a folder declares: "Name", and
// "Type.Member" of its types.
func exportedNames(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				names[strings.TrimPrefix(receiver(d)+"."+d.Name.Name, ".")] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					addSpec(names, spec)
				}
			}
		}
	}
	return names
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	name, _ := of.(*ast.Ident)
	if name == nil {
		return "generic"
	}
	return name.Name
}

func addSpec(names map[string]bool, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			names[name.Name] = true
		}
	case *ast.TypeSpec:
		names[s.Name.Name] = true
		fields, ok := s.Type.(*ast.StructType)
		if !ok {
			return
		}
		for _, field := range fields.Fields.List {
			for _, name := range field.Names {
				names[s.Name.Name+"."+name.Name] = true
			}
		}
	}
}

// moduleBesideThisOne returns the folder of a new module that uses this one
// with the same dependencies.
func moduleBesideThisOne(t *testing.T) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	const this = "github.com/mcpmount/mcpmount"
	text := strings.Replace(string(mod), "module "+this, "module readme", 1)
	text += fmt.Sprintf("\nrequire %s v0.0.0\nreplace %s => %s\n", this, this, here)
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"go.mod": text, "go.sum": string(sum)})
	return dir
}

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
