package mcpmount_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcpmount/mcpmount"
)

func shopDocument() *mcpmount.Document {
	return &mcpmount.Document{
		BasePath: "/v1",
		Operations: []mcpmount.Operation{
			{ID: "listOrders", Name: "list_orders", Method: "GET", Path: "/orders", Tags: []string{"orders"}},
			{ID: "createOrder", Name: "create_order", Method: "POST", Path: "/orders", Tags: []string{"orders"}},
			{ID: "getOrder", Name: "get_order", Method: "GET", Path: "/orders/{id}", Tags: []string{"orders"}},
			{ID: "listItems", Name: "list_items", Method: "GET", Path: "/orders/{id}/items", Tags: []string{"orders", "items"}},
			{ID: "purge", Name: "purge", Method: "DELETE", Path: "/admin/purge", Tags: []string{"admin"}},
			{ID: "ping", Name: "ping", Method: "GET", Path: "/ping"},
		},
	}
}

func TestSelectKeeps(t *testing.T) {
	tests := []struct {
		name string
		sel  mcpmount.Select
		want string
	}{
		{"nothing said keeps all", mcpmount.Select{}, "listOrders createOrder getOrder listItems purge ping"},
		{"include tag drops the untagged", mcpmount.Select{IncludeTags: []string{"orders"}}, "listOrders createOrder getOrder listItems"},
		{"exclude tag keeps the untagged", mcpmount.Select{ExcludeTags: []string{"orders"}}, "purge ping"},
		{"includes are a union", mcpmount.Select{IncludeTags: []string{"items"}, IncludeOperations: []string{"ping"}}, "listItems ping"},
		{"excludes are a union too", mcpmount.Select{ExcludeTags: []string{"admin"}, ExcludeOperations: []string{"ping"}}, "listOrders createOrder getOrder listItems"},
		{"deny wins", mcpmount.Select{IncludeTags: []string{"orders"}, ExcludeTags: []string{"items"}}, "listOrders createOrder getOrder"},
		{"deny wins over a name", mcpmount.Select{IncludeOperations: []string{"purge", "ping"}, ExcludePaths: []string{"/admin/**"}}, "ping"},
		{"tool name instead of operationId", mcpmount.Select{IncludeOperations: []string{"get_order"}}, "getOrder"},
		{"operationId", mcpmount.Select{IncludeOperations: []string{"getOrder"}}, "getOrder"},
		{"path of any method", mcpmount.Select{IncludePaths: []string{"/orders"}}, "listOrders createOrder"},
		{"path with method", mcpmount.Select{IncludePaths: []string{"GET /orders"}}, "listOrders"},
		{"method in lower case", mcpmount.Select{IncludePaths: []string{"delete /admin/purge"}}, "purge"},
		{"one segment", mcpmount.Select{IncludePaths: []string{"/orders/*"}}, "getOrder"},
		{"part of a segment", mcpmount.Select{IncludePaths: []string{"/p*g"}}, "ping"},
		{"stars for nothing", mcpmount.Select{IncludePaths: []string{"/*pi*ng*"}}, "ping"},
		{"several parts of a segment", mcpmount.Select{IncludePaths: []string{"/o*d*s"}}, "listOrders createOrder"},
		{"any depth includes none", mcpmount.Select{IncludePaths: []string{"GET /orders/**"}}, "listOrders getOrder listItems"},
		{"any depth in the middle", mcpmount.Select{IncludePaths: []string{"/**/items"}}, "listItems"},
		{"with base path", mcpmount.Select{IncludePaths: []string{"/v1/ping"}}, "ping"},
		{"read only", mcpmount.Select{ReadOnly: true}, "listOrders getOrder listItems ping"},
		{"read only after an include", mcpmount.Select{IncludeTags: []string{"orders"}, ReadOnly: true}, "listOrders getOrder listItems"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := tt.sel.Apply(shopDocument())
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, op := range doc.Operations {
				ids = append(ids, op.ID)
			}
			if got := strings.Join(ids, " "); got != tt.want {
				t.Errorf("kept %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSelectErrors(t *testing.T) {
	tests := []struct {
		name string
		sel  mcpmount.Select
		want []string
	}{
		{"unknown tag", mcpmount.Select{IncludeTags: []string{"ordres"}}, []string{`include tag "ordres" names nothing`}},
		{"unknown operation", mcpmount.Select{ExcludeOperations: []string{"nope"}}, []string{`exclude operation "nope" names nothing`}},
		{"unknown path", mcpmount.Select{ExcludePaths: []string{"PUT /orders"}}, []string{`exclude path "PUT /orders" names nothing`}},
		{"another beginning", mcpmount.Select{ExcludePaths: []string{"/x*ng"}}, []string{"names nothing"}},
		{"another end", mcpmount.Select{ExcludePaths: []string{"/pi*x"}}, []string{"names nothing"}},
		{"beginning and end overlap", mcpmount.Select{ExcludePaths: []string{"/pin*ing"}}, []string{"names nothing"}},
		{"another middle", mcpmount.Select{ExcludePaths: []string{"/p*x*g"}}, []string{"names nothing"}},
		{"middle that the end has", mcpmount.Select{ExcludePaths: []string{"/p*n*ng"}}, []string{"names nothing"}},
		{"middle twice", mcpmount.Select{ExcludePaths: []string{"/p*i*i*g"}}, []string{"names nothing"}},
		{"all of them at once", mcpmount.Select{IncludeTags: []string{"a"}, ExcludeTags: []string{"b"}}, []string{`"a"`, `"b"`}},
		{"nothing left", mcpmount.Select{IncludeTags: []string{"admin"}, ExcludeTags: []string{"admin"}}, []string{"leaves none of 6"}},
		{"nothing left of a read-only choice", mcpmount.Select{IncludeTags: []string{"admin"}, ReadOnly: true}, []string{"leaves none"}},
		{"no slash", mcpmount.Select{IncludePaths: []string{"orders"}}, []string{`include path "orders"`, `"/"`}},
		{"stars within a segment", mcpmount.Select{IncludePaths: []string{"/a**"}}, []string{"whole segment"}},
		{"empty operation", mcpmount.Select{IncludeOperations: []string{""}}, []string{"needs a name"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := tt.sel.Apply(shopDocument())
			if err == nil {
				t.Fatalf("kept %d operations, want an error", len(doc.Operations))
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

// Editing a selection must not change the document that it was made from.
func TestSelectCopies(t *testing.T) {
	doc := shopDocument()
	doc.Operations[0].Parameters = []mcpmount.Parameter{{Name: "limit", In: mcpmount.InQuery}}
	doc.Operations[0].RequestBody = &mcpmount.RequestBody{Content: []mcpmount.MediaType{{Type: "application/json"}}}
	want := doc.Clone()
	selected, err := mcpmount.Select{}.Apply(doc)
	if err != nil {
		t.Fatal(err)
	}
	op := &selected.Operations[0]
	op.Name, op.Parameters[0].Name, op.Tags[0], op.RequestBody.Content[0].Type = "x", "x", "x", "x"
	selected.Operations = slices.Delete(selected.Operations, 1, 2)
	if diff := cmp.Diff(want, doc, cmp.AllowUnexported(mcpmount.Schema{})); diff != "" {
		t.Errorf("the document changed (-want +got):\n%s", diff)
	}
}
