package mcpmount_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// plainGreetings are the params of initialize, without their braces, of clients as they are.
var plainGreetings = []string{
	hello,
	`"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"x","version":"1"}`,
	`"protocolVersion":"2025-06-18","capabilities":{"sampling":{},"elicitation":{"form":{},"url":{}},"roots":{"listChanged":false}},"clientInfo":{"name":"x","title":"<X> \u00e9","version":"1"}`,
	`"protocolVersion":"2025-03-26","capabilities":{"experimental":{"a/b":{"c":[1,-2.5,null,"d"]},"e":7},"extensions":{"io.x/ui":{"mimeTypes":["text/html"]}}},"clientInfo":{"name":"x","version":"1","extra":[{}]}`,
	`"clientInfo":{"version":"1","name":"x","description":"d","websiteUrl":"https://x.example","icons":[{"src":"data:,","mimeType":"image/png","sizes":["48x48","any"],"theme":"light"},{}]},` +
		`"capabilities":{"tasks":{"list":{},"requests":{"sampling":{"createMessage":{}}}},"sampling":{"tools":{},"context":{}}},"protocolVersion":"2024-11-05"`,
	`"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"","version":""},"_meta":{"a":{"b":1}}`,
	`"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"` + strings.Repeat("x", 15<<10) + `","version":"1"}`,
}

// greetings returns params of initialize, those that have something unusual among them.
func greetings() []string {
	all := append([]string{``}, plainGreetings...)
	for _, version := range []string{
		`"2026-07-28"`, `"2025-11-26"`, `"2099-01-01"`, `"1.0"`, `""`, `"2025-11-25 "`, `"2025-11-25\u0000"`, `"2025\u002d11-25"`,
		`7`, `2025`, `null`, `true`, `{}`, `["2025-11-25"]`,
	} {
		all = append(all, strings.Replace(hello, `"2025-11-25"`, version, 1))
	}
	for _, more := range []string{
		`"ProtocolVersion":"2024-11-05"`, `"protocolversion":"2024-11-05"`, `"ClientInfo":7`, `"CAPABILITIES":[]`, `"protocolVersion":"2024-11-05"`, `"extra":1`, `"name":7`,
		`"cursor":"x"`, `"arguments":{}`, `"_meta":null`, `"_meta":7`, `"_meta":{"progressToken":1}`, `"_meta":{"x":1e999}`, modernMeta,
		strings.Replace(modernMeta, "2026-07-28", "2025-11-25", 1),
	} {
		all = append(all, hello+","+more, more+","+hello)
	}
	for _, info := range []string{
		`null`, `7`, `"x"`, `[]`, `{}`, `{"name":"x"}`, `{"version":"1"}`, `{"name":7,"version":"1"}`, `{"name":"x","version":1.0}`, `{"name":null,"version":"1"}`,
		`{"Name":"x","version":"1"}`, `{"name":"x","version":"1","TITLE":7}`, `{"name":"x","version":"1","title":null}`, `{"name":"x","version":"1","websiteUrl":["x"]}`,
		`{"name":"x","version":"1","icons":null}`, `{"name":"x","version":"1","icons":{}}`, `{"name":"x","version":"1","icons":[null]}`, `{"name":"x","version":"1","icons":["x"]}`,
		`{"name":"x","version":"1","icons":[{"src":7}]}`, `{"name":"x","version":"1","icons":[{"src":"x","sizes":"any"}]}`, `{"name":"x","version":"1","icons":[{"src":"x","sizes":[null]}]}`,
		`{"name":"x","version":"1","icons":[{"SRC":7}]}`, `{"name":"x","version":"1","icons":[{"src":"x","theme":1}]}`, `{"name":"\ud800","version":"1"}`, `{"name":"x","name":"y","version":"1"}`,
		`{"name":"` + strings.Repeat("x", 17<<10) + `","version":"1"}`, `{"name":"x","version":"1","x":` + strings.Repeat("[", 66) + strings.Repeat("]", 66) + `}`,
	} {
		all = append(all, `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":`+info)
	}
	for _, capabilities := range []string{
		`null`, `7`, `[]`, `{"roots":null}`, `{"roots":true}`, `{"roots":{"listChanged":1}}`, `{"roots":{"ListChanged":1}}`, `{"Roots":7}`, `{"roots":{"listChanged":{}}}`, `{"sampling":{"listChanged":true}}`,
		`{"sampling":[]}`, `{"sampling":{"tools":7}}`, `{"sampling":{"tools":{"x":1}}}`, `{"elicitation":{"form":{"applyDefaults":true}}}`, `{"elicitation":{"form":null}}`, `{"elicitation":"form"}`,
		`{"experimental":null}`, `{"experimental":[]}`, `{"experimental":{"x":1e999}}`, `{"experimental":{"x":12345678901234567890}}`, `{"extensions":7}`, `{"extensions":{"x":null}}`,
		`{"experimental":{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`, `{"experimental":{"x":[` + strings.Repeat("1,", 490) + `1]}}`, `{"experimental":{"x":[` + strings.Repeat("1,", 480) + `1]}}`,
	} {
		all = append(all, `"protocolVersion":"2025-11-25","clientInfo":{"name":"x","version":"1"},"capabilities":`+capabilities)
	}
	return append(all, `"protocolVersion":"2025-11-25"`, `"protocolVersion":"2025-11-25","capabilities":{}`, `"protocolVersion":"2025-11-25","clientInfo":{"name":"x","version":"1"}`,
		`"capabilities":{},"clientInfo":{"name":"x","version":"1"}`)
}

