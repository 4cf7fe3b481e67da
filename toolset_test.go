package mcpmount_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount"
)

// A list that cannot fit its budget keeps tools that can be used, and says so.
func TestListThatCannotFit(t *testing.T) {
	t.Parallel()
	doc := parse(t, notesSpec)
	srv, err := mcpmount.New(doc, mcpmount.InProcess(http.NotFoundHandler()), &mcpmount.Options{
		Limits: mcpmount.Limits{MaxListBytes: 100}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range srv.Tools() {
		schema, err := json.Marshal(tool.InputSchema)
		if err != nil {
			t.Fatal(err)
		}
		if tool.Name == "createNote" && !strings.Contains(string(schema), `"text"`) {
			t.Errorf("createNote lost its arguments: %s", schema)
		}
		if tool.OutputSchema != nil {
			t.Errorf("%s keeps its output schema", tool.Name)
		}
	}
	if !slices.ContainsFunc(srv.Problems(), func(p mcpmount.Problem) bool { return p.Note && strings.Contains(p.Message, "select operations") }) {
		t.Errorf("problems %v do not say so", srv.Problems())
	}
}
