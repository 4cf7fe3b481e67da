package mcpmount_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// An examQuestion is what somebody searches for in an API, and the tools of which any is
// right; none if the API cannot do it.
type examQuestion struct {
	query string
	right []string
}

// An examResult says how many questions a search answered.
type examResult struct {
	servable, first, among, lost, unservable, refused int
}

func (r examResult) String() string {
	return fmt.Sprintf("%d requests: %.0f %% first, %.0f %% among five, %d find nothing; %d of %d that nothing serves find nothing",
		r.servable, 100*float64(r.first)/float64(r.servable), 100*float64(r.among)/float64(r.servable), r.lost, r.refused, r.unservable)
}

// TestSearchExam searches twelve real APIs of 82 to 738 operations for what people want done,
// in their own words. The ranking was made with the first half of the questions in sight.
func TestSearchExam(t *testing.T) {
	for _, half := range []struct {
		file         string
		first, among float64
	}{{"exam.tsv", 0.4, 0.65}, {"heldout.tsv", 0.28, 0.5}} {
		t.Run(half.file, func(t *testing.T) {
			var sum examResult
			for name, questions := range readExam(t, half.file) {
				r := sit(t, name, questions)
				t.Logf("%-50s %v", name, r)
				sum.servable += r.servable
				sum.first += r.first
				sum.among += r.among
				sum.lost += r.lost
				sum.unservable += r.unservable
				sum.refused += r.refused
			}
			t.Logf("all: %v", sum)
			if n := float64(sum.servable); float64(sum.first) < half.first*n || float64(sum.among) < half.among*n {
				t.Errorf("want at least %v first and %v among five", half.first, half.among)
			}
		})
	}
}

func readExam(t *testing.T, file string) map[string][]examQuestion {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "search", file))
	if err != nil {
		t.Fatal(err)
	}
	exam := map[string][]examQuestion{}
	for line := range strings.Lines(string(data)) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(columns) != 3 {
			t.Fatalf("%s: %d columns: %q", file, len(columns), line)
		}
		exam[columns[0]] = append(exam[columns[0]], examQuestion{columns[1], strings.Fields(columns[2])})
	}
	return exam
}

// sit has the search of a document answer questions.
func sit(t *testing.T, name string, questions []examQuestion) (r examResult) {
	t.Helper()
	dir := os.Getenv("MCPMOUNT_SPECS")
	if dir == "" {
		dir = filepath.Join("..", "shared", "specs")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no documents of others: set MCPMOUNT_SPECS to their folder")
	}
	doc, err := mcpmount.ParseOpenAPIFS(os.DirFS(dir), name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range doc.Operations {
		doc.Operations[i].Kind = mcpmount.KindDeferred
	}
	session := connect(t, newServer(t, doc, http.NotFound))
	for _, q := range questions {
		found := searchFor(t, session, q.query)
		right := func(name string) bool { return slices.Contains(q.right, name) }
		switch {
		case len(q.right) == 0:
			r.unservable++
			if len(found) == 0 {
				r.refused++
			}
			continue
		case len(found) > 0 && right(found[0]):
			r.first++
		}
		r.servable++
		if slices.ContainsFunc(found, right) {
			r.among++
		}
		if len(found) == 0 {
			r.lost++
		}
	}
	return r
}

// searchFor returns the names of the tools that a search finds.
func searchFor(t *testing.T, session *mcp.ClientSession, query string) (names []string) {
	t.Helper()
	res := call(t, session, "search_tools", map[string]any{"query": query})
	var found struct{ Tools []struct{ Name string } }
	if json.Unmarshal([]byte(text(res)), &found) != nil {
		return nil // nothing, in words
	}
	for _, tool := range found.Tools {
		names = append(names, tool.Name)
	}
	return names
}
