package jsonpath

import (
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

const library = `{
	"books": [
		{"title": "Dune", "price": 9.5, "tags": ["sf", "desert"]},
		{"title": "Emma", "price": 12, "sold": true},
		{"title": "Ulysses", "price": 1.2e1, "isbn": null}
	],
	"a/b": {"k~": 1, "é": "ü"},
	"limit": 10,
	"numbers": [0, 1, 2, 3, 4, 5]
}`

func parsed(t testing.TB, text string) *tree.Node {
	t.Helper()
	n, err := tree.ParseJSON([]byte(text), tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSelect(t *testing.T) {
	root := parsed(t, library)
	for _, tt := range []struct{ query, want string }{
		{"$", ""},
		{"$.books[0].title", "/books/0/title"},
		{"$['books'][-1][\"title\"]", "/books/2/title"},
		{"$['a/b']['k~']", "/a~1b/k~0"},
		{`$["a\/b"].é`, "/a~1b/é"},
		{`$['a/b']["\u00e9"]`, "/a~1b/é"},
		{"$.books[*].title", "/books/0/title /books/1/title /books/2/title"},
		{"$.*", "/books /a~1b /limit /numbers"},
		{"$..title", "/books/0/title /books/1/title /books/2/title"},
		{"$..[0]", "/books/0 /books/0/tags/0 /numbers/0"},
		{"$.numbers[1:3]", "/numbers/1 /numbers/2"},
		{"$.numbers[::-2]", "/numbers/5 /numbers/3 /numbers/1"},
		{"$.numbers[-2:]", "/numbers/4 /numbers/5"},
		{"$.numbers[4:1:-2, 0]", "/numbers/4 /numbers/2 /numbers/0"},
		{"$.numbers[::0]", ""},
		{"$.numbers[7]", ""},
		{"$.limit[0]", ""},
		{"$.none.title", ""},
		{"$.books[?@.sold].title", "/books/1/title"},
		{"$.books[?@.sold == true].title", "/books/1/title"},
		{"$.books[?!@.sold].title", "/books/0/title /books/2/title"},
		{"$.books[?@.isbn == null].title", "/books/2/title"},
		{"$.books[?@.price == 12].title", "/books/1/title /books/2/title"},
		{"$.books[?@.price < $.limit].title", "/books/0/title"},
		{"$.books[?@.price>=12&&@.title>'F'].title", "/books/2/title"},
		{"$.books[?(@.sold || @.isbn == null) && @.price != 1].title", "/books/1/title /books/2/title"},
		{"$.books[?@.none == @.nothing].title", "/books/0/title /books/1/title /books/2/title"},
		{"$.books[?@.tags[?@ == 'sf']].title", "/books/0/title"},
		{"$.books[?@.tags == $.books[0].tags].title", "/books/0/title"},
		{"$.books[?length(@.title) == 4].title", "/books/0/title /books/1/title"},
		{"$.books[?count(@.*) > 2].title", "/books/0/title /books/1/title /books/2/title"},
		{"$.books[?match(@.title, '.*s')].title", "/books/2/title"},
		{"$.books[?match(@.title, 'm')].title", ""},
		{"$.books[?search(@.title, 'm+')].title", "/books/1/title"},
		{"$.books[?search(@.title, $.limit)].title", ""},
		{"$.books[?value(@..['price']) == 9.5].title", "/books/0/title"},
		{"$ ['numbers'] [ 0 , 1 ]", "/numbers/0 /numbers/1"},
		{"$.numbers[?@ > 3]", "/numbers/4 /numbers/5"},
	} {
		p, err := Parse(tt.query)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		steps := 1000
		found, err := p.Select(root, &steps)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
		}
		var pointers []string
		for _, l := range found {
			pointers = append(pointers, l.Pointer())
			if root.Lookup(l.Pointer()) != l.Node {
				t.Errorf("%s: at %s is another node", tt.query, l.Pointer())
			}
		}
		if got := strings.Join(pointers, " "); got != tt.want || steps == 1000 && tt.query != "$" && !strings.Contains(tt.query, "none") {
			t.Errorf("%s selects %q in %d steps, want %q", tt.query, got, 1000-steps, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for query, want := range map[string]string{
		"":                                "at character 1: a path begins with $",
		"paths.x":                         "begins with $",
		" $":                              "begins with $",
		"$.\xc6":                          "not UTF-8",
		"$ ":                              "at character 2: a segment",
		"$.":                              "at character 3: a name is expected",
		"$.a-b":                           "at character 4: a segment",
		"$.0":                             "a name is expected",
		"$..":                             "a name is expected",
		"$[]":                             "a selector is expected",
		"$['a":                            "a quote is missing",
		"$['a'":                           "a ] or a comma",
		`$['\x']`:                         "no such escape",
		`$['\ud800']`:                     "half of a surrogate pair",
		"$['\n']":                         "control characters",
		"$[01]":                           "no whole number",
		"$[-0]":                           "no whole number",
		"$[9007199254740992]":             "no whole number up to 2^53",
		"$[?@.a = 1]":                     "a ] or a comma",
		"$[?1]":                           "a comparison is expected",
		"$[?@.a == ]":                     "a value is expected",
		"$[?@.* == 1]":                    "may select several nodes",
		"$[?!@.a == 1]":                   "needs parentheses",
		"$[?(@.a]":                        "a ) is expected",
		"$[?nope]":                        "neither true, false, null nor a function",
		"$[?nope(@)]":                     "there is no function nope",
		"$[?length(@)]":                   "a comparison is expected",
		"$[?length(@, 1) == 1]":           "length has 1 arguments",
		"$[?count('a') == 1]":             "count is of a path",
		"$[?match(@.a) ]":                 "match has 2 arguments",
		"$[?match(@, 'a') == 1]":          "match and search are true or false",
		"$[?match(@, '(')]":               "no regular expression",
		"$" + strings.Repeat("[?@", 200):  "nested too deep",
		"$" + strings.Repeat(".a", 10000): "more than 16384 bytes",
	} {
		if _, err := Parse(query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.40q) = %v, want %q", query, err, want)
		}
	}
}

// A query that looks at everything once for each thing ends.
func TestSelectIsBounded(t *testing.T) {
	root := parsed(t, "["+strings.Repeat("[[1,2],{\"a\":[3]}],", 2000)+"0]")
	for _, query := range []string{"$..*", "$..[?$..*]", "$[?count($..*) > 1]", "$..[?@ == $]", "$..*..*"} {
		p, err := Parse(query)
		if err != nil {
			t.Fatal(err)
		}
		steps := 10_000
		if found, err := p.Select(root, &steps); err == nil || found != nil || steps >= 0 {
			t.Errorf("%s: %d selected, error %v, %d steps left", query, len(found), err, steps)
		}
	}
}

// An expression that a document has costs what it takes to compile it.
func TestPatternsAreBounded(t *testing.T) {
	one := func(pattern string) string { return `{"a":"x","p":"` + pattern + `"},` }
	p, err := Parse("$[?match(@.a, @.p)]")
	if err != nil {
		t.Fatal(err)
	}
	steps := 8_000_000
	root := parsed(t, "["+strings.Repeat(one(strings.Repeat("a{1000}", 140)), 200)+"0]")
	if found, err := p.Select(root, &steps); err == nil || steps >= 0 {
		t.Errorf("%d selected, error %v, %d steps left", len(found), err, steps)
	}
	steps = 8_000_000
	root = parsed(t, "["+strings.Repeat(one("[a-x]+|y"), 2000)+one("x{1}")+"0]")
	if found, err := p.Select(root, &steps); err != nil || len(found) != 2001 {
		t.Errorf("%d selected, error %v", len(found), err)
	}
	steps = 1000
	if found, err := p.Select(parsed(t, "["+one(strings.Repeat("x*", 600))+"0]"), &steps); err != nil || len(found) != 0 {
		t.Errorf("too long an expression: %d selected, error %v", len(found), err)
	}
}

// Whatever the query is, each place that it selects is in the document.
func FuzzParse(f *testing.F) {
	for _, query := range []string{"$.a[*]..b[?@.c == 'x' && match(@.d, 'e.*')][1:2:-1]", "$[?length(value(@..*)) >= 1e3 || !(@.x != null)]", `$["\ud83d\ude00"]`, "$.\xc6"} {
		f.Add(query)
	}
	root := parsed(f, library)
	f.Fuzz(func(t *testing.T, query string) {
		p, err := Parse(query)
		if err != nil {
			return
		}
		steps := 100_000
		found, err := p.Select(root, &steps)
		if (err != nil) != (steps < 0) {
			t.Errorf("%q: error %v with %d steps left", query, err, steps)
		}
		for _, l := range found {
			if root.Lookup(l.Pointer()) != l.Node {
				t.Errorf("%q: %s is another place", query, l.Pointer())
			}
		}
	})
}
