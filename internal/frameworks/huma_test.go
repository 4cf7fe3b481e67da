package frameworks

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gofiber/fiber/v2"
	"github.com/gorilla/mux"
	"github.com/labstack/echo/v4"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"github.com/mcpmount/mcpmount"
)

// humaRouters have the same operations on every router that huma has an adapter for.
var humaRouters = map[string]func() (huma.API, http.Handler){
	"net/http": func() (huma.API, http.Handler) {
		r := http.NewServeMux()
		return humago.New(r, huma.DefaultConfig("Items", "1")), r
	},
	"chi": func() (huma.API, http.Handler) {
		r := chi.NewRouter()
		return humachi.New(r, huma.DefaultConfig("Items", "1")), r
	},
	"gin": func() (huma.API, http.Handler) {
		r := gin.New()
		return humagin.New(r, huma.DefaultConfig("Items", "1")), r
	},
	"echo": func() (huma.API, http.Handler) {
		r := echo.New()
		return humaecho.New(r, huma.DefaultConfig("Items", "1")), r
	},
	"gorilla/mux": func() (huma.API, http.Handler) {
		r := mux.NewRouter()
		return humamux.New(r, huma.DefaultConfig("Items", "1")), r
	},
}

// startHumaFiber has a connection in memory, since huma sets deadlines on one, which
// fiber's adaptor does not have.
func startHumaFiber(t *testing.T) (api huma.API, rt http.RoundTripper, front http.Handler) {
	app := fiber.New(fiber.Config{UnescapePath: true})
	api = humafiber.New(app, huma.DefaultConfig("Items", "1"))
	// recipe: huma on fiber
	ln := fasthttputil.NewInmemoryListener()
	go fasthttp.Serve(ln, func(c *fasthttp.RequestCtx) { app.Handler()(c) })
	dial := func(context.Context, string, string) (net.Conn, error) { return ln.Dial() }
	rt, err := mcpmount.Upstream("http://fiber", &http.Transport{DialContext: dial})
	// end
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return api, rt, &httputil.ReverseProxy{Transport: &http.Transport{DialContext: dial}, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "fiber"}) }}
}

type (
	humaItem   struct{ Body item }
	humaCreate struct{ Body createItem }
	humaList   struct{ Body itemList }
)

func humaOperations(api huma.API, s *service) {
	huma.Get(api, "/items", func(_ context.Context, in *listItems) (*humaList, error) {
		return &humaList{s.list(in.Limit)}, nil
	})
	huma.Post(api, "/items", func(_ context.Context, in *humaCreate) (*humaItem, error) {
		return &humaItem{s.create(in.Body)}, nil
	})
	huma.Get(api, "/items/{id}", func(_ context.Context, in *itemID) (*humaItem, error) {
		if i, ok := s.get(in.ID); ok {
			return &humaItem{i}, nil
		}
		return nil, huma.Error404NotFound("no such item")
	})
}

func mountHuma(api huma.API, rt http.RoundTripper) (*mcpmount.Server, error) {
	// recipe: huma
	srv, err := mcpmount.New(nil, rt, &mcpmount.Options{
		Info:   mcp.Implementation{Name: "items"},
		Source: func(context.Context) ([]byte, error) { return json.Marshal(api.OpenAPI()) },
	})
	// end
	return srv, err
}

// Huma's document is read at the first request, so that operations that are
// registered after the mount are there; its tools are those of the document.
func TestHuma(t *testing.T) {
	for name, router := range humaRouters {
		t.Run(name, func(t *testing.T) {
			api, h := router()
			testHuma(t, api, mcpmount.InProcess(h), h)
		})
	}
	t.Run("fiber", func(t *testing.T) {
		api, rt, h := startHumaFiber(t)
		testHuma(t, api, rt, h)
	})
}

func testHuma(t *testing.T, api huma.API, rt http.RoundTripper, h http.Handler) {
	srv, err := mountHuma(api, rt)
	if err != nil {
		t.Fatal(err)
	}
	humaOperations(api, newService())
	front := http.NewServeMux()
	front.Handle("/", h)
	if err := srv.Mount(front, "/mcp"); err != nil {
		t.Fatal(err)
	}
	url := listen(t, front)
	session := connect(t, url, "", "/mcp", nil)
	if problems := srv.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
	list, err := session.ListTools(t.Context(), nil)
	if err != nil || len(list.Tools) != 3 {
		t.Fatalf("%d tools, %v", len(list.Tools), err)
	}
	for _, tool := range list.Tools {
		if schema, _ := json.Marshal(tool.InputSchema); strings.Contains(string(schema), "$schema") {
			t.Errorf("%s has an argument that nobody is to set: %s", tool.Name, schema)
		}
	}
	compareWithREST(t, url, session)
}

// compareWithREST sends the same values to the API and to the tools: both take them,
// or none.
func compareWithREST(t *testing.T, url string, session *mcp.ClientSession) {
	t.Helper()
	for _, c := range []struct {
		body string
		ok   bool
	}{
		{`{"name": "pot", "price": 2}`, true}, {`{"name": "pot"}`, true}, {`{}`, false}, {`{"name": 7}`, false}, {`{"name": "pot", "price": "x"}`, false},
		{`{"name": ""}`, false}, {`{"name": "pot", "other": 1}`, false},
	} {
		res, err := http.Post(url+"/items", "application/json", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		var args map[string]any
		if err := json.Unmarshal([]byte(c.body), &args); err != nil {
			t.Fatal(err)
		}
		text, isError := call(t, session, "post-items", args)
		if ok := res.StatusCode < 300; ok != c.ok || isError == c.ok {
			t.Errorf("%s: the API says %d, the tool %s", c.body, res.StatusCode, text)
		}
	}
}
