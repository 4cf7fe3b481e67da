package mcpmount_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// What handlers of an app have: one struct for each route, or several.
type (
	itemID struct {
		ID int `uri:"id" param:"id" json:"-" binding:"required"`
	}
	paging struct {
		Limit  int      `form:"limit,default=20" query:"limit" binding:"min=1,max=100"`
		Sort   string   `form:"sort" query:"sort" binding:"omitempty,oneof=name price"`
		Tags   []string `form:"tag" query:"tag"`
		Tenant string   `header:"X-Tenant"`
		Track  string   `cookie:"track"`
	}
	category struct {
		Name     string      `json:"name"`
		Children []*category `json:"children,omitempty"`
	}
	createItem struct {
		Name     string            `json:"name" validate:"required,max=80" description:"what it is called"`
		Price    float64           `json:"price" validate:"gt=0"`
		Owner    *string           `json:"owner,omitempty" validate:"omitempty,email"`
		Labels   map[string]string `json:"labels,omitempty"`
		Category *category         `json:"category,omitempty"`
		Codes    []string          `json:"codes" validate:"max=3,dive,len=4"`
		DryRun   bool              `form:"dry_run"`
	}
	updateItem struct {
		itemID
		createItem
	}
	item struct {
		createItem
		ID      int             `json:"id"`
		Created time.Time       `json:"created"`
		Raw     json.RawMessage `json:"raw,omitempty"`
		Data    []byte          `json:"data,omitempty"`
		Count   int64           `json:"count,string"`
	}
	page[T any] struct {
		Items []T `json:"items"`
		Next  *T  `json:"next"`
	}
	upload struct {
		itemID
		File  *multipart.FileHeader   `form:"file" binding:"required"`
		More  []*multipart.FileHeader `form:"more"`
		Title string                  `form:"title"`
	}
	login struct {
		User string `form:"user" binding:"required,email"`
		Pass string `form:"pass" binding:"required"`
	}
)

func (item) String() string { return "" } // methods that JSON does not ask about change nothing

