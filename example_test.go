package mcpmount_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// An app with a document of its API, and a call of a tool as a client sends it.
func Example() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s asks for order %s", r.Header.Get("Authorization"), r.PathValue("id"))
	})
	app := http.Handler(mux) // with the middleware around it

	doc, err := mcpmount.ParseOpenAPI([]byte(`
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: the order, content: {text/plain: {}}}}
`))
	if err != nil {
		log.Fatal(err)
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(app), nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := srv.Mount(mux, "/mcp"); err != nil {
		log.Fatal(err)
	}
	ts := httptest.NewServer(app)
	defer ts.Close()

	message := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getOrder","arguments":{"id":7}}}`
	req, err := http.NewRequest("POST", ts.URL+"/mcp", strings.NewReader(message))
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer alice")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	fmt.Println(string(answer), err)
	// Output: {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Bearer alice asks for order 7"}]}} <nil>
}

// An app without a document: the structs that its handlers use already describe it.
func ExampleRoute() {
	type createItem struct {
		Name  string  `json:"name" validate:"required,max=80"`
		Price float64 `json:"price" validate:"gt=0"`
	}
	type item struct {
		ID int `json:"id"`
		createItem
	}
	doc := &mcpmount.Document{
		Info: mcpmount.Info{Title: "Shop"},
		Operations: []mcpmount.Operation{
			mcpmount.Route[createItem, item]("POST", "/items"),
			mcpmount.Route[mcpmount.None, mcpmount.None]("DELETE", "/items/{id}"),
		},
	}
	doc.Operation("POST /items").Name = "create_item"
	doc.Operation("POST /items").Summary = "Creates an item."
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, tool := range srv.Tools() {
		fmt.Printf("%s: %s\n", tool.Name, tool.Description)
	}
	// Output:
	// create_item: Creates an item.
	// delete_items_id: DELETE /items/{id}
}

// A tool that is written by hand, beside those of the document.
func ExampleServer_Extend() {
	doc := &mcpmount.Document{Operations: []mcpmount.Operation{mcpmount.Route[mcpmount.None, string]("GET", "/version")}}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
	if err != nil {
		log.Fatal(err)
	}
	type caller struct {
		Address string `json:"address"`
	}
	whoami := func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, caller, error) {
		r := mcpmount.RequestFrom(ctx)
		if r == nil {
			return nil, caller{}, errors.New("nobody calls over stdio") // a model reads it
		}
		return nil, caller{r.RemoteAddr}, nil
	}
	err = srv.Extend(func(s *mcp.Server) {
		mcp.AddTool(s, &mcp.Tool{Name: "whoami", Description: "Says who calls."}, whoami)
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, tool := range srv.Tools() {
		fmt.Println(tool.Name)
	}
	// Output:
	// get_version
	// whoami
}
