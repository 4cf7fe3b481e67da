package openapi

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// FuzzLoad loads any bytes with any file beside them. What loads has a method
// and a path for each operation, and schemas that are valid and complete.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(sampleModern), []byte("title: x"))
	f.Add([]byte(sampleSwagger), []byte(""))
	f.Add([]byte("openapi: 3.0.0\npaths: {/x: {$ref: b.yaml}}"), []byte("get: {parameters: [{name: a, in: query, schema: {$ref: 'a.yaml#/paths/~1x'}}]}"))
	f.Add([]byte(queryOfA+"components: {schemas: {A0: {$ref: 'b.yaml#/a'}}}"), []byte("a: {oneOf: [{$ref: '#/a'}, {$ref: '#/b'}], nullable: true}\nb: {allOf: [{$ref: '#/a'}], $anchor: c, items: {$ref: '#c'}}"))
	f.Add([]byte(queryOfA+"components: {schemas: {A0: {$id: x, $defs: {y: {$ref: '#'}}, items: [{$ref: '#/$defs/y'}], example: 1}}}"), []byte("[]"))
	f.Add([]byte(`{"openapi":"3.2.0","paths":{"/{a}?b={b}":{"additionalOperations":{"COPY":{}},"query":{"x-mcp":{"name":"n"}}}}}`), []byte("{}"))
	names, _ := filepath.Glob(filepath.Join("..", "..", "..", "shared", "specs", "crafted", "*"))
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil && len(data) < 4<<10 {
			f.Add(data, []byte{})
		}
	}
	f.Fuzz(func(t *testing.T, data, other []byte) {
		if len(data)+len(other) > 64<<10 {
			t.Skip("larger inputs find nothing that small ones do not")
		}
		doc, err := Load(Source{FS: fstest.MapFS{"a.yaml": {Data: data}, "b.yaml": {Data: other}}, Name: "a.yaml"})
		if err != nil {
			return
		}
		for _, op := range doc.Operations {
			if op.Method == "" || op.Path == "" || op.Path[0] != '/' {
				t.Errorf("operation %q %q", op.Method, op.Path)
			}
			for _, p := range op.Parameters {
				if p.Name == "" || p.In == "" || p.Style == "" {
					t.Errorf("parameter %+v", p)
				}
			}
		}
		schema := whole(t, doc)
		if _, err := compile(schema); err != nil {
			t.Error(shortened(err))
		}
		if name := endless(schema); name != "" {
			t.Errorf("the definition %q never ends", name)
		}
	})
}
