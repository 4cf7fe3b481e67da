package mcpmount

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPageText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"text", "no  markup", "no markup\n"},
		{"blocks and words", "<h1>Not <em>found</em></h1><p>The page\n<a href='/x'>you want</a> is gone.</p>", "Not found\nThe page\nyou want is gone.\n"},
		{"a title that is the heading", "<title>502 Bad Gateway</title><h1>502  Bad Gateway</h1><hr>nginx", "502 Bad Gateway\nnginx\n"},
		{"what is not for reading", "a<style>b</style><SCRIPT src=x>if (a</b) c</SCRIPT ><svg><text>d</text></svg>e", "a\ne\n"},
		{"a comment", "a<!-- <p>b</p> -->c", "a\nc\n"},
		{"entities", "a &lt;b&gt; &amp; &eacute;&nbsp;c", "a <b> & é c\n"},
		{"no tag", "1 < 2 <3 a<", "1 < 2 <3 a<\n"},
		{"a declaration", "<!DOCTYPE html><?php ?>a", "a\n"},
		{"no end of a tag", "a<b", "a\n"},
		{"no end of a script", "a<script>b", "a\n"},
		{"no end of a comment", "a<!-- b", "a\n"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := pageText(tt.in); got != tt.want {
				t.Errorf("pageText(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzPageText(f *testing.F) {
	f.Add("<h1>a</h1><script>b</script><!-- c --><é")
	f.Add("</")
	f.Fuzz(func(t *testing.T, page string) {
		isControl := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
		if got := pageText(page); !utf8.ValidString(got) || strings.ContainsFunc(got, isControl) {
			t.Errorf("pageText(%q) = %q, want printable text", page, got)
		}
	})
}
