package examples_test

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestNetHTTP(t *testing.T) {
	p := start(t, "nethttp")
	checkREST(t, p, "GET", "/orders/1", "", 200, `"item":"mug"`)
	for _, era := range eras {
		session := p.connect(t, "/mcp", era, nil)
		checkTools(t, session, "getOrder", "putOrder")
		checkCall(t, session, "putOrder", map[string]any{"id": "2", "item": "cup", "quantity": 3}, `{"id":"2","item":"cup","quantity":3}`)
		checkFails(t, session, "getOrder", map[string]any{"id": "3"}, "there is no such order")
	}
	checkREST(t, p, "GET", "/orders/2", "", 200, `"item":"cup"`)
	p.logged(t, regexp.MustCompile(` POST /mcp$`)) // the middleware sees both requests
	p.logged(t, regexp.MustCompile(` PUT /orders/2$`))
	p.stop(t)
}

func TestToolsets(t *testing.T) {
	p := start(t, "toolsets")
	checkREST(t, p, "DELETE", "/users/7", "", 200, "DELETE /users/7")
	read := p.connect(t, "/mcp/read", "", nil)
	checkTools(t, read, "listTickets", "listUsers")
	checkFails(t, read, "deleteUser", map[string]any{"id": "7"}, "unknown tool")
	support := p.connect(t, "/mcp/support", "", nil)
	checkTools(t, support, "createTicket", "listTickets")
	checkCall(t, support, "createTicket", nil, `{"did":"POST /tickets"}`)
	checkREST(t, p, "POST", "/mcp/admin", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, 401, "")
	admin := p.connect(t, "/mcp/admin", "", nil, "Authorization", "Bearer admin-key-of-the-example")
	checkTools(t, admin, "createTicket", "deleteUser", "listTickets", "listUsers")
	checkCall(t, admin, "deleteUser", map[string]any{"id": "7"}, `{"did":"DELETE /users/7"}`)
	p.stop(t)
}

func TestOwnTools(t *testing.T) {
	p := start(t, "owntools")
	checkREST(t, p, "POST", "/notes", `{"author":"ann","text":"by REST"}`, 200, `"id":1`)
	for _, era := range eras {
		session := p.connect(t, "/mcp", era, nil)
		checkTools(t, session, "countNotes", "createNote")
		if got, isError := call(t.Context(), t, session, "createNote", map[string]any{"author": "ann", "text": "by MCP"}); isError || !strings.Contains(got, `"author":"ann"`) {
			t.Errorf("createNote: %s", got)
		}
	}
	session := p.connect(t, "/mcp", "", nil)
	checkCall(t, session, "countNotes", map[string]any{"author": "ann"}, `{"notes":3}`)
	checkFails(t, session, "countNotes", map[string]any{}, "author")
	p.stop(t)
	if files, _ := filepath.Glob(filepath.Join(p.cmd.Dir, "notes.db*")); len(files) != 1 {
		t.Errorf("the database was not closed: %v", files)
	}
}

func TestLive(t *testing.T) {
	p := start(t, "live")
	for i, era := range eras {
		changed := make(chan struct{}, 10)
		session := p.connect(t, "/mcp", era, &mcp.ClientOptions{
			ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { changed <- struct{}{} },
		})
		form := []string{"visitors", "parcels"}[i]
		checkFails(t, session, "enter_"+form, nil, "unknown tool")
		checkREST(t, p, "PUT", "/forms/"+form, `{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}`, 204, "")
		select {
		case <-changed:
		case <-time.After(30 * time.Second):
			t.Fatal("the client was not told")
		}
		checkCall(t, session, "enter_"+form, map[string]any{"name": "Ann"}, `{"entries":1}`)
		checkFails(t, session, "enter_"+form, nil, `missing argument "name"`)
		checkREST(t, p, "POST", "/forms/"+form+"/entries", `{"name":"Bob"}`, 200, `{"entries":2}`)
	}
	checkREST(t, p, "PUT", "/forms/broken", `{"type":"object`, 400, "")
	checkREST(t, p, "PUT", "/forms/%7Bid%7D", `{"type":"object"}`, 400, "a form has a name")
	checkTools(t, p.connect(t, "/mcp", "", nil), "enter_parcels", "enter_visitors")
	p.stop(t)
}

// A call that is under way when the process is told to end is answered, and the
// load balancer hears of the end before anything is refused.
func TestHealth(t *testing.T) {
	p := start(t, "health", "-notice", "1h")
	checkREST(t, p, "GET", "/readyz", "", 200, `"tools":1`)
	checkREST(t, p, "GET", "/report?pause=0s", "", 200, "complete")
	session := p.connect(t, "/mcp", "", nil)
	answer := make(chan string, 1)
	go func() {
		got, _ := call(context.WithoutCancel(t.Context()), t, session, "makeReport", map[string]any{"pause": "2s"})
		answer <- got
	}()
	p.logged(t, regexp.MustCompile("report begun: 2s$"))
	terminate(t, p)
	p.logged(t, regexp.MustCompile("not ready any more$"))
	checkREST(t, p, "GET", "/readyz", "", 503, `"ok":false`)
	checkREST(t, p, "GET", "/livez", "", 200, "")
	checkCall(t, session, "makeReport", map[string]any{"pause": "0s"}, "the report is complete")
	terminate(t, p)
	if got := <-answer; got != "the report is complete" {
		t.Errorf("the call under way: %s", got)
	}
	p.stop(t)
}

func terminate(t *testing.T, p *process) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}
