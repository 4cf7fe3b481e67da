package tree

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAppendString holds what strings become against a reading of RFC 8259 section 7
// character by character, and against encoding/json, wherever in a word a byte is.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{
		``, `"`, `plain text of more than a word`, `{"id":1,"name":"a \"b\" c\\d"}`, "\x00\x1f\x7f\x80", "tab\tand\nbreaks\r\n\b\f",
		"日本語のテキスト", "cut \xe6\x97", "\xff\xfe\xfd", "\ufffd", "\u2028<&>", strings.Repeat(`"`, 1100), strings.Repeat("\x01", 1100),
		strings.Repeat(`0123456789"`, 120) + "\n" + strings.Repeat("é\\", 300),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for shift := range 9 {
			text := strings.Repeat("-", shift) + s
			got := string(AppendString([]byte("before"), text))
			if want := "before" + quotedSlowly(text); got != want {
				t.Fatalf("AppendString(%q) = %s, want %s", text, got, want)
			}
			if utf8.ValidString(text) && string(AppendUTF8([]byte("before"), []byte(text))) != got {
				t.Fatalf("AppendUTF8(%q) is not %s", text, got)
			}
			if length := NewString(text).JSONLength(1 << 30); length != len(got)-len("before") {
				t.Fatalf("JSONLength of %q = %d, want %d", text, length, len(got)-len("before"))
			}
			var back string
			if err := json.Unmarshal([]byte(got[len("before"):]), &back); err != nil || back != quotable(text) {
				t.Fatalf("AppendString(%q) is read as %q, %v", text, back, err)
			}
		}
	})
}

// quotable is s as JSON can have it: a byte that is not UTF-8 is U+FFFD.
func quotable(s string) string { return string([]rune(s)) }

func quotedSlowly(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if i := strings.IndexRune("\"\\\b\f\n\r\t", r); i >= 0 && r != utf8.RuneError {
			b.WriteString(`\` + `"\bfnrt`[i:i+1])
		} else if r < ' ' {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// FuzzParseString holds strings that are read against encoding/json.
func FuzzParseString(f *testing.F) {
	for _, s := range []string{
		`"plain text of more than a word"`, `"a\"b\\c\/\b\f\n\r\t\u00e9\ud83d\ude00"`, `"no end`, `"\x"`, "\"a\x01b\"", `"\ud800"`, `"0123456\"`, `"1234567"`, `"12345678"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.TrimSpace(s) != s || !strings.HasPrefix(s, `"`) {
			return
		}
		n, err := ParseJSON([]byte(s), Limits{})
		var want string
		if wrong := json.Unmarshal([]byte(s), &want); (err == nil) != (wrong == nil) || err == nil && n.Text != want {
			t.Errorf("ParseJSON(%q) = %q, %v, want %q, %v", s, n.Str(), err, want, wrong)
		}
	})
}
