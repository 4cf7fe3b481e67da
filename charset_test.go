package mcpmount

import (
	"testing"
	"unicode/utf8"
)

func TestDecodeText(t *testing.T) {
	tests := []struct{ name, charset, in, want string }{
		{"UTF-8", "utf-8", "é€", "é€"},
		{"no charset", "", "é€", "é€"},
		{"ASCII", "us-ascii", "abc", "abc"},
		{"UTF-8 with a mark", "", "\xef\xbb\xbfé", "é"},
		{"the mark decides", "iso-8859-1", "\xef\xbb\xbfé", "é"},
		{"Latin-1", "ISO-8859-1", "caf\xe9 \xa0\xff", "café \u00a0ÿ"},
		{"Windows-1252", "windows-1252", "\x80\x8a\x92\x99\x9f\xe9", "€Š’™Ÿé"},
		{"Latin-1 that is Windows-1252", "latin1", "\x93a\x94", "“a”"},
		{"UTF-16 with a big-endian mark", "", "\xfe\xff\x00a\x20\xac\xd8\x3d\xde\x00", "a€😀"},
		{"UTF-16 with a little-endian mark", "utf-16", "\xff\xfea\x00\xac\x20", "a€"},
		{"UTF-16LE", "utf-16le", "a\x00b\x00", "ab"},
		{"UTF-16BE", "utf-16be", "\x00a\x00b", "ab"},
		{"half of UTF-16", "utf-16le", "a\x00b", "a"},
		{"half of a pair", "utf-16le", "\x3d\xd8", "\uFFFD"},
		{"invalid UTF-8", "utf-8", "a\xffb", "a\uFFFDb"},
		{"an unknown charset", "koi8-r", "a\xc1", "a\uFFFD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := decodeText([]byte(tt.in), tt.charset); got != tt.want {
				t.Errorf("decodeText(%q, %q) = %q, want %q", tt.in, tt.charset, got, tt.want)
			}
		})
	}
}

func TestXMLEncoding(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"double quotes", `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`, "ISO-8859-1"},
		{"single quotes", `<?xml version='1.0' encoding='utf-8' standalone='yes'?><a/>`, "utf-8"},
		{"none", `<?xml version="1.0"?><a encoding="x"/>`, ""},
		{"no declaration", `<a encoding="x"/>`, ""},
		{"nothing after", `<?xml encoding=?>`, ""},
		{"no end", `<?xml encoding="x`, ""},
		{"empty", ``, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := xmlEncoding([]byte(tt.in)); got != tt.want {
				t.Errorf("xmlEncoding(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzDecodeText(f *testing.F) {
	f.Add([]byte("caf\xe9"), "latin1")
	f.Add([]byte("\xff\xfea\x00"), "")
	f.Add([]byte("\x3d\xd8\x00"), "utf-16")
	f.Fuzz(func(t *testing.T, data []byte, charset string) {
		if got := decodeText(data, charset); !utf8.ValidString(got) {
			t.Errorf("decodeText(%q, %q) = %q, want valid UTF-8", data, charset, got)
		}
	})
}
