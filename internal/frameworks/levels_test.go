package frameworks

import (
	"context"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/swaggo/swag"

	"github.com/mcpmount/mcpmount"
)

// docs is what the command of swag writes into a package of its own.
type docs struct{}

func (docs) ReadDoc() string {
	return `{
	"swagger": "2.0", "info": {"title": "Items", "version": "1"}, "basePath": "/v1",
	"paths": {
		"/items": {
			"get": {"summary": "List items", "parameters": [{"name": "limit", "in": "query", "type": "integer", "maximum": 100}],
				"responses": {"200": {"description": "ok", "schema": {"type": "object"}}}},
			"post": {"parameters": [{"name": "item", "in": "body", "required": true, "schema": {"$ref": "#/definitions/main.createItem"}}],
				"responses": {"201": {"description": "created"}}}
		},
		"/gone": {"get": {"responses": {"200": {"description": "ok"}}}}
	},
	"definitions": {"main.createItem": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}, "price": {"type": "number"}}}}
}`
}

// GetSpecJSON is what oapi-codegen generates with embedded-spec.
func GetSpecJSON() ([]byte, error) { return []byte(docs{}.ReadDoc()), nil }

// An app of gin with swag needs its registry and nothing else; what its comments
// have that the router does not is said.
func TestSwag(t *testing.T) {
	swag.Register("swagger", docs{})
	r := gin.New()
	s := newService()
	ginHandlers(r, s)
	v1 := r.Group("/v1")
	srv, err := mountSwag(r, func() []string { return ginRoutes(r) })
	if err != nil {
		t.Fatal(err)
	}
	v1.GET("/items", func(c *gin.Context) { c.JSON(200, s.list(0)) })
	v1.POST("/items", func(c *gin.Context) {
		var in createItem
		if err := c.ShouldBindJSON(&in); err != nil {
			c.JSON(400, failure{err.Error()})
			return
		}
		c.JSON(201, s.create(in))
	})
	url := listen(t, r)
	session := connect(t, url, "", "/mcp", nil)
	if text, isError := call(t, session, "post_items", map[string]any{"name": "pot"}); isError || !strings.Contains(text, `"pot"`) {
		t.Errorf("post_items: %s", text)
	}
	if text, isError := call(t, session, "post_items", map[string]any{"name": ""}); !isError {
		t.Errorf("post_items without a name: %s", text)
	}
	var said []string
	for _, p := range srv.Problems() {
		said = append(said, p.Message)
	}
	want := []string{"the document names GET /v1/gone, which the app does not have"}
	if diff := cmp.Diff(want, said[:min(1, len(said))]); diff != "" {
		t.Error(diff)
	}
}

func mountSwag(r *gin.Engine, routes func() []string) (*mcpmount.Server, error) {
	// recipe: swag
	srv, err := mcpmount.New(nil, mcpmount.InProcess(r), &mcpmount.Options{
		Info:   mcp.Implementation{Name: "items"},
		Source: func(context.Context) ([]byte, error) { doc, err := swag.ReadDoc(); return []byte(doc), err },
		Routes: routes,
	})
	// end
	if err == nil {
		r.Any("/mcp", gin.WrapH(srv))
	}
	return srv, err
}

// The document that oapi-codegen embeds.
func TestEmbedded(t *testing.T) {
	doc, err := readEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := doc.Coverage().String(), "3 routes: 3 typed, 0 by path only, 0 hidden"; got != want {
		t.Errorf("coverage = %s, want %s", got, want)
	}
}

func readEmbedded() (*mcpmount.Document, error) {
	// recipe: oapi-codegen
	spec, err := GetSpecJSON() // of the package that it generates
	if err != nil {
		return nil, err
	}
	doc, err := mcpmount.ParseOpenAPI(spec)
	// end
	return doc, err
}

// Without any types, the routes that a router lists are tools by their paths.
func TestRoutesOnly(t *testing.T) {
	r := gin.New()
	ginHandlers(r, newService())
	doc, err := listedOnly(r)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := doc.Coverage().String(), "10 routes: 0 typed, 7 by path only, 3 hidden"; got != want {
		t.Errorf("coverage = %s, want %s", got, want)
	}
	srv, err := mountGin(r, doc)
	if err != nil {
		t.Fatal(err)
	}
	session := connect(t, listen(t, r), "", "/mcp", nil)
	if text, isError := call(t, session, "get_items_id", map[string]any{"id": "7"}); isError || !strings.Contains(text, `"7"`) {
		t.Errorf("get_items_id: %s", text)
	}
	if len(srv.Tools()) != 7 {
		t.Errorf("%d tools", len(srv.Tools()))
	}
}

func listedOnly(r *gin.Engine) (*mcpmount.Document, error) {
	// recipe: routes only
	doc := &mcpmount.Document{Info: mcpmount.Info{Title: "Items"}}
	err := doc.AddRoutes(ginRoutes(r)) // GET only; name more methods to have them
	// end
	return doc, err
}
