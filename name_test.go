package mcpmount

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// assertNames checks that every operation has a name that is legal and its own.
func assertNames(t *testing.T, ops []Operation) {
	t.Helper()
	seen := make(map[string]bool)
	for _, op := range ops {
		name := op.Name
		if name == "" || len(name) > maxNameLength || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") != "" {
			t.Errorf("%s %s: the name %q is not legal", op.Method, op.Path, name)
		}
		if key := strings.ToLower(name); seen[key] {
			t.Errorf("%s %s: the name %q is there twice", op.Method, op.Path, name)
		}
		seen[strings.ToLower(name)] = true
	}
}

func TestDeriveName(t *testing.T) {
	long := strings.Repeat("getTheVeryLongName", 5)
	tests := []struct{ id, method, path, want string }{
		{"getOrder", "GET", "/x", "getOrder"},
		{"get_order-2.v1", "GET", "/x", "get_order-2_v1"},
		{"users.user.ListUser", "GET", "/x", "users_user_ListUser"},
		{"_internal_", "GET", "/x", "_internal_"},
		{"users/list", "GET", "/x", "users_list"},
		{"find pet by id", "GET", "/x", "find_pet_by_id"},
		{"  a :: b!  ", "GET", "/x", "a_b"},
		{"42", "GET", "/x", "42"},
		{"Ünïcödé", "GET", "/x", "Unicode"},
		{"Straße_Øl_Łódź", "GET", "/x", "Strasse_Ol_Lodz"},
		{"ПолучитьЗаказ", "GET", "/x", "PoluchitZakaz"},
		{"Щёголь", "GET", "/x", "Shchegol"},
		{"Λίστα χρηστών", "GET", "/x", "Lista_christon"},
		{"ﬁnd①", "GET", "/x", "find1"},
		{"获取用户", "GET", "/users/{id}", "get_users_id"},
		{"get_用户", "GET", "/users/{id}", "get_users_id"},
		{"🙂", "GET", "/smile", "get_smile"},
		{"list 🙂", "GET", "/x", "list"},
		{"", "GET", "/orders/{id}", "get_orders_id"},
		{"", "GET", "/users/{id}/posts", "get_users_id_posts"},
		{"", "POST", "/", "post"},
		{"", "DELETE", "/a//b/{c}.json", "delete_a_b_c_json"},
		{"", "GET", "/list?action=start", "get_list_action_start"},
		{"", "GET", "/用户/{id}", "get_id"},
		{"", "GET", "/用户", "get"},
		{"", "COPY", "/a", "copy_a"},
		{"", "!", "/", "operation"},
		{"...", "GET", "/x", "get_x"},
		{long, "GET", "/x", strings.Repeat("getTheVeryLongName", 3) + "get_" + hashOf(long)},
		{strings.Repeat("a", 65), "GET", "/x", strings.Repeat("a", 57) + "_" + hashOf(strings.Repeat("a", 65))},
		{strings.Repeat("a", 64), "GET", "/x", strings.Repeat("a", 64)},
		{strings.Repeat("word_", 20), "GET", "/x", strings.Repeat("word_", 10) + "word_" + hashOf(strings.Repeat("word_", 20))},
	}
	for _, tt := range tests {
		op := &Operation{ID: tt.id, Method: tt.method, Path: tt.path}
		got := deriveName(op)
		if got != tt.want {
			t.Errorf("deriveName(%q %s %s) = %q, want %q", tt.id, tt.method, tt.path, got, tt.want)
		}
		if strings.Contains(got, ".") {
			t.Errorf("deriveName(%q) = %q, which OpenAI and Anthropic refuse", tt.id, got)
		}
		op.Name = got
		assertNames(t, []Operation{*op})
	}
}

// hashOf returns the hash at the end of a name that was cut.
func hashOf(name string) string {
	short := shortName(name, maxNameLength)
	return short[len(short)-6:]
}

