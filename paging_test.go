package mcpmount

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func TestNextLink(t *testing.T) {
	for _, tt := range []struct{ header, want string }{
		{`</a?page=2>; rel="next"`, "/a?page=2"},
		{`<b>;rel=next`, "b"},
		{`<a>; rel=prev, <b>; title="x, y; rel=next"; rel=NEXT`, "b"},
		{`<a>; rel="first last", <b>; rel="up next" ; x`, "b"},
		{`<a,b>; rel=next`, "a,b"},
		{`<a>`, ""},
		{`<a; rel=next`, ""},
		{`a; rel=next`, ""},
		{`<a>; rel`, ""},
		{`<a>; rel="next`, "a"},
		{`<a>; anchor="x" rel=next`, ""},
		{strings.Repeat(`<a>; rel=x, `, maxLinkHeader) + `<b>; rel=next`, ""},
	} {
		if got := nextLink([]string{"", tt.header}); got != tt.want {
			t.Errorf("%.100s: %q, want %q", tt.header, got, tt.want)
		}
	}
}

// testPager has arguments of every kind.
func testPager() *pager {
	in := &input{}
	for _, name := range []string{"page", "limit", "cursor", "q"} {
		in.arguments = append(in.arguments, argument{name: name, place: placeParameter, param: &Parameter{Name: name, In: InQuery}})
	}
	return newPager(in)
}

// Whatever an API says of pages, a model is told little, and only of arguments that there are.
func FuzzNextPage(f *testing.F) {
	f.Add(`</a?page=2&limit=%zz>; rel="next"`, `{"next":{"cursor":"x"}}`)
	f.Add(`<?page=2&page=3&x=1&cursor=`+strings.Repeat("a", 3000)+`>; rel="next`, `{"next_page":2,"has_more":true}`)
	f.Add(``, `{"paging":{"cursors":{"after":"QVFI"},"next":"https://x/y?after=1"}}`)
	f.Add(`<%>;rel=next`, `{"meta":{"meta":{"meta":{"meta":{"next":"/?q=1"}}}},"hasNextPage":false}`)
	f.Fuzz(func(t *testing.T, header, body string) {
		value := []byte(strings.TrimSpace(body))
		if !isJSON(value) {
			value = nil
		}
		res := &http.Response{Header: http.Header{"Link": {header}}}
		sent := tree.NewObject(tree.Member{Key: "page", Value: tree.NewNumber("1")})
		got := testPager().more(t.Context(), res, value, sent)
		if got == "" {
			return
		}
		said, ok := strings.CutPrefix(got, "there is more: call again with ")
		if !ok || len(got) > maxNextURL*8 || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x00") {
			t.Fatalf("said %q", got)
		}
		name, _, _ := strings.Cut(said, "=")
		switch name {
		case "page", "limit", "cursor", "q", "another page or cursor":
		default:
			t.Fatalf("said %q", got)
		}
	})
}
