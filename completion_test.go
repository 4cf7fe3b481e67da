package mcpmount_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

const petsSpec = `
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets/{status}:
    get:
      operationId: pets
      parameters:
        - {name: status, in: path, required: true, schema: {$ref: "#/components/schemas/Status"}}
        - {name: tags, in: query, schema: {type: array, items: {enum: [red, green, Blue]}}}
        - {name: size, in: query, schema: {oneOf: [{enum: [1, 2]}, {const: 10}, {type: "null"}]}}
        - {name: cute, in: query, schema: {type: boolean}}
        - {name: code, in: query, schema: {enum: [CODES]}}
        - {name: name, in: query, schema: {type: string}}
        - {name: filter, in: query, style: deepObject, schema: {type: object, properties: {a: {type: string}}}}
      responses: {"200": {description: ok, content: {text/plain: {}}}}
components:
  schemas:
    Status: {type: string, enum: [available, pending, sold, "", 7, null]}
`

// petsTemplate is the URI template of the only operation of petsSpec: lists
// repeat their name, and objects are left out.
const petsTemplate = "api://pets/pets/{status}{?tags*,size,cute,code,name}"

func petsDocument(t *testing.T) *mcpmount.Document {
	var codes []string
	for i := range 150 {
		codes = append(codes, fmt.Sprintf("c%03d", i))
	}
	return parse(t, strings.Replace(petsSpec, "CODES", strings.Join(codes, ", "), 1))
}

func complete(t *testing.T, session *mcp.ClientSession, uri, name, value string) (mcp.CompletionResultDetails, error) {
	t.Helper()
	res, err := session.Complete(t.Context(), &mcp.CompleteParams{
		Ref:      &mcp.CompleteReference{Type: "ref/resource", URI: uri},
		Argument: mcp.CompleteParamsArgument{Name: name, Value: value},
	})
	if err != nil {
		return mcp.CompletionResultDetails{}, err
	}
	return res.Completion, nil
}

// What a schema enumerates completes the variables of a template.
func TestCompletion(t *testing.T) {
	doc := petsDocument(t)
	doc.PreferResources()
	ts := httptest.NewServer(newServer(t, doc, echo))
	t.Cleanup(ts.Close)
	for _, e := range eras {
		t.Run(e.name, func(t *testing.T) {
			session := e.connect(t, ts.URL, nil, nil)
			if c := session.InitializeResult().Capabilities; c.Completions == nil {
				t.Error("completions are not advertised")
			}
			for _, tt := range []struct{ name, value, want string }{
				{"status", "", "available pending sold 7"},
				{"status", "S", "sold"},
				{"status", "x", ""},
				{"status", "available and more", ""},
				{"tags", "b", "Blue"},
				{"size", "1", "1 10"},
				{"cute", "", "true false"},
				{"name", "", ""},
				{"nope", "", ""},
			} {
				got, err := complete(t, session, petsTemplate, tt.name, tt.value)
				if err != nil || strings.Join(got.Values, " ") != tt.want || got.Total != len(got.Values) || got.HasMore {
					t.Errorf("%s=%s: %+v, %v, want %s", tt.name, tt.value, got, err, tt.want)
				}
			}
			got, err := complete(t, session, petsTemplate, "code", "C")
			if err != nil || len(got.Values) != 100 || got.Total != 150 || !got.HasMore || !slices.IsSorted(got.Values) {
				t.Errorf("150 values: %+v, %v, want the first 100", got, err)
			}
			for _, uri := range []string{"api://pets/pets/{nope}", "api://pets/pets/sold", ""} {
				if _, err := complete(t, session, uri, "status", ""); err == nil || !strings.Contains(err.Error(), "no such") {
					t.Errorf("%q: error %v", uri, err)
				}
			}
		})
	}
}

