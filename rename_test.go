package mcpmount

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documentOf returns a document whose operations have the given operationIds.
func documentOf(ids ...string) *Document {
	doc := &Document{}
	for _, id := range ids {
		doc.Operations = append(doc.Operations, Operation{ID: id, Method: "GET", Path: "/" + id})
	}
	nameOperations(doc.Operations)
	return doc
}

func namesOf(doc *Document) string {
	var names []string
	for _, op := range doc.Operations {
		names = append(names, op.Name)
	}
	return strings.Join(names, " ")
}

func TestRename(t *testing.T) {
	tests := []struct {
		name  string
		ids   string // separated by spaces
		names map[string]string
		want  string
	}{
		{"operationId", "users/list b", map[string]string{"users/list": "find"}, "find b"},
		{"tool name", "users/list b", map[string]string{"users_list": "find"}, "find b"},
		{"tool name before operationId", "a a a_2", map[string]string{"a_2": "find"}, "a a_3 find"},
		{"one of equal operationIds", "a a", map[string]string{"a": "first"}, "first a_2"},
		{"the chosen name wins", "a b B_2 c", map[string]string{"a": "b"}, "b b_3 B_2 c"},
		{"in another case too", "a B", map[string]string{"a": "b"}, "b B_2"},
		{"swap", "a b", map[string]string{"a": "b", "b": "a"}, "b a"},
		{"its own name", "a b", map[string]string{"a": "A"}, "A b"},
		{"as it is", "a", map[string]string{"a": "_-."}, "_-."},
		{"nothing", "a b", nil, "a b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := documentOf(strings.Fields(tt.ids)...)
			if err := doc.Rename(tt.names); err != nil {
				t.Fatal(err)
			}
			if got := namesOf(doc); got != tt.want {
				t.Errorf("names = %q, want %q", got, tt.want)
			}
			if _, err := New(doc, InProcess(http.NewServeMux()), nil); err != nil {
				t.Errorf("New = %v", err)
			}
		})
	}
}

func TestRenameErrors(t *testing.T) {
	doc := documentOf("getOrder", "putOrder", "same", "same")
	doc.Operations[2].Name = "one"
	before := namesOf(doc)
	err := doc.Rename(map[string]string{
		"getOrdr":  "find",
		"getOrder": "find it",
		"putOrder": strings.Repeat("x", 65),
		"same":     "other",
		"same_2":   "",
	})
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		`rename "getOrder" to "find it": the name contains ' '; it must have 1 to 64 letters, digits, '_', '-' or '.'`,
		`rename "getOrdr" to "find": there is no such operation; did you mean "getOrder"?`,
		`rename "putOrder" to "` + strings.Repeat("x", 65) + `": the name has more than 64 characters; it must have 1 to 64 letters, digits, '_', '-' or '.'`,
		`rename "same" to "other": 2 operations have this operationId; use the tool name of one, such as "one"`,
		`rename "same_2" to "": the name is empty; it must have 1 to 64 letters, digits, '_', '-' or '.'`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if got := namesOf(doc); got != before {
		t.Errorf("names became %q", got)
	}
	for want, names := range map[string]map[string]string{
		`rename "putOrder" to "FIND": the name is given to "getOrder" already`:           {"getOrder": "find", "putOrder": "FIND"},
		`rename "same_2" to "b": the operation is renamed to "a" already`:                {"renamed": "a", "same_2": "b"},
		`rename "" to "a": there is no such operation`:                                   {"": "a"},
		`rename "putorder" to "a": there is no such operation; did you mean "putOrder"?`: {"putorder": "a"},
	} {
		doc := documentOf("getOrder", "putOrder", "same", "same")
		doc.Operations[3].ID = "renamed"
		if err := doc.Rename(names); err == nil || err.Error() != want {
			t.Errorf("Rename(%v) = %v, want %s", names, err, want)
		}
	}
}

// Names that are set by hand are used, or refused with the place and the remedy.
func TestNewRefusesNames(t *testing.T) {
	for name, want := range map[string]string{
		"find it":                   `operation GET /b: tool name "find it" contains ' '; set Operation.Name`,
		strings.Repeat("x", 65):     `" has more than 64 characters; set Operation.Name`,
		"find":                      `operation GET /b: tool name "find" is already that of GET /a; give one of them another`,
		"FIND":                      `operation GET /b: tool name "FIND" is already that of GET /a; give one of them another`,
		"":                          "",
		"._-" + "0123456789" + "aZ": "",
	} {
		doc := documentOf("a", "b")
		doc.Operations[0].Name, doc.Operations[1].Name = "find", name
		_, err := New(doc, InProcess(http.NewServeMux()), nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("New with the name %q = %v, want %q", name, err, want)
		}
	}
}

func TestShortenNames(t *testing.T) {
	long := []string{"getTheOrdersOfOneCustomer", "getTheOrdersOfOneCustomerAndMore", "short", "GETTHEORDERSOF_1f62cb"}
	doc := documentOf(long...)
	if err := doc.ShortenNames(20); err != nil {
		t.Fatal(err)
	}
	assertNames(t, doc.Operations)
	for i, op := range doc.Operations {
		if len(op.Name) > 20 {
			t.Errorf("the name %q has %d characters", op.Name, len(op.Name))
		}
		if len(long[i]) <= 20 && op.Name != long[i] {
			t.Errorf("the name %q became %q", long[i], op.Name)
		}
		if head := "getTheOrders"; i < 2 && !strings.HasPrefix(op.Name, head) {
			t.Errorf("the name %q does not start with %q", op.Name, head)
		}
	}
	again := documentOf(long...)
	if err := again.ShortenNames(20); err != nil || namesOf(again) != namesOf(doc) {
		t.Errorf("names are %q once and %q then (%v)", namesOf(doc), namesOf(again), err)
	}
	for _, max := range []int{-1, 0, 15, 65} {
		if err := doc.ShortenNames(max); err == nil || !strings.Contains(err.Error(), "16 to 64") {
			t.Errorf("ShortenNames(%d) = %v", max, err)
		}
	}
}

func FuzzRename(f *testing.F) {
	f.Add("getOrder", "getorder", "get order", "x")
	f.Add(strings.Repeat("aB", 60), strings.Repeat("aB", 61), "a_2", "a")
	f.Fuzz(func(t *testing.T, a, b, c, name string) {
		doc := documentOf(a, b, a, c, a+b, "x", "x_2")
		if err := doc.ShortenNames(minNameLength); err != nil {
			t.Fatal(err)
		}
		assertNames(t, doc.Operations)
		key := doc.Operations[3].Name
		before := namesOf(doc)
		if err := doc.Rename(map[string]string{key: name}); err != nil {
			if checkName(name) == nil || namesOf(doc) != before {
				t.Errorf("Rename(%q, %q) = %v, names %q", key, name, err, namesOf(doc))
			}
			return
		}
		assertNames(t, doc.Operations)
		if got := doc.Operations[3].Name; got != name {
			t.Errorf("Name = %q, want %q", got, name)
		}
	})
}
