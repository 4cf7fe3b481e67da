package mcpmount_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// eventID returns the id of the next event of s.
func (s *stream) eventID(t *testing.T) string {
	t.Helper()
	for line := s.line(); line != ""; line = s.line() {
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			return id
		}
	}
	t.Fatal("no event with an id")
	return ""
}

// A client of 2025-11-25 comes back for the answer to a call whose stream it
// lost, and sees at once that it is right there.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		srv := newNotesServer(t, func(w http.ResponseWriter, r *http.Request) {
			<-release
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"ok":true}`)
		}, nil)
		session := openAs(t, srv, nil)
		lost := openStream(t, srv, http.MethodPost, `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"whoami","arguments":{}}}`, session)
		last := lost.eventID(t)
		lost.leave()
		if !hasFastPath { // with it, the request lasts as long as the call
			<-lost.left
		}
		again := openStream(t, srv, http.MethodGet, "", with(session, "Last-Event-ID", last))
		if got := again.line(); got != ": keep-alive" {
			t.Errorf("the stream begins with %q, want a comment", got)
		}
		close(release)
		var answer string
		for line := again.line(); line != ""; line = again.line() {
			answer += line
		}
		if !strings.Contains(answer, `"id":7`) || !strings.Contains(answer, `"ok":true`) {
			t.Errorf("the answer is %q", answer)
		}
		<-again.left
		for _, id := range []string{last, strings.TrimSuffix(last, "_0") + "_7"} { // a second time; nothing after it
			s := openStream(t, srv, http.MethodGet, "", with(session, "Last-Event-ID", id))
			got := s.line()
			if want := id == last; strings.HasPrefix(got, "event: message") != want {
				t.Errorf("after %q: %q", id, got)
			}
			s.leave()
			<-s.left
		}
		for _, id := range []string{"nothing", "other_0"} {
			w := do(t.Context(), srv, http.MethodGet, with(session, "Last-Event-ID", id))
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"jsonrpc"`) {
				t.Errorf("Last-Event-ID %q: %d %s", id, w.Code, w.Body)
			}
		}
	})
}

// What happened while a client had no stream, it is told when it has one.
func TestResumeSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := newNotesServer(t, http.NotFound, nil)
		session := openAs(t, srv, nil)
		change := func(n int) {
			t.Helper()
			doc := parse(t, notesSpec)
			doc.Operations = doc.Operations[:n]
			if err := srv.Update(doc); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		for i := range 100 { // more than is kept
			change(1 + i%2)
		}
		s := openStream(t, srv, http.MethodGet, "", session)
		var last string
		for range 64 {
			last = s.eventID(t)
		}
		s.leave()
		<-s.left
		change(3)
		s = openStream(t, srv, http.MethodGet, "", with(session, "Last-Event-ID", last))
		if got := s.eventID(t); got != "_64" {
			t.Errorf("after %q comes %q, want what happened since", last, got)
		}
		change(4)
		if got := s.eventID(t); got != "_65" {
			t.Errorf("then comes %q", got)
		}
		s.leave()
		<-s.left
	})
}
