package main

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// A document that changed what is locked is not taken over, one that only has
// more is taken over without that.
func TestLockHoldsUpdates(t *testing.T) {
	document := func(description, more string) *source {
		return sourceOf(t, `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"servers":[{"url":"http://127.0.0.1:9"}],"paths":{
			"/a":{"get":{"operationId":"a","description":"`+description+`","responses":{}}}`+more+`}}`)
	}
	quiet := slog.New(slog.DiscardHandler)
	a := &api{apiSettings: &apiSettings{}, log: quiet, src: document("Reads a.", "")}
	a.keys.Lock, a.keys.MaxNameLength = filepath.Join(t.TempDir(), "tools.lock"), 64
	var err error
	if a.upstream, err = a.keys.connect(a.src, nil, nil, &terminal{}, quiet); err != nil {
		t.Fatal(err)
	}
	if a.srv, err = mcpmount.New(a.src.doc, a.upstream.transport, a.keys.options(quiet)); err != nil {
		t.Fatal(err)
	}
	srv := a.srv
	if err := (&lock{a.keys.Lock, srv.Fingerprints()}).write(); err != nil {
		t.Fatal(err)
	}
	served := func() (text string) {
		for _, tool := range srv.Tools() {
			text += tool.Name + ": " + tool.Description + "\n"
		}
		return text
	}
	before := served()
	for _, tt := range []struct {
		next *source
		want string // in the error; "" for none
	}{
		{document("Deletes b.", ""), "a (description)"},
		{document("Reads a.", `,"/b":{"get":{"operationId":"b","responses":{}}}`), ""},
		{document("Deletes b.", `,"/b":{"get":{"operationId":"b","responses":{}}}`), "a (description)"},
	} {
		err := a.update(tt.next)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("update: %v, want %q", err, tt.want)
		}
		if now := served(); now != before {
			t.Errorf("served:\n%s\nwant\n%s", now, before)
		}
	}
}
