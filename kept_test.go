package mcpmount

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// releasedSpec has what a tool can be made of, and a text that no tool has, behind all
// of it in the same document.
const releasedSpec = `{"openapi": "3.1.0", "info": {"title": "A title of its own", "version": "1.0.0", "description": "What the API is for."},
"servers": [{"url": "https://{region}.example.com/v1", "variables": {"region": {"default": "eu-central", "enum": ["eu-central", "us-west"]}}}],
"paths": {
	"/orders/{orderNumber}": {"parameters": [{"name": "orderNumber", "in": "path", "required": true, "schema": {"type": "string", "enum": ["one", "two"]}}],
		"get": {"operationId": "readOrder", "summary": "Reads an order", "description": "With everything that is in it.", "tags": ["orders"],
			"parameters": [{"name": "fields[]", "in": "query", "style": "form", "schema": {"type": "array", "items": {"type": "string"}}}, {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}],
			"security": [{"oauth": ["orders:read"]}], "responses": {"200": {"description": "an order", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}}},
		"put": {"operationId": "writeOrder", "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}, "responses": {"204": {"description": "done"}}},
		"post": {"operationId": "uploadPapers", "servers": [{"url": "https://papers.example.com"}], "requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object",
			"properties": {"scannedPaper": {"type": "string", "format": "binary"}, "remarks": {"type": "string"}}}, "encoding": {"scannedPaper": {"contentType": "application/pdf"}}}}}, "responses": {"201": {"description": "done"}}},
		"patch": {"operationId": "changeOrder", "x-mcp": {"name": "change_it"}, "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Order"}}}}, "responses": {"204": {"description": "done"}}}},
	"/stock/{warehouse}": {"get": {"operationId": "readStock", "parameters": [{"name": "warehouse", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"200": {"description": "stock"}}}}},
"components": {"schemas": {"Order": {"type": "object", "description": "An order.", "required": ["customerName"], "properties": {"customerName": {"type": "string"}, "total.amount": {"type": "number"}}}},
	"securitySchemes": {"oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://login.example.com/token", "scopes": {"orders:read": "read"}}}}}},
"x-unused": %q}`

// A server does not keep the document that it was made of, nor its text: neither one
// that is served nor one that was, whatever its tools were made of.
func TestServerKeepsNoDocument(t *testing.T) {
	const unused = 32 << 20
	read := func(title string) *Document {
		doc, err := ParseOpenAPI([]byte(strings.Replace(fmt.Sprintf(releasedSpec, strings.Repeat("x", unused)), "A title of its own", title, 1)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range doc.Operations {
			if doc.Operations[i].ID == "readStock" {
				doc.Operations[i].Kind = KindResource
			}
		}
		return doc
	}
	before := heapInUse()
	srv, err := New(read("First"), InProcess(http.NotFoundHandler()), &Options{DescribeSchemas: true, DescribeResponses: DescribeAll})
	if err != nil {
		t.Fatal(err)
	}
	if kept := heapInUse() - before; kept > unused/4 {
		t.Errorf("a server of a document of %d bytes keeps %d", unused, kept)
	}
	if err := srv.Update(read("Second")); err != nil {
		t.Fatal(err)
	}
	if kept := heapInUse() - before; kept > unused/4 {
		t.Errorf("after an update to a document of %d bytes, the server keeps %d", unused, kept)
	}
	if n := len(srv.Tools()); n != 4 {
		t.Errorf("%d tools, want 4", n)
	}
}

// heapInUse returns how many bytes are reachable.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
