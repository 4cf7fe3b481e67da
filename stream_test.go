package mcpmount

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadRecords(t *testing.T) {
	long := `"` + strings.Repeat("a", 10_000) + `"`
	tests := []struct {
		name string
		kind mediaKind
		in   string
		want []string
	}{
		{"lines", kindLines, "1\n{\"a\":2}\r\n\n  [3]  \n", []string{`1`, `{"a":2}`, `[3]`}},
		{"lines without an end", kindLines, "1\n2", []string{`1`, `2`}},
		{"lines with a byte order mark", kindLines, "\ufeff1\n2\n", []string{`1`, `2`}},
		{"long lines", kindLines, long + "\n" + long + "\n1\n", []string{long, long, `1`}},
		{"no lines", kindLines, "", nil},
		{"invalid UTF-8", kindLines, "\"\xff\"\n", []string{"\"\uFFFD\""}},

		{"a sequence", kindSequence, "\x1e{\"a\":1}\n\x1e2\n", []string{`{"a":1}`, `2`}},
		{"a sequence on several lines", kindSequence, "\x1e{\n\"a\":1\n}\n\x1e[\n]\n", []string{"{\n\"a\":1\n}", "[\n]"}},
		{"a sequence without line feeds", kindSequence, "\x1e1\x1e2\x1e3", []string{`1`, `2`, `3`}},
		{"a sequence with empty texts", kindSequence, "\x1e\x1e\n\x1e1\n", []string{`1`}},

		{"events", kindEvents, "event: a\ndata: 1\nid: 7\n\ndata:2\n\n", []string{`1`, `2`}},
		{"events with comments", kindEvents, ": ping\n\ndata: 1\n:\n\n: ping\n\n", []string{`1`}},
		{"events on several lines", kindEvents, "data: {\ndata:   \"a\": 1\ndata: }\n\n", []string{"{\n  \"a\": 1\n}"}},
		{"events with CR LF", kindEvents, "data: 1\r\n\r\ndata: 2\r\n\r\n", []string{`1`, `2`}},
		{"events with CR", kindEvents, "data: 1\r\rdata: 2\r\r", []string{`1`, `2`}},
		{"events without an end", kindEvents, "data: 1\n\ndata: 2", []string{`1`, `2`}},
		{"events without data", kindEvents, "event: ping\n\ndata\n\ndata:\n\nretry: 5\n\n", nil},
		{"other fields", kindEvents, "datax: 1\n\nDATA: 2\n\n", nil},
		{"events with a byte order mark", kindEvents, "\ufeffdata: 1\n\n", []string{`1`}},
	}
	for _, tt := range tests {
		for name, reader := range map[string]func(io.Reader) io.Reader{
			"at once":      func(r io.Reader) io.Reader { return r },
			"byte by byte": iotest.OneByteReader,
		} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				var got []string
				b := &bodyReader{r: reader(strings.NewReader(tt.in)), limit: 1 << 20, left: 1 << 20}
				rs := readRecords(tt.kind, b, &listener{progress: func(message string, n int) {
					if n != len(got)+1 {
						t.Errorf("progress = %d, want %d", n, len(got)+1)
					}
					if !strings.HasPrefix(tt.want[len(got)], message) || message == "" || len(message) > maxProgressBytes {
						t.Errorf("message = %q, want the beginning of %q", message, tt.want[len(got)])
					}
					got = append(got, tt.want[len(got)])
				}})
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("other records (-want +got):\n%s", diff)
				}
				if got, want := string(rs.value()), "["+strings.Join(tt.want, ",")+"]"; got != want {
					t.Errorf("value = %q, want %q", got, want)
				}
				text := ""
				for _, record := range tt.want {
					text += record + "\n"
				}
				if got := string(rs.text); got != text {
					t.Errorf("text = %q, want %q", got, text)
				}
			})
		}
	}
}

