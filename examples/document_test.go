package examples_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/swaggo/swag"

	_ "github.com/mcpmount/mcpmount/examples/ginswag/docs"
)

// badBooks and badPets break what the types of the handlers say.
var (
	badBooks = []string{
		`{}`,
		`{"title":"","copies":1}`,
		`{"title":"Emma"}`,
		`{"title":"Emma","copies":0}`,
		`{"title":"Emma","copies":"one"}`,
		`{"title":"Emma","copies":1.5}`,
		`{"title":"Emma","copies":1,"genre":"cookbook"}`,
		`{"title":"` + strings.Repeat("x", 81) + `","copies":1}`,
	}
	badPets = []string{
		`{}`,
		`{"name":"","kind":"cat"}`,
		`{"name":"Mog"}`,
		`{"name":"Mog","kind":"dodo"}`,
		`{"name":"Mog","kind":"cat","age":31}`,
		`{"name":"Mog","kind":"cat","age":"old"}`,
		`{"name":7,"kind":"cat"}`,
		`{"name":"` + strings.Repeat("x", 41) + `","kind":"cat"}`,
	}
)

func TestHuma(t *testing.T) {
	p := start(t, "huma")
	status, document := p.rest(t, "GET", "/openapi.json", "")
	if status != 200 {
		t.Fatal(status)
	}
	checkMountLines(t, "huma/main.go")
	for _, era := range eras {
		session := p.connect(t, "/mcp", era, nil)
		checkToolsOf(t, session, document, map[string][]string{"add-book": {"copies", "genre", "title"}, "get-book": {"id"}})
		checkAlike(t, p, session, "/books", "add-book", badBooks)
		checkFails(t, session, "get-book", map[string]any{"id": 0}, "id")
		checkFails(t, session, "get-book", map[string]any{"id": 99}, "no such book")
		if got, isError := call(t.Context(), t, session, "add-book", map[string]any{"title": "Emma", "copies": 2}); isError || !strings.Contains(got, `"title":"Emma"`) {
			t.Errorf("add-book: %s", got)
		}
	}
	checkREST(t, p, "GET", "/books/0", "", 422, "")
	checkREST(t, p, "POST", "/books", `{"title":"Emma","copies":2}`, 200, `"id":3`)
	p.stop(t)
}

func TestGinSwag(t *testing.T) {
	p := start(t, "ginswag")
	document, err := swag.ReadDoc()
	if err != nil {
		t.Fatal(err)
	}
	checkMountLines(t, "ginswag/main.go")
	for _, era := range eras {
		session := p.connect(t, "/mcp", era, nil)
		checkToolsOf(t, session, document, map[string][]string{"addPet": {"age", "kind", "name"}, "getPet": {"id"}})
		checkAlike(t, p, session, "/pets", "addPet", badPets)
		checkFails(t, session, "getPet", map[string]any{"id": 0}, "id")
		checkCall(t, session, "getPet", map[string]any{"id": 7}, `{"id":7,"name":"Mog","kind":"cat"}`)
	}
	checkREST(t, p, "GET", "/pets/0", "", 400, "")
	checkREST(t, p, "POST", "/pets", `{"name":"Mog","kind":"cat"}`, 201, `"id":1`)
	p.connect(t, "/mcp/", "", nil) // gin routes it apart
	p.stop(t)
}

func TestChiScan(t *testing.T) {
	checkGenerated(t, "chiscan")
	p := start(t, "chiscan")
	checkREST(t, p, "POST", "/tasks", `{"title":"sleep"}`, 201, `{"id":1,"title":"sleep","done":false}`)
	checkREST(t, p, "POST", "/tasks", `{}`, 400, "a task has a title")
	for _, era := range eras {
		session := p.connect(t, "/mcp", era, nil)
		checkTools(t, session, "finish", "tasksCreate", "tasksList")
		checkFails(t, session, "tasksCreate", map[string]any{}, `"title"`)
		checkFails(t, session, "tasksCreate", map[string]any{"title": ""}, `"title"`)
		checkFails(t, session, "finish", map[string]any{"id": "first"}, `"id"`)
		checkFails(t, session, "finish", map[string]any{"id": 2}, "there is no such task")
		checkCall(t, session, "finish", map[string]any{"id": 1}, `{"id":1,"title":"sleep","done":true}`)
		checkCall(t, session, "tasksList", map[string]any{"done": "false"}, `[]`)
	}
	p.stop(t)
}

// checkGenerated checks that the document which a program embeds is the one that
// go generate would write.
func checkGenerated(t *testing.T, dir string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^//go:generate mcpmount (scan .*)$`).FindSubmatch(source)
	if m == nil {
		t.Fatalf("%s does not generate its document", dir)
	}
	scan := exec.CommandContext(t.Context(), filepath.Join(binaries, "mcpmount"), append(strings.Fields(string(m[1])), "--check", "--strict")...)
	scan.Dir = dir
	if out, err := scan.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", scan, err, out)
	}
}