func TestNameOperations(t *testing.T) {
	tests := []struct {
		name  string
		ids   string // separated by spaces; one in brackets is chosen
		names string
	}{
		{"different", "a b c", "a b c"},
		{"same", "a a a", "a a_2 a_3"},
		{"same but for case", "Get get GET", "Get get_2 GET_3"},
		{"a number that another has", "foo foo_2 foo", "foo foo_2 foo_3"},
		{"a number that another has later", "foo foo foo_2", "foo foo_3 foo_2"},
		{"numbers of numbers", "a a a_2 a_2", "a a_3 a_2 a_2_2"},
		{"chosen first", "a [a] a", "a_2 a a_3"},
		{"chosen number", "a a [a_2]", "a a_3 a_2"},
		{"chosen in another case", "a [A]", "a_2 A"},
		{"made legal", "a/b a_b a.b", "a_b a_b_2 a_b_3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var ops []Operation
			for _, id := range strings.Fields(tt.ids) {
				op := Operation{ID: strings.Trim(id, "[]"), Method: "GET", Path: "/"}
				if op.ID != id {
					op.Name = op.ID
				}
				ops = append(ops, op)
			}
			nameOperations(ops)
			var names []string
			for _, op := range ops {
				names = append(names, op.Name)
			}
			if got := strings.Join(names, " "); got != tt.names {
				t.Errorf("names = %q, want %q", got, tt.names)
			}
		})
	}
}

func TestNamesThatAreCut(t *testing.T) {
	long := strings.Repeat("x", 70)
	ops := []Operation{{ID: long}, {ID: long + "y"}, {ID: long}, {ID: strings.Repeat("z", 64)}, {ID: strings.Repeat("z", 64)}}
	nameOperations(ops)
	assertNames(t, ops)
	if got, want := ops[4].Name, strings.Repeat("z", 62)+"_2"; got != want {
		t.Errorf("Name = %q, want %q", got, want)
	}
	again := []Operation{{ID: long + "y"}}
	nameOperations(again)
	if again[0].Name != ops[1].Name {
		t.Errorf("Name = %q in one document and %q in another", ops[1].Name, again[0].Name)
	}
}

// TestManyEqualNames names operations that all want the same name.
func TestManyEqualNames(t *testing.T) {
	ops := make([]Operation, 20_000)
	for i := range ops {
		ops[i].ID = "same"
	}
	nameOperations(ops)
	assertNames(t, ops)
	if got, want := ops[len(ops)-1].Name, "same_20000"; got != want {
		t.Errorf("last name = %q, want %q", got, want)
	}
}

func TestChosenNames(t *testing.T) {
	doc, err := ParseOpenAPI([]byte(`
openapi: 3.0.0
paths:
  /a:
    get: {operationId: mine, x-mcp: {name: find}}
    put: {operationId: find}
    post: {operationId: second, x-mcp: {name: Find}}
    delete: {operationId: third, x-mcp: {name: 获取}}
    patch: {operationId: fourth, x-mcp: {name: find/it}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, op := range doc.Operations {
		names = append(names, op.Name)
	}
	if diff := cmp.Diff([]string{"find", "find_2", "Find", "third", "find_it"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	var places []string
	for _, p := range doc.Problems {
		places = append(places, p.Pointer)
	}
	if diff := cmp.Diff([]string{"/paths/~1a/delete/x-mcp/name"}, places); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if _, err := New(doc, InProcess(http.NewServeMux()), nil); err == nil || !strings.Contains(err.Error(), `POST /a: tool name "Find" is already that of GET /a`) {
		t.Errorf("one name chosen twice: New = %v", err)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("getOrder", "getOrder", "get order", "/a")
	f.Add("获取", "", "Ünï", "/用户/{id}")
	f.Add(strings.Repeat("aB", 60), strings.Repeat("aB", 61), "a_2", "")
	f.Fuzz(func(t *testing.T, a, b, c, path string) {
		ops := []Operation{{ID: a}, {ID: b}, {ID: a}, {ID: c}, {ID: a + b}, {Method: "GET", Path: path}, {Method: "GET", Path: path}}
		nameOperations(ops)
		assertNames(t, ops)
		again := []Operation{{ID: a}, {ID: b}, {ID: a}, {ID: c}, {ID: a + b}, {Method: "GET", Path: path}, {Method: "GET", Path: path}}
		nameOperations(again)
		if got, want := fmt.Sprint(ops), fmt.Sprint(again); got != want {
			t.Errorf("names differ: %s and %s", got, want)
		}
	})
}
