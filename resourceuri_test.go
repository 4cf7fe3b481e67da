package mcpmount_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// An author chooses the URI of a resource, where it says what to read.
func TestResourceURI(t *testing.T) {
	const spec = `
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /v1/orders/{id}/lines/{line}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}, {name: line, in: path, required: true, schema: {type: string}}]
    get:
      x-mcp: {kind: resource, uri: "%s"}
      parameters: [{name: lang, in: query, schema: {type: string}}]
      responses: {"200": {description: a line, content: {text/plain: {}}}}
`
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) })
	serve := func(uri string) (*mcpmount.Server, *mcp.ClientSession) {
		srv, err := mcpmount.New(parse(t, fmt.Sprintf(spec, uri)), mcpmount.InProcess(app), nil)
		if err != nil {
			t.Fatal(err)
		}
		ts := httptest.NewServer(srv)
		t.Cleanup(ts.Close)
		return srv, eras[0].connect(t, ts.URL, nil, nil)
	}

	_, session := serve("shop://line/{line}/of-order/{id}")
	listed, err := session.ListResourceTemplates(t.Context(), nil)
	if err != nil || len(listed.ResourceTemplates) != 1 || listed.ResourceTemplates[0].URITemplate != "shop://line/{line}/of-order/{id}{?lang}" {
		t.Fatalf("templates: %+v, %v", listed, err)
	}
	for uri, want := range map[string]string{
		"shop://line/7/of-order/a%20b":      "/v1/orders/a%20b/lines/7",
		"shop://line/7/of-order/a?lang=de":  "/v1/orders/a/lines/7?lang=de",
		"shop://line/7/of-order":            "!",
		"shop://line/7/of-order/a/b":        "!",
		"shop:///line/7/of-order/a":         "!",
		"api://shop/v1/orders/a/lines/7":    "!",
		"shop://line/../of-order/a":         "!",
		"shop://line/7/of-order/%2e%2e%2fa": "!",
	} {
		res, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: uri})
		switch {
		case want == "!" && err == nil:
			t.Errorf("%s: read %q, want an error", uri, res.Contents[0].Text)
		case want != "!" && (err != nil || res.Contents[0].Text != want || res.Contents[0].URI != uri):
			t.Errorf("%s: %+v, %v; want %q", uri, res, err, want)
		}
	}

	for _, uri := range []string{
		"shop", "shop://", "://a/{id}/{line}", "shop://{id}", "shop://{id}/{id}", "shop://{id}/{line}/{line}", "shop://{id}/{line}/{other}",
		"shop://{id}/a{line}", "shop://{id}/{line}?a=b", "shop://{id}/{line}#a", "shop://{id}/{line}/a b", "shop://{id}/{line}/%2e", "shop://{id}/{line}{?lang}",
	} {
		srv, session := serve(uri)
		if listed, err := session.ListResourceTemplates(t.Context(), nil); err == nil && len(listed.ResourceTemplates) > 0 {
			t.Errorf("URI %q: there is a template %s", uri, listed.ResourceTemplates[0].URITemplate)
		}
		if problems := srv.Problems(); len(problems) == 0 || !strings.Contains(problems[len(problems)-1].Message, "stays a tool: URI") {
			t.Errorf("URI %q: problems %v", uri, problems)
		}
	}
}
