package mcpmount

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"
)

// FuzzRedact: however a response arrives, no secret is in what is read, and
// what is not a secret is as it was.
func FuzzRedact(f *testing.F) {
	f.Add("before secret-1 after", "secret-1", "secret-12")
	f.Add("secret-secret-secret", "secret-secret", "secret-")
	f.Add("aaaaaaaaaaaaaaaaaaaaab", "aaaaaab", "aaaaaa")
	f.Add(`{"a":"q\"uoted-secret"}`, `q"uoted-secret`, "x")
	f.Fuzz(func(t *testing.T, body, one, two string) {
		d := newRedactor([]string{one, two})
		if d == nil {
			return
		}
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(body), "bytes": iotest.OneByteReader(strings.NewReader(body)), "halves": iotest.HalfReader(strings.NewReader(body)),
		} {
			got, err := io.ReadAll(d.reader(r))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range d.secrets {
				// Where the mask itself, or text around it, spells a secret, nothing can be said.
				if bytes.Contains(got, s.text) && !bytes.Contains(s.text, []byte("*")) && !bytes.Contains(bytes.ReplaceAll(got, s.mask, nil), s.text) {
					t.Errorf("%s: %q is in %q", name, s.text, got)
				}
			}
			found := false
			for _, s := range d.secrets {
				found = found || strings.Contains(body, string(s.text))
			}
			if !found && string(got) != body {
				t.Errorf("%s: got %q, want %q", name, got, body)
			}
			if found && !bytes.Contains(bytes.ReplaceAll(got, []byte{0}, nil), []byte(masked)) {
				t.Errorf("%s: nothing is masked in %q", name, got)
			}
		}
	})
}

func TestRedactAcrossReads(t *testing.T) {
	d := newRedactor([]string{"hunter2-hunter2", "hunter2"})
	body := strings.Repeat("x", redactChunk-5) + "hunter2-hunter2" + strings.Repeat("y", 10) + "hunter2"
	want := strings.Repeat("x", redactChunk-5) + "***" + strings.Repeat("y", 10) + "***"
	for _, r := range []io.Reader{strings.NewReader(body), iotest.OneByteReader(strings.NewReader(body)), iotest.DataErrReader(strings.NewReader(body))} {
		got, err := io.ReadAll(d.reader(r))
		if err != nil || string(got) != want {
			t.Errorf("got %d bytes ending in %q, %v", len(got), got[len(got)-30:], err)
		}
	}
}

// An API that says nothing but a secret costs what any other does: looking for all of
// them after each took a minute for this one.
func TestRedactNothingElse(t *testing.T) {
	const secret, times = `sécret"&<>'+x`, 300_000
	d := newRedactor([]string{secret, "another-secret"})
	start := time.Now()
	got, err := io.ReadAll(d.reader(strings.NewReader(strings.Repeat(secret, times))))
	if err != nil || string(got) != strings.Repeat(masked, times) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// What is decoded later is looked at before.
func TestRedactUTF16(t *testing.T) {
	d := newRedactor([]string{"s3cr3t-é"})
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		echo := utf16Bytes(utf16.Encode([]rune("it is s3cr3t-é.")), order)
		want := utf16Bytes(utf16.Encode([]rune("it is ***.")), order)
		if got, err := io.ReadAll(d.reader(bytes.NewReader(echo))); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: got %q, %v", order, got, err)
		}
	}
}

// Encoders of JSON escape what they like, and readers see the secret all the same.
func TestRedactSpellings(t *testing.T) {
	secret := "k+/\"<é&'`\\x"
	d := newRedactor([]string{secret})
	for name, text := range map[string]string{
		"plain":  secret,
		"Go":     `k+/\"\u003cé\u0026'` + "`" + `\\x`,
		"Python": `k+/\"<\u00e9&'` + "`" + `\\x`,
		"PHP":    `k+\/\"<\u00e9&'` + "`" + `\\x`,
		"C#":     `k\u002B/\u0022\u003C\u00E9\u0026\u0027\u0060\\x`,
	} {
		var decoded string
		if name != "plain" && (json.Unmarshal([]byte(`"`+text+`"`), &decoded) != nil || decoded != secret) {
			t.Fatalf("%s: %q is %q", name, text, decoded)
		}
		if got, err := io.ReadAll(d.reader(strings.NewReader("<" + text + ">"))); string(got) != "<***>" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// Secrets that are other ones than those before are redacted, too, and the same ones
// are prepared once.
func TestRedactorCache(t *testing.T) {
	var c redactorCache
	for range 3 {
		for _, secret := range []string{"first-secret", "other-secret"} {
			d := c.of([]string{secret})
			if got := d.text("a first-secret, an other-secret"); strings.Contains(got, secret) || !strings.Contains(got, "-secret") {
				t.Errorf("without %s: %q", secret, got)
			}
			if c.of([]string{secret}) != d {
				t.Error("the same secrets are prepared twice")
			}
		}
	}
	for range 2 {
		if d := c.of([]string{"secret"}); d.text("a secret") != "a ***" {
			t.Error("a secret of six bytes is shown")
		}
		if c.of([]string{"short"}) != nil {
			t.Error("a short secret is redacted")
		}
	}
}
