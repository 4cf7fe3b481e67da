package tree_test

import (
	"testing"
	"unicode/utf16"
)

// utf16Text returns text in UTF-16 with the more significant byte first.
func utf16Text(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}

// swapped returns the bytes of each pair in the other order.
func swapped(text string) string {
	b := []byte(text)
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}

func TestEncodings(t *testing.T) {
	const (
		json     = `{"ä":"€😀"}`
		yaml     = "ä: €😀\n"
		want     = `{"ä":"€😀"}`
		notUTF8  = "the document is not UTF-8"
		notUTF16 = ": the document is not valid UTF-16"
	)
	tests := []document{
		{name: "UTF-8 with a mark, JSON", input: "\ufeff" + json, want: want},
		{name: "UTF-8 with a mark, YAML", input: "\ufeff" + yaml, want: want},
		{name: "UTF-16BE with a mark, JSON", input: utf16Text("\ufeff" + json), want: want},
		{name: "UTF-16BE with a mark, YAML", input: utf16Text("\ufeff" + yaml), want: want},
		{name: "UTF-16LE with a mark, JSON", input: swapped(utf16Text("\ufeff" + json)), want: want},
		{name: "UTF-16LE with a mark, YAML", input: swapped(utf16Text("\ufeff" + yaml)), want: want},
		{name: "UTF-16BE", input: utf16Text(`{"a":"€😀"}`), want: `{"a":"€😀"}`},
		{name: "UTF-16LE", input: swapped(utf16Text("a: €😀")), want: `{"a":"€😀"}`},
		{name: "UTF-16 with an odd byte", input: utf16Text("\ufeff"+json) + "x", want: want, problems: []string{
			notUTF16}},
		{name: "UTF-16 with half a pair", input: "\xfe\xff" + utf16Text(`["`) + "\xd8\x3d" + utf16Text(`"]`), want: "[\"\ufffd\"]", problems: []string{
			notUTF16}},
		{name: "Latin-1", input: "caf\xe9: \xc4\xd6\xdc\n", want: `{"café":"ÄÖÜ"}`, problems: []string{
			": line 1, column 4: " + notUTF8}},
		{name: "Windows-1252", input: "{\"a\":\"\x80 \x93x\x94 \x96 \x9f\"}", want: `{"a":"€ “x” – Ÿ"}`, problems: []string{
			": line 1, column 7: " + notUTF8}},
		{name: "UTF-8 with a wrong byte", input: "a: ä\nb: \xe4\n", want: "{\"a\":\"ä\",\"b\":\"\ufffd\"}", problems: []string{
			": line 2, column 4: " + notUTF8}},
		{name: "UTF-8 that is cut", input: "a: äöü\nb: x\xc3", want: "{\"a\":\"äöü\",\"b\":\"x\ufffd\"}", problems: []string{
			": line 2, column 5: " + notUTF8}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.check)
	}
}