// However many records come, a client hears of the first ones, of one in a while
// and of the last.
func TestReadRecordsProgress(t *testing.T) {
	tests := []struct {
		name    string
		records int
		every   time.Duration
		want    []int // the records told of
	}{
		{"a short stream at once", 20, 0, upTo(20)},
		{"a long stream at once", 50_000, 0, append(upTo(20), 50_000)},
		{"a fast stream", 60, 25 * time.Millisecond, append(upTo(20), 24, 28, 32, 36, 40, 44, 48, 52, 56, 60)},
		{"a fast stream with more at its end", 31, 25 * time.Millisecond, append(upTo(20), 24, 28, 31)},
		{"a slow stream", 25, time.Second, upTo(25)},
		{"none", 0, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, w := io.Pipe()
				go func() {
					defer w.Close()
					for i := range tt.records {
						time.Sleep(tt.every)
						fmt.Fprintf(w, "%d\n", i+1)
					}
				}()
				var got []int
				b := &bodyReader{r: r, limit: 1 << 20, left: 1 << 20}
				readRecords(kindLines, b, &listener{progress: func(message string, n int) {
					if message != strconv.Itoa(n) {
						t.Errorf("message of record %d = %q", n, message)
					}
					got = append(got, n)
				}})
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("told of other records (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// upTo returns the numbers from 1 to n.
func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

// What was cut off is left out, even if it looks whole.
func TestReadRecordsCut(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		kind mediaKind
		in   string
	}{
		{kindLines, "1\n23"},
		{kindSequence, "\x1e1\n\x1e23"},
		{kindEvents, "data: 1\n\ndata: 23"},
		{kindEvents, "data: 1\n\ndata: 23\n"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q", tt.in), func(t *testing.T) {
			r := io.MultiReader(strings.NewReader(tt.in), iotest.ErrReader(broken))
			b := &bodyReader{r: r, limit: 1 << 20, left: 1 << 20}
			if got, want := string(readRecords(tt.kind, b, nil).value()), "[1]"; got != want {
				t.Errorf("value = %s, want %s", got, want)
			}
			if b.err != broken {
				t.Errorf("error = %v, want %v", b.err, broken)
			}
		})
	}
}

func TestToolResultStream(t *testing.T) {
	advertised := outputPlan{advertised: true}
	tests := []struct {
		name, media, body string
		out               outputPlan
		want              string
	}{
		{"lines", "application/x-ndjson", "{\"a\":1}\n2\n", outputPlan{}, "text: {\"a\":1}\n2\nstructured: {\"result\":[{\"a\":1},2]}\n"},
		{"lines that are not JSON", "application/jsonl", "1\noops\n", outputPlan{}, "text: 1\noops\ntext: 1 of 2 records are not JSON\n"},
		{"lines that are not JSON, advertised", "application/jsonl", "oops\n", advertised, "text: oops\ntext: 1 of 1 records are not JSON\nstructured: {\"result\":\"oops\"}\n"},
		{"no lines", "application/x-ndjson", "", outputPlan{}, "text: 200 OK, no content\nstructured: {\"result\":[]}\n"},
		{"a sequence", "application/geo+json-seq", "\x1e1\n\x1e2\n", outputPlan{}, "text: 1\n2\nstructured: {\"result\":[1,2]}\n"},
		{"events of text", "text/event-stream; charset=utf-8", "data: a\n\ndata: b\n\n", outputPlan{}, "text: a\nb\n"},
		{"events of JSON", "text/event-stream", "data: {\"d\":\"a\"}\n\ndata: [DONE]\n\n", outputPlan{}, "text: {\"d\":\"a\"}\n[DONE]\nstructured: {\"result\":[{\"d\":\"a\"}]}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := t.Context()
			res := respond(t, ctx, 200, tt.body, "Content-Type", tt.media)
			if got := render(testPlan(tt.out).toolResult(ctx, res, nil)); got != tt.want {
				t.Errorf("result:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// FuzzReadRecords checks that a stream gives the same records however it
// arrives, and that they are a JSON array when they say so.
func FuzzReadRecords(f *testing.F) {
	for kind := kindLines; kind <= kindEvents; kind++ {
		f.Add(uint8(kind), "data: 1\r\n\r\ndata: {\"a\":\ndata: 2}\n\n\x1e[3]\n\x1e4\n\ufeff5")
	}
	f.Fuzz(func(t *testing.T, kind uint8, in string) {
		k := mediaKind(kind)
		if !k.isStream() {
			return
		}
		read := func(r io.Reader) *records {
			return readRecords(k, &bodyReader{r: r, limit: 1 << 20, left: 1 << 20}, nil)
		}
		whole, slow := read(strings.NewReader(in)), read(iotest.OneByteReader(strings.NewReader(in)))
		if got, want := string(slow.text), string(whole.text); got != want {
			t.Errorf("records byte by byte = %q, at once %q", got, want)
		}
		if v := whole.value(); v != nil && !isJSON(v) {
			t.Errorf("value = %q, want valid JSON", v)
		}
	})
}