// Without a template that has known values there are no completions, unless the
// app has its own; those are asked for what the document does not know.
func TestCompletionByHand(t *testing.T) {
	hand := func(_ context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
		return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: []string{"by hand: " + req.Params.Ref.Name + req.Params.Argument.Name}}}, nil
	}
	resources := petsDocument(t)
	resources.PreferResources()
	for _, tt := range []struct {
		name                   string
		doc                    *mcpmount.Document
		hand                   func(context.Context, *mcp.CompleteRequest) (*mcp.CompleteResult, error)
		advertised             bool
		status, field, greeted string
	}{
		{"neither", petsDocument(t), nil, false, "!method not found", "!method not found", "!method not found"},
		{"resources", resources, nil, true, "sold", "", "!no such prompt"},
		{"by hand", petsDocument(t), hand, true, "by hand: status", "by hand: name", "by hand: greetwho"},
		{"both", resources, hand, true, "sold", "by hand: name", "by hand: greetwho"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, err := mcpmount.New(tt.doc, mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
				Logger: slog.New(slog.DiscardHandler),
				Server: func(o *mcp.ServerOptions) { o.CompletionHandler = tt.hand },
			})
			if err != nil {
				t.Fatal(err)
			}
			ts := httptest.NewServer(srv)
			t.Cleanup(ts.Close)
			for _, e := range eras[:2] {
				session := e.connect(t, ts.URL, nil, nil)
				if got := session.InitializeResult().Capabilities.Completions != nil; got != tt.advertised {
					t.Errorf("%s: completions advertised: %v", e.name, got)
				}
				check := func(what, want string, got mcp.CompletionResultDetails, err error) {
					t.Helper()
					if text, fails := strings.CutPrefix(want, "!"); fails {
						if err == nil || !strings.Contains(err.Error(), text) {
							t.Errorf("%s: %s: error %v, want %s", e.name, what, err, text)
						}
					} else if err != nil || strings.Join(got.Values, " ") != want {
						t.Errorf("%s: %s: %+v, %v, want %q", e.name, what, got, err, want)
					}
				}
				got, err := complete(t, session, petsTemplate, "status", "so")
				check("a known variable", tt.status, got, err)
				got, err = complete(t, session, petsTemplate, "name", "")
				check("an open variable", tt.field, got, err)
				res, err := session.Complete(t.Context(), &mcp.CompleteParams{
					Ref:      &mcp.CompleteReference{Type: "ref/prompt", Name: "greet"},
					Argument: mcp.CompleteParamsArgument{Name: "who"},
				})
				if err == nil {
					got = res.Completion
				}
				check("a prompt", tt.greeted, got, err)
			}
		})
	}
}

// Completions come and go with the document.
func TestCompletionUpdate(t *testing.T) {
	_, srv, ts := serve(t, nil)
	advertised := func() bool {
		return eras[1].connect(t, ts.URL+"/mcp", nil, nil).InitializeResult().Capabilities.Completions != nil
	}
	if advertised() {
		t.Error("advertised without resources")
	}
	doc := petsDocument(t)
	doc.PreferResources()
	if err := srv.Update(doc); err != nil {
		t.Fatal(err)
	}
	if !advertised() {
		t.Error("not advertised after the update")
	}
}

// A list is written as RFC 6570 expands {?tags*}, and as many clients expand
// it: with commas. An escaped comma is a part of a value.
func TestReadLists(t *testing.T) {
	doc := parse(t, `{"openapi":"3.1.0","info":{"title":"r","version":"1"},"paths":{"/x/{ids}":{"get":{"operationId":"x","parameters":[
		{"name":"ids","in":"path","required":true,"schema":{"type":"array","items":{"type":"integer"}}},
		{"name":"tags","in":"query","schema":{"type":"array","items":{"type":"string"}}},
		{"name":"word","in":"query","schema":{"type":["string","array"]}}],"responses":{"200":{"description":"ok"}}}}}}`)
	doc.PreferResources()
	srv := newServer(t, doc, echo)
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	for _, e := range eras[:2] {
		session := e.connect(t, ts.URL, nil, nil)
		list, err := session.ListResourceTemplates(t.Context(), nil)
		if err != nil || len(list.ResourceTemplates) != 1 || list.ResourceTemplates[0].URITemplate != "api://r/x/{ids}{?tags*,word}" {
			t.Fatalf("templates %+v, %v", list, err)
		}
		for uri, want := range map[string]string{
			"api://r/x/1":                 "path /x/1 query ",
			"api://r/x/1,2":               "path /x/1,2 query ",
			"api://r/x/1?tags=a":          "path /x/1 query tags=a",
			"api://r/x/1?tags=a&tags=b":   "path /x/1 query tags=a&tags=b",
			"api://r/x/1?tags=a,b":        "path /x/1 query tags=a&tags=b",
			"api://r/x/1?tags=a%2Cb":      "path /x/1 query tags=a%2Cb",
			"api://r/x/1?word=a,b":        "path /x/1 query word=a%2Cb",
			"api://r/x/1?word=a&tags=%3B": "path /x/1 query tags=%3B&word=a",
		} {
			res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
			if err != nil {
				t.Errorf("%s: %s: %v", e.name, uri, err)
				continue
			}
			if diff := cmp.Diff(want, res.Contents[0].Text); diff != "" || res.Contents[0].URI != uri {
				t.Errorf("%s: %s (-want +got):\n%s", e.name, uri, diff)
			}
		}
		for _, uri := range []string{"api://r/x/1,x", "api://r/x/,", "api://r/x/1?tags=%zz", "api://r/x/1?tags[]=a"} {
			if res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri}); err == nil {
				t.Errorf("%s: %s: %+v, want an error", e.name, uri, res.Contents)
			}
		}
	}
}