// Where there are no sessions, initialize and what follows are answered alike both ways,
// whatever they look like.
func TestDifferentialInitialize(t *testing.T) {
	both := differentialServers(t, mcpmount.Options{Stateless: true, Instructions: strings.Repeat("<do> ", 600)})
	headers := []http.Header{
		headerOf("", "", ""), headerOf("2024-11-05", "", ""), headerOf("2025-03-26", "", ""), headerOf("2025-06-18", "", ""), headerOf("2025-11-25", "initialize", ""),
		with(headerOf("", "", ""), "Mcp-Session-Id", "nope"),
	}
	for i, params := range greetings() {
		for _, h := range headers[i%2*4:] { // half of them with all versions
			both.send(t, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{`+params+`}}`, h, [2]string{})
		}
		both.send(t, `{"jsonrpc":"2.0","method":"notifications/initialized","params":{`+params+`}}`, headers[0], [2]string{})
	}
	initialized := `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	bodies := []string{
		initialize, "\ufeff" + initialize, " " + initialize + "\n", "[" + initialize + "]", "[" + initialize + "," + initialized + "]", initialize + initialize,
		strings.Replace(initialize, `"id":1,`, ``, 1), strings.Replace(initialize, `"method"`, `"Method"`, 1), strings.Replace(initialize, `initialize`, `Initialize`, 1),
		`{"jsonrpc":"2.0","id":1,"method":"initialize"}`, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":null}`, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":[]}`,
		initialized, "[" + initialized + "]", strings.Replace(initialized, `}`, `,"id":1}`, 1), strings.Replace(initialized, `}`, `,"id":null}`, 1),
		strings.Replace(initialized, `}`, `,"params":null}`, 1), strings.Replace(initialized, `}`, `,"params":{}}`, 1), strings.Replace(initialized, `}`, `,"params":{"_meta":{"a":1}}}`, 1),
		strings.Replace(initialized, `}`, `,"params":{"_meta":{"progressToken":1}}}`, 1), strings.Replace(initialized, `}`, `,"params":[]}`, 1),
	}
	for _, id := range []string{`"a"`, `""`, `"a\u0041<&>\u2028"`, `-0`, `0`, `7.5`, `1e2`, `9007199254740991`, `9007199254740993`, `null`, `true`, `[]`, `{}`, `"` + strings.Repeat("x", 1000) + `"`} {
		bodies = append(bodies, strings.Replace(initialize, `"id":1`, `"id":`+id, 1))
	}
	for _, h := range append(headers, headerOf("2026-07-28", "initialize", ""), headerOf("2026-07-28", "notifications/initialized", ""), headerOf("2020-01-01", "", ""),
		with(headerOf("", "", ""), "Accept", "text/event-stream"), with(headerOf("", "", ""), "Accept", "application/json, text/event-stream"), with(headerOf("", "", ""), "Accept", "text/html"),
		with(headerOf("", "", ""), "Last-Event-Id", "x_1"), with(headerOf("", "", ""), "Content-Type", "text/plain")) {
		for _, body := range bodies {
			both.send(t, body, h, [2]string{})
		}
	}
}

// What initialize tells is what the server is at the moment, in the version that the
// client asks for.
func TestInitializeChanges(t *testing.T) {
	srv := newNotesServer(t, http.NotFound, &mcpmount.Options{Stateless: true})
	expect := func(prompts, resources bool) {
		t.Helper()
		for range 2 {
			for _, version := range []string{"2025-11-25", "2024-11-05", "2025-06-18", "2025-03-26"} {
				w := send(t.Context(), srv, strings.Replace(initialize, "2025-11-25", version, 1), nil)
				body := w.Body.String()
				if w.Code != http.StatusOK || !strings.Contains(body, `"protocolVersion":"`+version+`"`) || !strings.Contains(body, `"tools":{"listChanged":true}`) ||
					strings.Contains(body, `"prompts":{`) != prompts || strings.Contains(body, `"resources":{`) != resources || w.Header().Get("Mcp-Session-Id") != "" {
					t.Errorf("with prompts %t and resources %t: %d %v %s", prompts, resources, w.Code, w.Header(), body)
				}
			}
		}
	}
	expect(false, false)
	if err := srv.Extend(func(s *mcp.Server) {
		s.AddPrompt(&mcp.Prompt{Name: "byHand"}, func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return &mcp.GetPromptResult{}, nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	expect(true, false)
	doc := parse(t, notesSpec)
	for i := range doc.Operations {
		if op := &doc.Operations[i]; op.Method == http.MethodGet && op.Path == "/notes/{id}" {
			op.Kind = mcpmount.KindResource
		}
	}
	if err := srv.Update(doc); err != nil {
		t.Fatal(err)
	}
	expect(true, true)
}

// Options.Middleware sees a client that comes without a session, and what Options.Server
// says is what the client is told.
func TestInitializeIsSeen(t *testing.T) {
	var seen []string
	for _, opts := range []mcpmount.Options{
		{Middleware: []mcp.Middleware{func(next mcp.MethodHandler) mcp.MethodHandler {
			return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
				if method == "initialize" {
					seen = append(seen, req.GetParams().(*mcp.InitializeParams).ClientInfo.Name)
				}
				return next(ctx, method, req)
			}
		}}},
		{Server: func(o *mcp.ServerOptions) { o.SupportedProtocolVersions = []string{"2025-06-18"} }},
	} {
		opts.Stateless = true
		srv := newNotesServer(t, http.NotFound, &opts)
		for range 2 {
			want := `"protocolVersion":"2025-11-25"`
			if opts.Server != nil {
				want = `"protocolVersion":"2025-06-18"`
			}
			if w := send(t.Context(), srv, initialize, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%d %s, want %s", w.Code, w.Body, want)
			}
		}
	}
	if got := strings.Join(seen, " "); got != "x x" {
		t.Errorf("seen: %q", got)
	}
}
