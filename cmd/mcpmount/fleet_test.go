package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// fleetDocuments are ten real documents: 15 KB to 4 MB, of one file and of hundreds, of OpenAPI 2.0
// to 3.1. The first one is edited while it is served.
func fleetDocuments() map[string]string {
	return map[string]string{
		"asana": "asana.yaml", "stripe": "stripe-2022.json", "kubernetes": "kubernetes-swagger.json",
		"digitalocean": "digitalocean/DigitalOcean-public.v2.yaml", "pagerduty": "pagerduty.json",
		"twilio": "twilio-api-v2010.json", "discord": "discord.json", "slack": "slack-web.json",
		"argocd": "argo-cd.json", "alertmanager": "alertmanager.yaml",
	}
}

const editedAPI = "asana"

// A member is one of the APIs that a process serves: its upstream, which tells who it is and
// counts who asks, and what its callers saw.
type member struct {
	name, url string
	upstream  *httptest.Server

	requests, strangers atomic.Int64 // those that came, and those with the secret of another one
	calls, wrong        atomic.Int64
	called              chan struct{} // told of each call, if somebody waits
}

func newMember(t *testing.T, name string) *member {
	m := &member{name: name, called: make(chan struct{})}
	m.upstream = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.requests.Add(1)
		if r.Header.Get("X-Secret") != m.secret() {
			m.strangers.Add(1)
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"from":"`+m.name+`"}`)
	}))
	t.Cleanup(m.upstream.Close)
	return m
}

func (m *member) secret() string { return "secret-of-" + m.name }

// call calls until ctx is done: call returns the text of what the tool answered.
func (m *member) call(t *testing.T, ctx context.Context, call func() string) {
	for ctx.Err() == nil {
		if got := call(); !strings.Contains(got, `{"from":"`+m.name+`"}`) {
			m.wrong.Add(1)
			t.Errorf("a call of %s: %s", m.name, got)
			return
		}
		m.calls.Add(1)
		select {
		case m.called <- struct{}{}:
		default:
		}
	}
}

// proceed waits until something was called from the beginning to the end.
func (m *member) proceed(t *testing.T) {
	t.Helper()
	for range 3 { // of two callers, the first two may have begun before
		select {
		case <-m.called:
		case <-time.After(time.Minute):
			t.Fatalf("%s is not called any more", m.name)
		}
	}
}

// Ten real documents are served by one process from one file, each for an upstream of its own,
// and all of them are called all the time. One is broken, emptied, mended and given another
// server meanwhile: no call fails, there or elsewhere, and nobody gets the secrets of another.
func TestTenAPIs(t *testing.T) {
	specs := specsDir(t)
	folder := t.TempDir()
	document, file := filepath.Join(folder, "asana.yaml"), filepath.Join(folder, "mcpmount.yaml")
	original, err := os.ReadFile(filepath.Join(specs, fleetDocuments()[editedAPI]))
	if err != nil {
		t.Fatal(err)
	}
	replaceFile(t, document, string(original))
	members := map[string]*member{}
	config := "listen: 127.0.0.1:0\naccess-log: false\ndefaults: {watch-interval: 50ms, base-path: /}\napis:\n"
	for name, path := range fleetDocuments() {
		m := newMember(t, name)
		members[name] = m
		if path = absolute(t, filepath.Join(specs, path)); name == editedAPI {
			path = filepath.Base(document)
		}
		config += fmt.Sprintf("  %s: {document: %q, upstream: %q, header: {X-Secret: %s}}\n", name, path, m.upstream.URL, m.secret())
	}
	replaceFile(t, file, config)
	process, endpoint, log := startConfig(t, file)
	base := endpoint[:strings.LastIndex(endpoint, "/")+1]
	t.Logf("before the first call, the process has %s resident", memory(t, process.Process.Pid, "VmRSS"))

	bare, endBare := context.WithCancel(t.Context())
	inSessions, endSessions := context.WithCancel(t.Context())
	var bareCallers, sessionCallers sync.WaitGroup
	for _, m := range members {
		m.url = base + m.name
		tool := simpleTool(t, m.url)
		bareCallers.Go(func() { m.call(t, bare, func() string { return bareCall(m.url, tool) }) })
		session := connect(t, m.url)
		sessionCallers.Go(func() { m.call(t, inSessions, func() string { return sessionCall(t, session, tool) }) })
	}
	allProceed := func() {
		t.Helper()
		for _, m := range members {
			m.proceed(t)
		}
	}
	edited := members[editedAPI]
	before := listed(t, edited.url)
	client := listenTo(t, &mcp.StreamableClientTransport{Endpoint: edited.url}, "2025-11-25")

	allProceed()
	for _, broken := range []struct{ content, why string }{
		{"openapi: 3.0.0\npaths: [", "asana.yaml"},
		{string(original[:len(original)/2]) + "\n\t: {", "asana.yaml"},
		{"openapi: 3.0.0\ninfo: {title: Asana, version: '1'}\npaths: {}\n", "has no operations"},
		{"", "asana.yaml"},
	} {
		replaceFile(t, document, broken.content)
		await(t, log, "", "the document cannot be served; what was served before stays", "api=asana", broken.why)
		allProceed()
		if got := listed(t, edited.url); got != before {
			t.Errorf("while its document is broken, %s lists %s", edited.name, got)
		}
	}
	const described, otherwise = "Returns the compact project records for some", "Lists projects: some"
	replaceFile(t, document, strings.Replace(string(original), described, otherwise, 1))
	await(t, log, "", "document updated", "api=asana", `changed="getProjects (description)"`)
	client.told(t, client.tools)
	if list := answered(edited.url, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`); !strings.Contains(list, otherwise) {
		t.Errorf("after it was mended, %s does not list %q", edited.name, otherwise)
	}
	allProceed()

	endSessions() // since those of a server that is replaced end with it
	sessionCallers.Wait()
	replaceFile(t, file, strings.Replace(config, "asana.yaml\"", "asana.yaml\", timeout: 20s", 1))
	await(t, log, "cannot be served", "API replaced", "api=asana")
	for _, m := range members {
		m.proceed(t)
	}
	endBare()
	bareCallers.Wait()
	t.Logf("under load, the process has %s resident, %s at the peak", memory(t, process.Process.Pid, "VmRSS"), memory(t, process.Process.Pid, "VmHWM"))
	checkMembers(t, members)
	terminate(t, process)
	for range log { // until the process has ended
	}
	if err := process.Wait(); err != nil {
		t.Error(err)
	}
}

// checkMembers checks that each API got what was called of it, once, and nothing else.
func checkMembers(t *testing.T, members map[string]*member) {
	t.Helper()
	var all int64
	for _, m := range members {
		all += m.calls.Load()
		if calls, requests := m.calls.Load(), m.requests.Load(); calls != requests || m.strangers.Load() > 0 || m.wrong.Load() > 0 {
			t.Errorf("%s: %d calls went well and %d failed; %d requests, %d of them with another secret",
				m.name, calls, m.wrong.Load(), requests, m.strangers.Load())
		}
	}
	t.Logf("%d calls of %d APIs went well, none failed", all, len(members))
}

// bareCall calls a tool without a session.
func bareCall(url, tool string) string {
	return strings.ReplaceAll(answered(url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`","arguments":{}}}`), `\"`, `"`)
}

// sessionCall calls a tool in a session.
func sessionCall(t *testing.T, session *mcp.ClientSession, tool string) string {
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool})
	if err != nil {
		return err.Error()
	}
	return resultText(res)
}
