//go:build unix

package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A hostileDocument is written anew for each test: some have 30 MB.
type hostileDocument struct {
	name, file string
	check      bool   // its problems are many
	want       string // in the output
	write      func(w *bufio.Writer)
}

// many writes a format n times with a number in the place of each %d, and the
// next number in the place of each %n. What is between them is joined by
// separator.
func many(w *bufio.Writer, n int, separator, format string) {
	parts := strings.Split(format, "%")
	for i := range n {
		if i > 0 {
			w.WriteString(separator)
		}
		w.WriteString(parts[0])
		for _, part := range parts[1:] {
			number := i
			switch {
			case strings.HasPrefix(part, "n"):
				number++
			case !strings.HasPrefix(part, "d"):
				w.WriteString("%" + part)
				continue
			}
			w.WriteString(strconv.Itoa(number))
			w.WriteString(part[1:])
		}
	}
}

// times writes a text n times.
func times(w *bufio.Writer, n int, text string) {
	for range n {
		w.WriteString(text)
	}
}

// schemas writes a document with one operation, whose argument and result have
// the schema A0.
func schemas(body func(w *bufio.Writer)) func(w *bufio.Writer) {
	return func(w *bufio.Writer) {
		w.WriteString(`{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/x": {"post": {
			"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A0"}}}},
			"responses": {"200": {"description": "d", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A0"}}}}}}}},
			"components": {"schemas": {`)
		body(w)
		w.WriteString("}}}")
	}
}

// extension writes a sound document with one extension, whose value body writes.
func extension(body func(w *bufio.Writer)) func(w *bufio.Writer) {
	return func(w *bufio.Writer) {
		w.WriteString(`{"openapi": "3.1.0", "paths": {"/x": {"get": {}}}, "x-value": `)
		body(w)
		w.WriteString("}")
	}
}

// yamlOf writes YAML with one operation, and then body.
func yamlOf(body func(w *bufio.Writer)) func(w *bufio.Writer) {
	return func(w *bufio.Writer) {
		w.WriteString("openapi: 3.1.0\npaths: {/x: {get: {}}}\n")
		body(w)
	}
}

func text(s string) func(w *bufio.Writer) { return func(w *bufio.Writer) { w.WriteString(s) } }

func repeated(n int, s string) func(w *bufio.Writer) {
	return func(w *bufio.Writer) { times(w, n, s) }
}

func numbered(n int, separator, format string) func(w *bufio.Writer) {
	return func(w *bufio.Writer) { many(w, n, separator, format) }
}

func sequence(parts ...func(w *bufio.Writer)) func(w *bufio.Writer) {
	return func(w *bufio.Writer) {
		for _, part := range parts {
			part(w)
		}
	}
}

func nested(n int, open, core, end string) func(w *bufio.Writer) {
	return sequence(repeated(n, open), text(core), repeated(n, end))
}

// diamonds writes n schemas that each have the next one twice.
func diamonds(n int, format string) func(w *bufio.Writer) {
	return schemas(sequence(numbered(n, ",", `"A%d": `+strings.ReplaceAll(format, "@", `{"$ref": "#/components/schemas/A%n"}`)), text(fmt.Sprintf(`,"A%d": {"type": "string"}`, n))))
}

// mesh writes n schemas that each refer to width others.
func mesh(n, width int, format, each string) func(w *bufio.Writer) {
	return schemas(func(w *bufio.Writer) {
		for i := range n {
			if i > 0 {
				w.WriteString(",")
			}
			before, after, _ := strings.Cut(format, "@")
			fmt.Fprintf(w, `"A%d": %s`, i, before)
			for j := range width {
				if j > 0 {
					w.WriteString(",")
				}
				ref := fmt.Sprintf("#/components/schemas/A%d", (i*width+j*j+1)%n)
				w.WriteString(strings.NewReplacer("%r", ref, "%j", fmt.Sprint(j)).Replace(each))
			}
			w.WriteString(after)
		}
	})
}

const oneOfRef = `{"$ref": "%r"}`