func TestTyped(t *testing.T) {
	p := start(t, "typed")
	checkREST(t, p, "PUT", "/items/m1", `{"name":"mug","stock":3}`, 200, `{"sku":"m1","name":"mug","stock":3}`)
	for _, era := range eras {
		session := p.connect(t, "/mcp", era, nil)
		checkTools(t, session, "list_items", "put_item")
		checkCall(t, session, "put_item", map[string]any{"sku": "c1", "name": "cup", "stock": 1}, `{"sku":"c1","name":"cup","stock":1}`)
		checkCall(t, session, "list_items", map[string]any{"min_stock": 2}, `[{"sku":"m1","name":"mug","stock":3}]`)
		for _, body := range []string{`{}`, `{"name":""}`, `{"name":7}`, `{"name":"cup","stock":-1}`, `{"name":"` + strings.Repeat("x", 41) + `"}`} {
			checkREST(t, p, "PUT", "/items/c1", body, 400, "")
			var args map[string]any
			unmarshal(t, []byte(body), &args)
			args["sku"] = "c1"
			if got, isError := call(t.Context(), t, session, "put_item", args); !isError || strings.Contains(got, "400") {
				t.Errorf("put_item %s = %s (error %t): the API was asked", body, got, isError)
			}
		}
	}
	p.stop(t)
}

// checkMountLines counts the lines of a program that are about mcpmount: the
// promise of the README is at most six.
func checkMountLines(t *testing.T, file string) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(source)) {
		if strings.Contains(line, "spec, err :=") || strings.Contains(line, "mcpmount.") && !strings.Contains(line, `"`+"github.com") || strings.Contains(line, "srv") && !strings.Contains(line, "server.Run") {
			lines++
		}
	}
	if lines == 0 || lines > 6 {
		t.Errorf("%s has %d lines about mcpmount", file, lines)
	}
}

// checkToolsOf checks that the tools are the operations of a document, with the
// same texts, and that each has the arguments that are named, with the rules that the
// document has for them.
func checkToolsOf(t *testing.T, session *mcp.ClientSession, document string, arguments map[string][]string) {
	t.Helper()
	want := describedTools(t, document)
	list, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, taken := map[string]any{}, map[string][]string{}
	for _, tool := range list.Tools {
		schema, _ := tool.InputSchema.(map[string]any)
		properties, _ := schema["properties"].(map[string]any)
		taken[tool.Name] = slices.Sorted(maps.Keys(properties))
		required, _ := schema["required"].([]any)
		slices.SortFunc(required, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		rules := map[string]any{"": required}
		for name, property := range properties {
			rules[name] = rulesOf(property)
		}
		got[tool.Name] = []any{tool.Description, rules}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the document says (-) and the tools (+):\n%s", diff)
	}
	if diff := cmp.Diff(arguments, taken); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

// describedTools returns, for each operation of a document, its summary and the
// rules of each of its arguments; those of "" are which ones are required.
func describedTools(t *testing.T, document string) map[string]any {
	t.Helper()
	type parameter struct {
		Name, In string
		Required bool
		Schema   json.RawMessage
	}
	var d struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Summary     string
			Parameters  []json.RawMessage
			RequestBody struct {
				Content map[string]struct{ Schema json.RawMessage }
			} `json:"requestBody"`
		}
		Components  struct{ Schemas map[string]json.RawMessage }
		Definitions map[string]json.RawMessage
	}
	unmarshal(t, []byte(document), &d)
	tools := map[string]any{}
	for _, methods := range d.Paths {
		for _, operation := range methods {
			rules, required := map[string]any{}, []any{}
			body := operation.RequestBody.Content["application/json"].Schema
			for _, raw := range operation.Parameters {
				var p parameter
				unmarshal(t, raw, &p)
				if p.In == "body" { // of Swagger 2.0
					body = p.Schema
					continue
				}
				var own any
				unmarshal(t, raw, &own)
				if p.Schema != nil {
					unmarshal(t, p.Schema, &own)
				}
				rules[p.Name] = rulesOf(own)
				required = append(required, p.Name)
			}
			if body != nil {
				var schema struct {
					Ref        string `json:"$ref"`
					Required   []any
					Properties map[string]map[string]any
				}
				unmarshal(t, body, &schema)
				name := schema.Ref[strings.LastIndex(schema.Ref, "/")+1:]
				unmarshal(t, append(d.Components.Schemas[name], d.Definitions[name]...), &schema)
				required = append(required, schema.Required...)
				for name, property := range schema.Properties {
					if property["readOnly"] != true {
						rules[name] = rulesOf(property)
					}
				}
			}
			slices.SortFunc(required, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
			rules[""] = required
			tools[operation.OperationID] = []any{operation.Summary, rules}
		}
	}
	return tools
}

// rulesOf returns the keywords of a schema that a value can break.
func rulesOf(schema any) map[string]any {
	rules := map[string]any{}
	s, _ := schema.(map[string]any)
	for _, keyword := range []string{"type", "format", "enum", "minimum", "maximum", "minLength", "maxLength", "description"} {
		if rule, ok := s[keyword]; ok {
			rules[keyword] = rule
		}
	}
	return rules
}

func unmarshal(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

// checkAlike checks that bodies which REST refuses are refused as arguments.
func checkAlike(t *testing.T, p *process, session *mcp.ClientSession, path, tool string, bodies []string) {
	t.Helper()
	for _, body := range bodies {
		if status, answer := p.rest(t, "POST", path, body); status < 400 || status >= 500 {
			t.Errorf("POST %s %s = %d %s", path, body, status, answer)
		}
		if got, isError := call(t.Context(), t, session, tool, json.RawMessage(body)); !isError {
			t.Errorf("%s %s = %s", tool, body, got)
		}
	}
}