// The input schema of a tool is the struct that the handler binds.
func TestRouteInput(t *testing.T) {
	type query struct {
		From   time.Time      `query:"from" time_format:"2006-01-02"`
		Since  time.Time      `query:"since"`
		Wait   time.Duration  `query:"wait"`
		Filter map[string]int `query:"filter"`
		IDs    []int          `query:"ids" collection_format:"csv"`
		Active *bool          `query:"active" doc:"only those" default:"true"`
		Paging struct {
			Page int `query:"page" example:"2"`
		}
	}
	for _, c := range []struct {
		op   mcpmount.Operation
		want string
	}{
		{mcpmount.Route[itemID, item]("GET", "/items/:id"),
			`{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"],"additionalProperties":false}`},
		{mcpmount.Route[paging, page[item]]("GET", "/items"),
			`{"type":"object","properties":{"limit":{"type":"integer","minimum":1,"maximum":100,"default":20},"sort":{"type":"string","enum":["name","price"]},` +
				`"tag":{"type":"array","items":{"type":"string"}},"X-Tenant":{"type":"string","pattern":"^[ -~]*$"},"track":{"type":"string"}},"additionalProperties":false}`},
		{mcpmount.Route[*updateItem, *item]("put", "/items/{id:[0-9]+}"),
			`{"type":"object","properties":{"id":{"type":"integer"},"dry_run":{"type":"boolean"},"name":{"type":"string","minLength":1,"maxLength":80,"description":"what it is called"},` +
				`"price":{"type":"number","exclusiveMinimum":0},"owner":{"type":"string","format":"email"},"labels":{"type":"object","additionalProperties":{"type":"string"}},` +
				`"category":{"$ref":"#/$defs/category"},"codes":{"type":"array","items":{"type":"string","minLength":4,"maxLength":4},"maxItems":3}},"required":["id","name"],` +
				`"additionalProperties":false,"$defs":{"category":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/category"}}}}}}`},
		{mcpmount.Route[[]category, mcpmount.None]("POST", "/bulk"),
			`{"type":"object","properties":{"body":{"type":"array","items":{"$ref":"#/$defs/category"}}},"required":["body"],"additionalProperties":false,` +
				`"$defs":{"category":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/category"}}}}}}`},
		{mcpmount.Route[login, string]("POST", "/login"),
			`{"type":"object","properties":{"user":{"type":"string","minLength":1,"format":"email"},"pass":{"type":"string","minLength":1}},"required":["user","pass"],"additionalProperties":false}`},
		{mcpmount.Route[query, string]("GET", "/search"),
			`{"type":"object","properties":{"from":{"type":"string","format":"date"},"since":{"type":"string","format":"date-time"},"wait":{"type":["string","integer"]},` +
				`"filter":{"type":"object","additionalProperties":{"type":"integer"}},"ids":{"type":"array","items":{"type":"integer"}},` +
				`"active":{"type":"boolean","default":true,"description":"only those"},"page":{"type":"integer","examples":[2]}},"additionalProperties":false}`},
	} {
		t.Run(c.op.Method+" "+c.op.Path, func(t *testing.T) {
			got, err := json.Marshal(routeTool(t, c.op).InputSchema)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// The output schema is what encoding/json writes: embedded structs, options, nulls.
func TestRouteOutput(t *testing.T) {
	tool := routeTool(t, mcpmount.Route[mcpmount.None, page[item]]("GET", "/items"))
	got, err := json.Marshal(tool.OutputSchema)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"object","properties":{"items":{"type":["array","null"],"items":{"$ref":"#/$defs/item"}},"next":{"anyOf":[{"$ref":"#/$defs/item"},{"type":"null"}]}},` +
		`"required":["items","next"],"$defs":{"category":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/category"},{"type":"null"}]}}},"required":["name"]},` +
		`"item":{"type":"object","properties":{"name":{"type":"string","description":"what it is called"},"price":{"type":"number"},"owner":{"type":"string"},` +
		`"labels":{"type":"object","additionalProperties":{"type":"string"}},"category":{"$ref":"#/$defs/category"},"codes":{"type":["array","null"],"items":{"type":"string"}},"DryRun":{"type":"boolean"},` +
		`"id":{"type":"integer"},"created":{"type":"string","format":"date-time"},"raw":{},"data":{"type":"string","contentEncoding":"base64"},"count":{"type":"string"}},` +
		`"required":["name","price","codes","DryRun","id","created","count"]}}}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// routeTool returns the tool that a document with one operation has.
func routeTool(t *testing.T, op mcpmount.Operation) *mcp.Tool {
	t.Helper()
	doc := &mcpmount.Document{Operations: []mcpmount.Operation{op}}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{OutputSchemas: mcpmount.OutputSchemasStrict})
	if err != nil {
		t.Fatal(err)
	}
	if problems := srv.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
	return srv.Tools()[0]
}

// Arguments arrive where the tags of the handler's struct look for them.
func TestRouteRequest(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text := string(body)
		if _, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && params["boundary"] != "" {
			text = strings.ReplaceAll(strings.ReplaceAll(text, params["boundary"], "--"), "\r\n", "|")
		}
		fmt.Fprintf(w, "%s %s tenant=%s cookie=%s %s", r.Method, r.RequestURI, r.Header.Get("X-Tenant"), r.Header.Get("Cookie"), text)
	})
	for _, c := range []struct {
		op         mcpmount.Operation
		args, want string
	}{
		{mcpmount.Route[paging, string]("GET", "/items"), `{"limit": 5, "tag": ["a", "b c"], "X-Tenant": "t1", "track": "x"}`,
			"GET /items?limit=5&tag=a&tag=b%20c tenant=t1 cookie=track=x "},
		{mcpmount.Route[updateItem, string]("PUT", "/items/:id"), `{"id": 7, "name": "n", "dry_run": true, "price": 1.50}`,
			`PUT /items/7?dry_run=true tenant= cookie= {"name":"n","price":1.50}`},
		{mcpmount.Route[login, string]("POST", "/login"), `{"user": "a@b.c", "pass": "p&q"}`,
			"POST /login tenant= cookie= user=a%40b.c&pass=p%26q"},
		{mcpmount.Route[upload, string]("POST", "/items/:id<int>/files"), `{"id": 7, "title": "t", "file": {"text": "hello", "filename": "h.txt"}}`,
			"POST /items/7/files tenant= cookie= ----|Content-Disposition: form-data; name=\"file\"; filename=\"h.txt\"|Content-Type: application/octet-stream||hello|----|" +
				"Content-Disposition: form-data; name=\"title\"||t|------|"},
		{mcpmount.Route[[]byte, string]("PUT", "/blob"), `{"body": {"text": "raw"}}`, "PUT /blob tenant= cookie= raw"},
		{mcpmount.Route[string, string]("PUT", "/text"), `{"body": "raw"}`, "PUT /text tenant= cookie= raw"},
		{mcpmount.Route[map[string]int, string]("PUT", "/map"), `{"body": {"a": 1}}`, `PUT /map tenant= cookie= {"a":1}`},
		{mcpmount.Route[mcpmount.None, string]("GET", "/files/*"), `{"path": "a/b.txt"}`, "GET /files/a%2Fb.txt tenant= cookie= "},
	} {
		t.Run(c.op.Method+" "+c.op.Path, func(t *testing.T) {
			c.op.Name = "it"
			srv, err := mcpmount.New(&mcpmount.Document{Operations: []mcpmount.Operation{c.op}}, mcpmount.InProcess(app), nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := connect(t, srv).CallTool(t.Context(), &mcp.CallToolParams{Name: "it", Arguments: json.RawMessage(c.args)})
			if err != nil {
				t.Fatal(err)
			}
			if got := text(res); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// Every spelling of a path becomes the one of OpenAPI, and what is none an error.
func TestRoutePaths(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"", "/"},
		{"/", "/"},
		{"/items/:id", "/items/{id}"},
		{"/items/{id}", "/items/{id}"},
		{"/items/{id:[0-9]{3}}/x", "/items/{id}/x"},
		{"/items/{id:a/b}", "/items/{id}"},
		{"/items/:id<int;min(3)>/:name?", "/items/{id}/{name}"},
		{"/items/:id<regex(^[a-z>]{2}$)>", "/items/{id}"},
		{"/flights/:from-:to", "/flights/{from}-{to}"},
		{"/flights/:from.:to", "/flights/{from}.{to}"},
		{"/users/:user-id", "/users/{user-id}"},
		{"/users/:id.json", "/users/{id}.json"},
		{"/items:batch", "/items:batch"},
		{`/items/a\:b`, "/items/a:b"},
		{"/files/*rest", "/files/{rest}"},
		{"/files/{rest...}", "/files/{rest}"},
		{"/files/*", "/files/{path}"},
		{"/files/+", "/files/{path}"},
		{"/:path/*", "/{path}/{path2}"},
		{"/exact/{$}", "/exact/"},
		{"items", `route GET items: the path "items" must start with a slash`},
		{"/items/{id", `route GET /items/{id: the path "/items/{id" has a { without its }`},
		{"/items/{}", `route GET /items/{}: the path "/items/{}" has a parameter without a name`},
		{"/a/:x/:x", `route GET /a/:x/:x: the path "/a/:x/:x" has two parameters "x"`},
		{"/a?b=c", `route GET /a?b=c: the path "/a?b=c" must not have '?' there; parameters of the query are fields with a query tag`},
		{"/items/:id<int", `route GET /items/:id<int: the path "/items/:id<int" has a < without its >`},
	} {
		op := mcpmount.Route[mcpmount.None, mcpmount.None]("GET", c.path)
		got := op.Path
		if op.Fault != "" {
			got = op.Fault
		}
		if got != c.want {
			t.Errorf("%q became %q, want %q", c.path, got, c.want)
		}
	}
}

// New says what a route cannot be described by, all of it and where.
func TestRouteFaults(t *testing.T) {
	type bad struct {
		Call func()            `json:"call"`
		Keys map[bool]int      `json:"keys"`
		ID   int               `uri:"id"`
		Many []chan int        `json:"many"`
		Low  int               `json:"low" validate:"min=low"`
		Fine map[string]string `json:"-"`
	}
	doc := &mcpmount.Document{Operations: []mcpmount.Operation{
		mcpmount.Route[bad, mcpmount.None]("POST", "/bad/:other"),
		mcpmount.Route[[]int, mcpmount.None]("GET", "/list"),
		mcpmount.Route[mcpmount.None, func()]("GET", "/func"),
		mcpmount.Route[mcpmount.None, mcpmount.None]("G T", "/method"),
		mcpmount.Route[mcpmount.None, string]("GET", "/fine"),
	}}
	_, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil)
	want := "route POST /bad/{other}: mcpmount_test.bad.ID: the path has no parameter \"id\"; name one of its parameters, or drop the tag; " +
		"mcpmount_test.bad.Call: encoding/json has no value for the type func(); give the field another type, or the tag `json:\"-\"`; " +
		"mcpmount_test.bad.Keys: encoding/json has no keys of the type bool; use strings or integers; " +
		"mcpmount_test.bad.Many[]: encoding/json has no value for the type chan int; give the field another type, or the tag `json:\"-\"`; " +
		"mcpmount_test.bad.Low: the rule min=low has no number\n" +
		"route GET /list: []int: GET has no body; what it takes must be a struct, or None\n" +
		"route GET /func: func(): encoding/json has no value for the type func(); give the field another type, or the tag `json:\"-\"`\n" +
		"route G T /method: \"G T\" is not an HTTP method"
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(err.Error(), "\n")); diff != "" {
		t.Error(diff)
	}
	doc.Operations = doc.Operations[4:]
	if _, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), nil); err != nil {
		t.Errorf("what is left is refused: %v", err)
	}
}

// connect returns a client of srv.
func connect(t *testing.T, srv *mcpmount.Server) *mcp.ClientSession {
	t.Helper()
	clientSide, serverSide := mcp.NewInMemoryTransports()
	go srv.Run(t.Context(), serverSide)
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test"}, nil).Connect(t.Context(), clientSide, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	return session
}

// A value with slashes cannot lead to another route, served or hidden.
func TestRouteRest(t *testing.T) {
	none := mcpmount.Route[mcpmount.None, mcpmount.None]
	for _, c := range []struct {
		name   string
		doc    *mcpmount.Document
		wanted bool
	}{
		{"alone", &mcpmount.Document{Operations: []mcpmount.Operation{none("GET", "/files/*path"), none("GET", "/files/:one")}}, true},
		{"elsewhere", &mcpmount.Document{Operations: []mcpmount.Operation{none("GET", "/files/*path"), none("GET", "/other/a/b")}}, true},
		{"below", &mcpmount.Document{Operations: []mcpmount.Operation{none("GET", "/files/*path"), none("GET", "/files/admin/users")}}, false},
		{"below a parameter", &mcpmount.Document{Operations: []mcpmount.Operation{none("GET", "/files/*path"), none("POST", "/:any/admin/users")}}, false},
		{"hidden", &mcpmount.Document{Operations: []mcpmount.Operation{none("GET", "/files/*path")}, Hidden: []string{"DELETE /files/admin/users"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			app := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.URL.Path })
			srv, err := mcpmount.New(c.doc, mcpmount.InProcess(app), nil)
			if err != nil {
				t.Fatal(err)
			}
			res := call(t, connect(t, srv), "get_files_path", map[string]any{"path": "admin/users"})
			if res.IsError == c.wanted || c.wanted != (got == "/files/admin/users") {
				t.Errorf("error %v, the app got %q", res.IsError, got)
			}
			if problems := srv.Problems(); len(problems) > 0 == c.wanted {
				t.Error(problems)
			}
		})
	}
}

// Whatever a router lists becomes a path that can be served, or an error.
func FuzzRoutePath(f *testing.F) {
	for _, path := range []string{"/items/:id<int;min(3)>/:name?", "/a/{id:[0-9]{3}}", "/*", "/{rest...}", "/x/+", `/a\:b`, "/:a-:b", "/{$}", "/:", "/{:}", "/:<>"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		op := mcpmount.Route[mcpmount.None, mcpmount.None]("GET", path)
		_, err := mcpmount.New(&mcpmount.Document{Operations: []mcpmount.Operation{op}}, mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
		if (err != nil) != (op.Fault != "") {
			t.Errorf("%q: %v, fault %q", path, err, op.Fault)
		}
		for _, p := range op.Parameters {
			if op.Fault == "" && !strings.Contains(op.Path, "{"+p.Name+"}") {
				t.Errorf("%q: %q is not in %q", path, p.Name, op.Path)
			}
		}
		new(mcpmount.Document).AddRoutes([]string{path, "GET " + path})
		new(mcpmount.Document).Drift([]string{path, "GET " + path})
	})
}
