package mcpmount_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

const answersSpec = `
openapi: 3.1.0
info: {title: Answers, version: "1"}
paths:
  /answer:
    get:
      operationId: answer
      parameters: [{name: limit, in: query, schema: {type: integer}}]
      responses: {"200": {description: OK, content: {application/json: {schema: {type: object, properties: {items: {type: array, items: {type: object}}}}}}}}
  /files/{name}:
    get:
      operationId: file
      parameters:
        - {name: name, in: path, required: true, schema: {type: string}}
        - {name: size, in: query, schema: {type: array, items: {type: integer}}}
        - {name: X-Zone, in: header, schema: {type: string}}
        - {name: pin, in: query, schema: {type: string, format: password}}
      responses: {"200": {description: OK, content: {application/pdf: {}}}}
    post:
      operationId: convert
      parameters: [{name: name, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: OK, content: {application/pdf: {}}}}
`

// answersOf serves h behind its MCP server, to a client of the newest version.
func answersOf(t *testing.T, h http.HandlerFunc, opts *mcpmount.Options) *mcp.ClientSession {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	srv, err := mcpmount.New(parse(t, answersSpec), mcpmount.InProcess(h), opts)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	return eras[0].connect(t, ts.URL, nil, nil)
}

// An answer of 5 MB fits a budget of 20 KB, is JSON, and says what is missing, whatever
// its shape; the official client accepts it, with its output schema.
func TestResultBudget(t *testing.T) {
	const size, most = 5_000_000, 20_000
	record := func(i int) string {
		return fmt.Sprintf(`{"id":%d,"price":%d.10,"tags":["a","b"],"text":%q}`, 1<<60+i, i, strings.Repeat("lorem ", 30))
	}
	many := func(each func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			b.WriteString("," + each(i))
		}
		return b.String()[1:]
	}
	for name, body := range map[string]string{
		"an array":        "[" + many(record) + "]",
		"items":           `{"items":[` + many(record) + `],"total":7}`,
		"a map":           "{" + many(func(i int) string { return fmt.Sprintf(`"k%d":%s`, i, record(i)) }) + "}",
		"nested":          strings.Repeat(`{"a":[`, 100) + many(record) + strings.Repeat(`]}`, 100),
		"one text":        `{"items":[{"text":"` + strings.Repeat(`é\n`, size/4) + `"}]}`,
		"items in spaces": `{"items":[` + strings.ReplaceAll(many(record), ",", " ,\n\t") + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			session := answersOf(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				io.WriteString(w, body)
			}, &mcpmount.Options{Results: mcpmount.Results{MaxBytes: most}, Limits: mcpmount.Limits{MaxResponseBytes: 2 * size}})
			if _, err := session.ListTools(t.Context(), nil); err != nil { // for the client to know the schema
				t.Fatal(err)
			}
			res := call(t, session, "answer", nil)
			if res.IsError || len(res.Content) != 2 {
				t.Fatalf("%d contents: %.300s", len(res.Content), text(res))
			}
			value := res.Content[0].(*mcp.TextContent).Text
			if !json.Valid([]byte(value)) || len(value) > most || len(value) < most/2 {
				t.Errorf("%d bytes, valid: %t", len(value), json.Valid([]byte(value)))
			}
			if note := res.Content[1].(*mcp.TextContent).Text; len(note) > 1000 || !strings.Contains(note, "cut to fit 20000 bytes") || !strings.Contains(note, "(limit)") {
				t.Errorf("note: %s", note)
			}
			if structured, err := json.Marshal(res.StructuredContent); err != nil || len(structured) > 2*most {
				t.Errorf("structured content of %d bytes, %v", len(structured), err)
			}
		})
	}
}