var hostileDocuments = []hostileDocument{
	// Aliases, anchors and merges.
	{"billion laughs", "d.yaml", false, "", yamlOf(sequence(text("l0: &l0 [lol]\n"), numbered(9, "", "l%n: &l%n [*l%d,*l%d,*l%d,*l%d,*l%d,*l%d,*l%d,*l%d,*l%d,*l%d]\n")))},
	{"laughs in maps", "d.yaml", false, "", yamlOf(sequence(text("l0: &l0 {a: lol}\n"), numbered(30, "", "l%n: &l%n {a: *l%d, b: *l%d}\n")))},
	{"laughs that become schemas", "d.yaml", false, "", yamlOf(sequence(text("l0: &l0 {type: string}\n"), numbered(22, "", "l%n: &l%n {anyOf: [*l%d, *l%d]}\n"),
		text("components: {schemas: {A0: *l22}}\nwebhooks: *l22\n")))},
	{"laughs that a tool uses", "d.yaml", false, "", sequence(text("openapi: 3.1.0\nx0: &l0 {type: string}\n"), numbered(20, "", "x%n: &l%n {anyOf: [*l%d, *l%d]}\n"),
		text("paths: {/x: {get: {parameters: [{name: a, in: query, schema: *l20}], responses: {200: {content: {application/json: {schema: *l20}}}}}}}\n"))},
	{"quadratic aliases", "d.yaml", false, "", yamlOf(sequence(text("a: &a ["), repeated(100_000, "x,"), text("]\n"), numbered(100_000, "", "k%d: *a\n")))},
	{"a long text many times", "d.yaml", false, "", yamlOf(sequence(text("a: &a "), repeated(1<<20, "x"), text("\n"), numbered(100_000, "", "k%d: *a\n")))},
	{"recursive anchors", "d.yaml", false, "", yamlOf(text("a: &a [*a, {b: &b {c: *a, d: *b}}]\n"))},
	{"an anchor that merges itself", "d.yaml", false, "", yamlOf(text("a: &a {<<: *a, b: 1}\n"))},
	{"merges of merges", "d.yaml", false, "", yamlOf(sequence(text("m0: &m0 {a: 1}\n"), numbered(20_000, "", "m%n: &m%n {<<: *m%d, k%d: 1}\n")))},
	{"merges of a large map", "d.yaml", false, "", yamlOf(sequence(text("a: &a {"), numbered(10_000, "", "k%d: 1, "), text("}\n"), numbered(100_000, "", "m%d: {<<: *a}\n")))},
	{"lists of merges", "d.yaml", false, "", yamlOf(sequence(text("a: &a {b: 1}\nm: {<<: ["), repeated(500_000, "*a,"), text("]}\n")))},
	{"a million anchors", "d.yaml", false, "", yamlOf(numbered(1_000_000, "", "- &a%d x\n"))},
	{"a million aliases", "d.yaml", false, "", yamlOf(sequence(text("a: &a x\nl:\n"), repeated(1_000_000, "- *a\n")))},

	// Depth.
	{"9,000 deep", "d.json", false, "nested more than 1000 levels deep", extension(nested(9_000, "[", "", "]"))},
	{"9,000 deep maps", "d.json", false, "", extension(nested(9_000, `{"a":`, "1", "}"))},
	{"9,000 deep", "d.yaml", false, "", yamlOf(sequence(text("a: "), nested(9_000, "[", "", "]")))},
	{"9,000 deep maps", "d.yaml", false, "", yamlOf(sequence(text("a: "), nested(9_000, "{a: ", "", "}")))},
	{"9,000 deep lists in lines", "d.yaml", false, "", yamlOf(sequence(text("a:\n"), repeated(9_000, "- "), text("x\n")))},
	{"1,000,000 deep", "d.json", false, "", extension(nested(1_000_000, "[", "", "]"))},
	{"1,000,000 deep", "d.yaml", false, "", yamlOf(sequence(text("a: "), nested(1_000_000, "[", "", "]")))},
	{"1,000,000 deep maps", "d.yaml", false, "", yamlOf(sequence(text("a: "), nested(1_000_000, "{a: ", "", "}")))},
	{"1,000,000 deep and cut", "d.yaml", false, "", yamlOf(sequence(text("a: "), repeated(1_000_000, "[{")))},
	{"1,000,000 question marks", "d.yaml", false, "", yamlOf(sequence(text("a:\n "), repeated(1_000_000, "? ")))},
	{"900 deep schemas", "d.json", false, "", schemas(sequence(text(`"A0": `), nested(900, `{"properties": {"a": `, `{"type": "string"}`, "}}")))},
	{"490 deep oneOf of oneOf", "d.json", false, "", schemas(sequence(text(`"A0": `), nested(490, `{"oneOf": [{"type": "integer"}, `, `{"type": "string"}`, "]}")))},

	// References.
	{"path items that refer to each other", "d.json", true, "", text(`{"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}, "/c": {"$ref": "#/paths/~1c"}, "/x": {"get": {}}}}`)},
	{"100,000 path items in a circle", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {`), numbered(100_000, ",", `"/p%d": {"$ref": "#/paths/~1p%n"}`), text(`, "/p100000": {"$ref": "#/paths/~1p0"}}}`))},
	{"a chain of 100,000 schemas", "d.json", true, "", schemas(sequence(numbered(100_000, ",", `"A%d": {"$ref": "#/components/schemas/A%n"}`), text(`, "A100000": {"type": "string"}`)))},
	{"a chain of 100,000 properties", "d.json", false, "", schemas(sequence(numbered(100_000, ",", `"A%d": {"properties": {"a": {"$ref": "#/components/schemas/A%n"}}}`), text(`, "A100000": {"type": "string"}`)))},
	{"a chain through 100,000 pointers", "d.json", true, "", schemas(numbered(100_000, ",", `"A%d": {"$ref": "#/components/schemas/A%n/properties/a"}`))},
	{"a chain of 100,000 parameters", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": [{"$ref": "#/components/parameters/P0"}]}}}, "components": {"parameters": {`),
		numbered(100_000, ",", `"P%d": {"$ref": "#/components/parameters/P%n"}`), text(`, "P100000": {"name": "a", "in": "query"}}}}`))},
	{"2^40 diamonds of allOf", "d.json", false, "", diamonds(40, `{"allOf": [@, @]}`)},
	{"10^16 diamonds of allOf", "d.json", false, "", diamonds(40, `{"allOf": [@, @, @, @, @, @, @, @, @, @]}`)},
	{"50^40 diamonds of required properties", "d.json", false, "", func(w *bufio.Writer) {
		schemas(sequence(func(w *bufio.Writer) {
			for i := range 40 {
				fmt.Fprintf(w, `"A%d": {"type": "object", "required": [`, i)
				many(w, 25, ",", `"%d"`)
				w.WriteString(`], "properties": {`)
				many(w, 25, ",", fmt.Sprintf(`"%%d": {"$ref": "#/components/schemas/A%d"}`, i+1))
				w.WriteString("}},")
			}
		}, text(`"A40": {"type": "string"}`)))(w)
	}},
	{"2^40 diamonds of properties", "d.json", false, "", diamonds(40, `{"type": "object", "required": ["a", "b"], "properties": {"a": @, "b": @}}`)},
	{"2^40 diamonds of items", "d.json", false, "", diamonds(40, `{"type": "array", "items": @, "prefixItems": [@]}`)},
	{"2^40 diamonds of oneOf", "d.json", false, "", diamonds(40, `{"oneOf": [@, @]}`)},
	{"2^40 diamonds of if", "d.json", false, "", diamonds(40, `{"if": @, "then": @, "else": @}`)},
	{"2^900 diamonds of allOf", "d.json", false, "", diamonds(900, `{"allOf": [@, @, {"properties": {"p%d": @}}]}`)},
	{"2^40 diamonds of parameters", "d.yaml", false, "", sequence(text("openapi: 3.1.0\nx0: &l0 [{name: a, in: query}]\n"), numbered(40, "", "x%n: &l%n [*l%d, *l%d]\n"), text("paths: {/x: {parameters: *l40, get: {}}}\n"))},

	// Many schemas that refer to many.
	{"5,000 mutually recursive schemas", "d.json", true, "", mesh(5_000, 20, `{"type": "object", "properties": {@}}`, `"p%j": {"$ref": "%r"}`)},
	{"2,000 schemas that are any of 100", "d.json", false, "", mesh(2_000, 100, `{"anyOf": [@]}`, oneOfRef)},
	{"2,000 schemas that are all of 50", "d.json", false, "", mesh(2_000, 50, `{"type": "object", "allOf": [@]}`, oneOfRef)},
	{"a mesh of discriminators", "d.json", true, "", mesh(1_000, 60, `{"type": "object", "required": ["t"], "properties": {"t": {"type": "string"}}, "discriminator": {"propertyName": "t"}, "oneOf": [@]}`, oneOfRef)},
	{"a mesh of discriminators with mappings", "d.json", true, "", mesh(500, 100, `{"type": "object", "discriminator": {"propertyName": "t", "mapping": {@}}, "properties": {"t": {"type": "string"}}}`, `"m%j": "%r"`)},
	{"all of 100,000", "d.json", false, "", schemas(sequence(text(`"A0": {"allOf": [`), numbered(100_000, ",", `{"properties": {"p%d": {"type": "string"}}}`), text("]}")))},
	{"one of 100,000 references", "d.json", false, "", schemas(sequence(text(`"A0": {"oneOf": [`), numbered(100_000, ",", `{"$ref": "#/components/schemas/B%d"}`), text("]},"), numbered(100_000, ",", `"B%d": {"type": "object"}`)))},
	{"a mesh that 2,000 operations use", "d.json", false, "", sequence(text(`{"openapi": "3.1.0", "paths": {`),
		numbered(2_000, ",", `"/p%d": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A%d"}}}}, "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A%n"}}}}}}}`),
		text(`}, "components": {"schemas": {"A2000": {},`), func(w *bufio.Writer) {
			for i := range 2_000 {
				if i > 0 {
					w.WriteString(",")
				}
				fmt.Fprintf(w, `"A%d": {"type": "object", "properties": {`, i)
				for j := range 10 {
					if j > 0 {
						w.WriteString(",")
					}
					fmt.Fprintf(w, `"p%d": {"$ref": "#/components/schemas/A%d"}`, j, (i*7+j*j*31+1)%2_000)
				}
				w.WriteString("}}")
			}
		}, text("}}}"))},

	// Many and large values.
	{"a text of 32 MB", "d.json", false, "", extension(sequence(text(`"`), repeated(32<<20, "x"), text(`"`)))},
	{"a description of 32 MB", "d.yaml", false, "", yamlOf(sequence(text("info:\n  description: |\n"), repeated(500_000, "    "+strings.Repeat("x", 60)+"\n")))},
	{"a key of 8 MB", "d.json", false, "", extension(sequence(text(`{"`), repeated(8<<20, "k"), text(`": 1}`)))},
	{"a key of 8 MB", "d.yaml", false, "", yamlOf(sequence(text(`"`), repeated(8<<20, "k"), text("\": 1\n")))},
	{"a property of 8 MB", "d.json", true, "", schemas(sequence(text(`"A0": {"properties": {"`), repeated(8<<20, "k"), text(`": {"$ref": "#/no"}}}`)))},
	{"a path of 8 MB", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {"/`), repeated(1<<20, "{a}/{b}/"), text(`": {"get": {}}, "/x": {"get": {}}}}`))},
	{"a million keys", "d.json", false, "", extension(sequence(text("{"), numbered(1_000_000, ",", `"k%d":1`), text("}")))},
	{"a million keys", "d.yaml", false, "", yamlOf(numbered(1_000_000, "", "k%d: 1\n"))},
	{"a million keys in a line", "d.yaml", false, "", yamlOf(sequence(text("a: {"), numbered(1_000_000, ",", `k%d: 1`), text("}\n")))},
	{"a million keys without values", "d.yaml", false, "", yamlOf(sequence(text("a: {"), numbered(1_000_000, ",", `k%d`), text("}\n")))},
	{"a million elements", "d.json", false, "", extension(sequence(text("["), repeated(5_000_000, "1,"), text("1]")))},
	{"a million elements", "d.yaml", false, "", yamlOf(sequence(text("a: ["), repeated(1_000_000, "x,"), text("]\n")))},
	{"10 million elements", "d.yaml", false, "", yamlOf(sequence(text("a: ["), repeated(10_000_000, "x, "), text("]\n")))},
	{"10 million elements, not cut", "d.json", false, "", extension(sequence(text("["), repeated(10_000_000, "[],"), text("1]")))},
	{"two million elements of different texts", "d.json", false, "", extension(sequence(text("["), numbered(2_000_000, ",", `"x%d"`), text("]")))},
	{"a million maps", "d.json", false, "", extension(sequence(text("["), numbered(1_000_000, ",", `{"a":%d}`), text("]")))},
	{"20 MB of maps in a line", "d.yaml", false, "", yamlOf(sequence(text("a: ["), repeated(1_000_000, "{aa: bbb, cc: dddd}, "), text("]\n")))},
	{"20 MB of maps in lines", "d.yaml", false, "", yamlOf(sequence(text("a: [\n"), repeated(1_000_000, "  {aa: bbb, cc: dddd},\n"), text("]\n")))},
	{"12 MB of maps in lines", "d.yaml", false, "", yamlOf(sequence(text("a:\n"), numbered(200_000, "", "  - {name: n%d, description: some words that explain it}\n")))},
	{"30 MB of short lines", "d.yaml", false, "", yamlOf(repeated(3_000_000, "kkkk: vvvv\n"))},
	{"JSON of 40 MB with a comma too many", "d.json", false, "", extension(sequence(text("["), repeated(3_000_000, `{"a":"bbb"},`), text("]")))},
	{"JSON of 8 MB with a comma too many", "d.json", false, "", extension(sequence(text("["), repeated(600_000, `{"a":"bbb"},`), text("]")))},
	{"YAML of empty items", "d.yaml", false, "", yamlOf(sequence(text("a:\n"), repeated(5_000_000, "-\n")))},
	{"YAML of comments", "d.yaml", false, "", yamlOf(repeated(5_000_000, "# x\n"))},
	{"YAML of comments between values", "d.yaml", false, "", yamlOf(numbered(500_000, "", "# x\nk%d: 1 # y\n"))},
	{"YAML of documents", "d.yaml", false, "", yamlOf(repeated(1_000_000, "---\nx\n"))},
	{"YAML of tags", "d.yaml", true, "", yamlOf(sequence(text("a:\n"), numbered(500_000, "", "- !t%d x\n")))},
	{"YAML of directives", "d.yaml", false, "", sequence(numbered(100_000, "", "%TAG !t%d! x\n"), text("---\nopenapi: 3.1.0\n"))},
	{"YAML of escapes", "d.yaml", false, "", yamlOf(sequence(text(`a: "`), repeated(2_000_000, `\u00e4`), text("\"\n")))},
	{"YAML of folded lines", "d.yaml", false, "", yamlOf(sequence(text("a: >\n"), repeated(3_000_000, "  x\n\n")))},
	{"YAML of plain lines", "d.yaml", false, "", yamlOf(sequence(text("a: x\n"), repeated(3_000_000, "  y\n")))},
	{"YAML of complex keys", "d.yaml", true, "", yamlOf(numbered(300_000, "", "? [a%d]\n: b\n"))},
	{"the same key a million times", "d.yaml", true, "", yamlOf(repeated(1_000_000, "k: 1\n"))},
	{"NULs", "d.yaml", false, "", repeated(16<<20, "\x00")},
	{"UTF-16", "d.json", false, "", sequence(text("\xff\xfe"), repeated(16<<20, "[\x00"))},

	// Numbers, lists and patterns in schemas.
	{"1e999999", "d.json", true, "", schemas(text(`"A0": {"type": "object", "properties": {"a": {"type": "number", "minimum": 1e999999, "multipleOf": 1e-999999, "default": -1e999999999999, "maxLength": 1e400}}}`))},
	{"numbers of a million digits", "d.yaml", false, "", yamlOf(sequence(text("a: "), repeated(1_000_000, "9"), text("\nb: 0x"), repeated(1_000_000, "f"), text("\nc: 1e999999\n")))},
	{"a million enum values", "d.json", false, "", schemas(sequence(text(`"A0": {"enum": [`), numbered(1_000_000, ",", "%d"), text("]}")))},
	{"100,000 required names", "d.json", false, "", schemas(sequence(text(`"A0": {"type": "object", "required": [`), numbered(100_000, ",", `"r%d"`), text("]}")))},
	{"100,000 keywords", "d.json", false, "", schemas(sequence(text(`"A0": {"type": "object", "properties": {"a": {`), numbered(100_000, ",", `"x-%d": 1`), text("}}}")))},
	{"100,000 properties", "d.json", false, "", schemas(sequence(text(`"A0": {"type": "object", "properties": {`), numbered(100_000, ",", `"p%d": {"type": "string"}`), text("}}")))},
	{"long regular expressions", "d.json", false, "", schemas(sequence(text(`"A0": {"type": "object", "properties": {"a": {"pattern": "`), repeated(100_000, "(a*)*"), text(`"}, "b": {"pattern": "`), nested(900, "(", "a", "){1000}"), text(`"}}}`)))},
	{"patternProperties of 1,000 patterns", "d.json", false, "", schemas(sequence(text(`"A0": {"type": "object", "patternProperties": {`), numbered(1_000, ",", `"^(a+)+%d${1,900}": {"type": "string"}`), text(`}}`)))},
	{"an example of 16 MB in 1,000 operations", "d.yaml", false, "", sequence(text("openapi: 3.1.0\nx: &e\n"), numbered(1_000_000, "", "  - %d\n"),
		text("paths:\n"), numbered(1_000, "", "  /p%d: {get: {parameters: [{name: a, in: query, example: *e, schema: {type: array, default: *e}}]}}\n"))},

	// Many problems, many operations.
	{"a million problems", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {"/x": {"get": {}},`), numbered(1_000_000, ",", `"/p%d": 1`), text("}}"))},
	{"100,000 dead references", "d.json", true, "", schemas(sequence(text(`"A0": {"properties": {`), numbered(100_000, ",", `"p%d": {"$ref": "#/no/%d"}`), text("}}")))},
	{"100,000 parameters", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {"/x": {"get": {"parameters": [`), numbered(100_000, ",", `{"name": "p%d", "in": "query"}`), text("]}}}}"))},
	{"a path item that 100,000 paths share", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {`), numbered(100_000, ",", `"/p%d": {"$ref": "#/x"}`), text(`}, "x": {"get": {"parameters": [`), numbered(900, ",", `{"name": "p%d", "in": "query"}`), text("]}}}"))},
	{"a response of 10,000 media types that 10,000 operations share", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {`), numbered(10_000, ",", `"/p%d": {"get": {"responses": {"200": {"$ref": "#/x"}}}}`), text(`}, "x": {"content": {`), numbered(10_000, ",", `"a/b%d": {}`), text("}}}"))},
	{"a large schema that 5,000 operations share", "d.json", false, "", sequence(text(`{"openapi": "3.1.0", "paths": {`),
		numbered(5_000, ",", `"/p%d": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/x"}}}}, "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/x"}}}}}}}`),
		text(`}, "x": {"type": "object", "properties": {`), numbered(20_000, ",", `"p%d": {"type": "string", "enum": ["a", "b"]}`), text("}}}"))},
	{"10,000 security schemes in 10,000 alternatives", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {"/x": {"get": {}}, "/y": {"get": {}}}, "security": [`), numbered(10_000, ",", `{"s%d": [], "s%n": []}`),
		text(`], "components": {"securitySchemes": {`), numbered(10_000, ",", `"s%d": {"type": "apiKey", "in": "query", "name": "k%d"}`), text("}}}"))},
	{"server variables in server variables", "d.json", true, "", sequence(text(`{"openapi": "3.1.0", "paths": {"/x": {"get": {}}}, "servers": [{"url": "https://a.example/`), repeated(10_000, "{v}"), text(`", "variables": {"v": {"default": "`), repeated(10_000, "{v}"), text(`"}}}]}`))},
}

// TestHostileFiles has references to files that lead out of the folder, are no
// files, or are very many.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	command := buildCommand(t)
	outside, dir := t.TempDir(), t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret.yaml"), "type: string\ndescription: a secret\n")
	for name, target := range map[string]string{
		"link.yaml": filepath.Join(outside, "secret.yaml"),
		"folder":    outside,
		"loop.yaml": "loop.yaml",
		"zero.yaml": "/dev/zero",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	const deep = 5_000
	for i := range deep {
		write(filepath.Join(dir, fmt.Sprintf("f%d.yaml", i)), fmt.Sprintf("{properties: {a: {$ref: 'f%d.yaml'}, b: {$ref: 'f%d.yaml'}}}\n", i+1, (i+2)%deep))
	}
	write(filepath.Join(dir, "big.yaml"), "["+strings.Repeat("{a: b}, ", 1<<17)+"]")
	refs := []string{"link.yaml", "folder/secret.yaml", "loop.yaml", "zero.yaml", "../" + filepath.Base(outside) + "/secret.yaml",
		filepath.Join(outside, "secret.yaml"), "file://" + filepath.Join(outside, "secret.yaml"), "/etc/passwd", ".", "", "..", "d.yaml", "%2e%2e/x", "http://127.0.0.1:1/x", "big.yaml#/0", "f0.yaml"}
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\npaths:\n  /x:\n    get:\n      parameters:\n")
	for i, ref := range refs {
		fmt.Fprintf(&b, "      - {name: p%d, in: query, schema: {$ref: %q}}\n", i, ref)
	}
	write(filepath.Join(dir, "d.yaml"), b.String())
	for _, args := range [][]string{{"check"}, {"tools", "--json"}} {
		r := runCommand(t, command, append(args, filepath.Join(dir, "d.yaml"))...)
		r.check(t)
		if strings.Contains(r.stdout+r.stderr, "a secret") {
			t.Errorf("%v shows what is outside of the folder", args)
		}
		t.Logf("%v: %s, %d MB: exit code %d", args, r.took, r.peak>>20, r.code)
	}
}
