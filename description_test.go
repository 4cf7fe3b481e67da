package mcpmount_test

import (
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

const describedSpec = `
openapi: 3.1.0
info: {title: D, version: "1"}
paths:
  /x:
    get:
      operationId: x
      summary: Get x
      responses:
        "200":
          description: an x
          content:
            application/json: {schema: {$ref: "#/components/schemas/X"}, example: {a: 1}}
            text/csv: {}
        "404": {description: no x}
        default: {description: "", content: {application/problem+json: {schema: {type: object}}}}
  /y:
    get: {operationId: y, summary: Get y, responses: {default: {description: a y}}}
components:
  schemas:
    X: {type: object, properties: {a: {type: integer}, secret: {type: string, writeOnly: true}}}
`

func TestDescribeResponses(t *testing.T) {
	const (
		success = "\n\n### Responses:\n\n**200**: an x\n\nContent-Type: application/json\n\nExample:\n```json\n{\"a\":1}\n```"
		schema  = "\n\nSchema:\n```json\n{\"$ref\":\"#/$defs/X\",\"$defs\":{\"X\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}}}\n```"
		csv     = "\n\nContent-Type: text/csv"
		failure = "\n\n**404**: no x\n\n**default**: no description\n\nContent-Type: application/problem+json"
		object  = "\n\nSchema:\n```json\n{\"type\":\"object\"}\n```"
		y       = "\n\n### Responses:\n\n**default**: a y"
	)
	tests := []struct {
		name    string
		which   mcpmount.DescribeResponses
		schemas bool
		x, y    string
	}{
		{"none", mcpmount.DescribeNone, false, "", ""},
		{"no schemas without responses", mcpmount.DescribeNone, true, "", ""},
		{"success", mcpmount.DescribeSuccess, false, success + csv, y},
		{"success with schemas", mcpmount.DescribeSuccess, true, success + schema + csv, y},
		{"all", mcpmount.DescribeAll, false, success + csv + failure, y},
		{"all with schemas", mcpmount.DescribeAll, true, success + schema + csv + failure + object, y},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, err := mcpmount.New(parse(t, describedSpec), mcpmount.InProcess(newNotesAPI()), &mcpmount.Options{
				DescribeResponses: tt.which, DescribeSchemas: tt.schemas,
			})
			if err != nil {
				t.Fatal(err)
			}
			tools := srv.Tools()
			if got, want := tools[0].Description, "Get x"+tt.x; got != want {
				t.Errorf("description of x:\n%s\nwant:\n%s", got, want)
			}
			if got, want := tools[1].Description, "Get y"+tt.y; got != want {
				t.Errorf("description of y:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// A schema that would fill a description is cut.
func TestDescribeLargeSchema(t *testing.T) {
	long := strings.Repeat("w ", 10_000)
	doc := parse(t, strings.Replace(describedSpec, "a: {type: integer}", "a: {$ref: '#/components/schemas/Long'}", 1)+"    Long: {type: string, description: "+long+"}\n")
	srv, err := mcpmount.New(doc, mcpmount.InProcess(newNotesAPI()), &mcpmount.Options{DescribeResponses: mcpmount.DescribeSuccess, DescribeSchemas: true})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"$ref":"#/$defs/X","$defs":{"X":{"type":"object","properties":{"a":{"type":"string"}}}}}`
	if got := srv.Tools()[0].Description; !strings.Contains(got, want) || strings.Contains(got, "w w") {
		t.Errorf("description of %d bytes, want the schema %s", len(got), want)
	}
}