func TestTransform(t *testing.T) {
	var log strings.Builder
	broken := false
	session := answersOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"items":[{"id":1,"secret":"x"}],"next":null}`)
	}, &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), OutputSchemas: mcpmount.OutputSchemasStrict, Results: mcpmount.Results{
		Transform: func(_ context.Context, answer json.RawMessage) (json.RawMessage, error) {
			if broken {
				return nil, errors.New("the operator's mistake")
			}
			return []byte(strings.Replace(string(answer), "items", "orders", 1)), nil
		},
		Fields: []string{"/orders/*/id", "next"}, Prune: true,
	}})
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil || tools.Tools[0].OutputSchema != nil {
		t.Errorf("%v: an output schema %v", err, tools.Tools[0].OutputSchema)
	}
	if got := text(call(t, session, "answer", nil)); got != `{"orders":[{"id":1}]}` {
		t.Errorf("got %s", got)
	}
	broken = true
	res := call(t, session, "answer", nil)
	if !res.IsError || strings.Contains(text(res), "secret") || strings.Contains(text(res), "mistake") || !strings.Contains(log.String(), "the operator's mistake") {
		t.Errorf("result %t %s, log %s", res.IsError, text(res), log.String())
	}
}

// A large binary is a link that can be read, by which the same call is made again; where
// no URI stands for the call, it is in the result.
func TestResourceLinks(t *testing.T) {
	content := strings.Repeat("\x00\x01pdf", 100)
	var last *http.Request
	session := answersOf(t, func(w http.ResponseWriter, r *http.Request) {
		last = r
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", `attachment; filename="report.pdf"`)
		io.WriteString(w, content[:len(content)/max(1, len(r.URL.Query()["size"]))])
	}, &mcpmount.Options{Results: mcpmount.Results{LinkBytes: len(content) / 2}})
	for _, tt := range []struct {
		tool string
		args map[string]any
		uri  string
	}{
		{"file", map[string]any{"name": "a b&c"}, "api://answers/files/a%20b%26c"},
		{"file", map[string]any{"name": "ü", "size": []int{3, 4}}, "api://answers/files/%C3%BC?size=3&size=4"},
		{"file", map[string]any{"name": "x", "size": []int{1, 2, 3}}, ""}, // small enough
		{"file", map[string]any{"name": "x", "X-Zone": "z"}, ""},
		{"file", map[string]any{"name": "x", "pin": "1234"}, ""},
		{"convert", map[string]any{"name": "x"}, ""},
	} {
		t.Run(fmt.Sprint(tt.tool, tt.args), func(t *testing.T) {
			res := call(t, session, tt.tool, tt.args)
			first := last.URL.String()
			link, ok := res.Content[len(res.Content)-1].(*mcp.ResourceLink)
			if !ok {
				if tt.uri != "" {
					t.Fatalf("no link: %s", text(res))
				}
				embedded, ok := res.Content[1].(*mcp.EmbeddedResource)
				if !ok || len(embedded.Resource.Blob) == 0 {
					t.Errorf("the content is not in the result: %s", text(res))
				}
				return
			}
			if link.URI != tt.uri || link.Name != "report.pdf" || link.MIMEType != "application/pdf" || link.Size == nil || *link.Size < int64(len(content)/2) {
				t.Errorf("link %+v, want %s", link, tt.uri)
			}
			if !strings.Contains(text(res), link.URI) {
				t.Errorf("a model that sees texts only is told %s", text(res))
			}
			read, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: link.URI})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(read.Contents[0].Blob); int64(len(got)) != *link.Size || !strings.HasPrefix(content, got) {
				t.Errorf("%d bytes are read", len(got))
			}
			if last.URL.String() != first {
				t.Errorf("the call was %s, reading is %s", first, last.URL)
			}
		})
	}
	templates, err := session.ListResourceTemplates(t.Context(), nil)
	if err != nil || len(templates.ResourceTemplates) != 1 {
		t.Errorf("%v, templates %v", err, templates)
	}
}

// An operator whose fields are not those of the API learns it from the log, once, with nothing of
// the answer in it; an answer in which there is nothing to select is no reason to.
func TestFieldsThatSelectNothing(t *testing.T) {
	var log strings.Builder
	answer := `{}`
	session := answersOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, answer)
	}, &mcpmount.Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Results: mcpmount.Results{Fields: []string{"items.id"}}})
	for _, tt := range []struct {
		answer string
		said   int
	}{{`{}`, 0}, {`{"items.id":1}`, 0}, {`{"items":[{"id":"private"}]}`, 1}, {`{"items":[{"id":"private"}]}`, 1}} {
		answer = tt.answer
		call(t, session, "answer", nil)
		if said := strings.Count(log.String(), "select nothing"); said != tt.said || strings.Contains(log.String(), "private") {
			t.Errorf("%s: said %d times, want %d: %s", answer, said, tt.said, log.String())
		}
	}
}

func TestResultsAreChecked(t *testing.T) {
	for want, edit := range map[string]func(*mcpmount.Document, *mcpmount.Options){
		"Results.MaxBytes is 10": func(_ *mcpmount.Document, o *mcpmount.Options) { o.Results.MaxBytes = 10 },
		"GET /answer: Results.Fields: a path is empty": func(d *mcpmount.Document, _ *mcpmount.Options) {
			d.Operation("answer").Results = &mcpmount.Results{Fields: []string{""}}
		},
	} {
		doc, opts := parse(t, answersSpec), &mcpmount.Options{}
		edit(doc, opts)
		if _, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// What an API echoes of a credential shows in no hint.
func TestNextPageIsRedacted(t *testing.T) {
	const secret = "s3cr3t-0123456789"
	doc := parse(t, strings.Replace(answersSpec, "paths:", `security: [{key: []}]
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
paths:`, 1))
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Link", `</answer?limit=`+r.Header.Get("X-Key")+`>; rel=next`)
		io.WriteString(w, `{}`)
	})), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), Credentials: mcpmount.StaticCredentials(map[string]mcpmount.Credential{"key": {Secret: secret}})})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	res := call(t, eras[0].connect(t, ts.URL, nil, nil), "answer", nil)
	if got := text(res); strings.Contains(got, secret) || !strings.Contains(got, "limit=") {
		t.Errorf("got %s", got)
	}
}

// What is hidden in the result does not show in the progress of the call either.
func TestProgressHidesFields(t *testing.T) {
	doc := parse(t, notesSpec)
	doc.Operation("stream").Results = &mcpmount.Results{Fields: []string{"*/id"}}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.StripPrefix("/v1", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		io.WriteString(w, "{\"id\":1,\"level\":\"error\",\"msg\":\"secret\"}\n{\"id\":2}\n")
	}))), &mcpmount.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(srv)
	t.Cleanup(ts.Close)
	told := make(chan string, 10)
	session := eras[1].connect(t, ts.URL, nil, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			told <- fmt.Sprint(r.Params.Progress, r.Params.Message)
		},
		LoggingMessageHandler: func(_ context.Context, r *mcp.LoggingMessageRequest) { told <- fmt.Sprint(r.Params.Data) },
	})
	if err := session.SetLoggingLevel(t.Context(), &mcp.SetLoggingLevelParams{Level: "debug"}); err != nil {
		t.Fatal(err)
	}
	params := &mcp.CallToolParams{Name: "stream"}
	params.SetProgressToken("p")
	res, err := session.CallTool(t.Context(), params)
	if err != nil || text(res) != `[{"id":1},{"id":2}]` {
		t.Fatalf("%v, %s", err, text(res))
	}
	if first, second := <-told, <-told; first != "1" || second != "2" {
		t.Errorf("told %q and %q", first, second)
	}
}

// What is hidden of an answer is hidden of one that is too long, too, whatever it is
// labeled.
func TestFieldsOfLongAnswers(t *testing.T) {
	for _, label := range []string{"application/json", "text/plain", "application/vnd.example.v1", "text/plain; charset=utf-16le"} {
		t.Run(label, func(t *testing.T) {
			long := false
			session := answersOf(t, func(w http.ResponseWriter, _ *http.Request) {
				body := `{"secret":"s3cr3t","id":1,"more":"` + strings.Repeat("x", 10) + `"}`
				if long {
					body = strings.Replace(body, "x", strings.Repeat("x", 2000), 1)
				}
				w.Header().Set("Content-Type", label)
				if strings.Contains(label, "utf-16") {
					body = strings.Join(strings.Split(body, ""), "\x00") + "\x00"
				}
				io.WriteString(w, body)
			}, &mcpmount.Options{Results: mcpmount.Results{Fields: []string{"id"}}, Limits: mcpmount.Limits{MaxResponseBytes: 1000}})
			if res := call(t, session, "answer", nil); res.IsError || text(res) != `{"id":1}` {
				t.Errorf("error %t: %s", res.IsError, text(res))
			}
			long = true
			res := call(t, session, "answer", nil)
			if all, err := json.Marshal(res); err != nil || strings.Contains(string(all), "s3cr3t") {
				t.Errorf("%v: %.300s", err, all)
			}
		})
	}
}

// The context of a Transform is that of the call: it has the values of the caller's
// request and has not ended, wherever the API is.
func TestContextOfTransform(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"id":1}`)
	})
	remote := httptest.NewServer(api)
	t.Cleanup(remote.Close)
	upstream, err := mcpmount.Upstream(remote.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, rt := range map[string]http.RoundTripper{"in process": mcpmount.InProcess(api), "upstream": upstream} {
		t.Run(name, func(t *testing.T) {
			seen := make(chan context.Context, 1)
			srv, err := mcpmount.New(parse(t, answersSpec), rt, &mcpmount.Options{Logger: slog.New(slog.DiscardHandler), Results: mcpmount.Results{
				Transform: func(ctx context.Context, answer json.RawMessage) (json.RawMessage, error) {
					if mcpmount.RequestFrom(ctx) == nil {
						return nil, errors.New("nobody calls")
					}
					if _, ok := ctx.Deadline(); !ok {
						return nil, errors.New("there is no deadline")
					}
					seen <- ctx
					return answer, ctx.Err()
				},
			}})
			if err != nil {
				t.Fatal(err)
			}
			for i, of := range eras {
				ts := httptest.NewServer(srv)
				t.Cleanup(ts.Close)
				res := call(t, of.connect(t, ts.URL, nil, nil), "answer", nil)
				if got := text(res); got != `{"id":1}` {
					t.Errorf("era %d: %s", i, got)
					continue
				}
				<-(<-seen).Done() // when the call is over
			}
		})
	}
}
