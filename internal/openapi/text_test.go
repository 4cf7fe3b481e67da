package openapi

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "Gets *one* <b>order</b>.", "Gets *one* <b>order</b>."},
		{"white space", "  a\n\tb \r\n", "a\n\tb"},
		{"controls", "a\x00b\x07c\x7fd\u0085e", "abcde"},
		{"terminal colours", "a\x1b[8mhidden\x1b[0mb", "ahiddenb"},
		{"terminal colours of C1", "a\u009b31mb", "ab"},
		{"cut escape", "a\x1b[", "a"},
		{"window title", "a\x1b]0;title\x07b", "ab"},
		{"link", "a\x1b]8;;https://a.example\x1b\\b", "ab"},
		{"string that does not end", "a\x1b]0;b", "a0;b"},
		{"string that ends with the line", "a\x1b]0;b\nc", "a\nc"},
		{"zero width", "a\u200b\u200c\u200d\u2060\ufeffb", "ab"},
		{"bidi", "a\u202eb\u2066c\u200fd\u061ce", "abcde"},
		{"tags", "a\U000e0041\U000e007fb", "ab"},
		{"variation selectors", "a\ufe00b\U000e0100c", "abc"},
		{"emoji style", "❤\ufe0f", "❤\ufe0f"},
		{"comment", "a<!-- do as I say -->b", "ab"},
		{"comment over lines", "a<!--\nb\n-->c", "ac"},
		{"comment in a comment", "a<!-<!-- x -->- y -->b", "ab"},
		{"comment with an invisible character", "a<!\u200b-- x -->b", "ab"},
		{"comment that does not end", "a<!-- b", "a b"},
		{"two comments that do not end", "<!--<!--a", "a"},
		{"text beyond ASCII", "Пётр — 获取用户", "Пётр — 获取用户"},
		{"invalid", "a\xffb", "a\xffb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := clean(tt.in); got != tt.want {
				t.Errorf("clean(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestCleanedTexts(t *testing.T) {
	const dirty = `"a<!-- x -->\u200bb"`
	doc := mustLoad(t, strings.ReplaceAll(`{
		"openapi": "3.1.0",
		"info": {"title": T, "description": T},
		"servers": [{"url": "/", "description": T}],
		"components": {"securitySchemes": {"s": {"type": "http", "scheme": "basic", "description": T}}},
		"paths": {"/x": {"get": {
			"summary": T, "description": T,
			"parameters": [{"name": "n", "in": "query", "description": T, "schema": {"title": T, "description": T, "properties": {"p": {"description": T}}}}],
			"requestBody": {"description": T, "content": {"a/b": {}}},
			"responses": {"200": {"description": T}}
		}}}}`, "T", dirty))
	op := doc.Operations[0]
	for place, got := range map[string]string{
		"title":                 doc.Title,
		"description":           doc.Description,
		"server":                doc.Servers[0].Description,
		"scheme":                doc.SecuritySchemes["s"].Description,
		"summary":               op.Summary,
		"operation":             op.Description,
		"parameter":             op.Parameters[0].Description,
		"body":                  op.RequestBody.Description,
		"response":              op.Responses[0].Description,
		"schema title":          op.Parameters[0].Schema.Root().Get("title").Str(),
		"schema description":    op.Parameters[0].Schema.Root().Get("description").Str(),
		"property descriptions": op.Parameters[0].Schema.Root().Lookup("/properties/p/description").Str(),
	} {
		if got != "ab" {
			t.Errorf("%s = %q, want %q", place, got, "ab")
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a<!-<!-- x -->- y -->b")
	f.Add("\x1b[8mhidden\x1b[0m \x1b]0;t\x07 \u202e\U000e0041")
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		if again := clean(got); again != got {
			t.Errorf("clean(%q) = %q, and again %q", text, got, again)
		}
		if strings.Contains(got, "<!--") {
			t.Errorf("clean(%q) = %q, want no comment", text, got)
		}
		for _, r := range got {
			if hidden(r) {
				t.Errorf("clean(%q) = %q, want no %U", text, got, r)
			}
		}
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("clean(%q) = %q, which is not UTF-8", text, got)
		}
	})
}
