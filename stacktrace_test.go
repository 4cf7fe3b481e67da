package mcpmount

import (
	"encoding/json"
	"testing"
)

func TestWithoutFrames(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"Go", "panic: boom\n\ngoroutine 7 [running]:\nmain.(*server).serve(0xc000012345, {0x1, 0x2})\n\t/src/main.go:12 +0x1d\nmain.main()\n\t/src/main.go:5\ncreated by net/http.(*Server).Serve in goroutine 1\n\t/go/src/net/http/server.go:3285 +0x4b4\nend", "panic: boom\n\nend"},
		{"Java", "java.io.IOException: no disk\n\tat app.Main.run(Main.java:12)\n\tat app.Main.main(Native Method)\nCaused by: x\n\t... 3 more", "java.io.IOException: no disk\nCaused by: x"},
		{"JavaScript", "Error: boom\n    at f (/app/main.js:1:2)\n    at async Promise.all (index 0)\n    at node:internal/main:3:4\n    at new Foo (<anonymous>)\nend", "Error: boom\n    at async Promise.all (index 0)\nend"},
		{"Python", "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in f\n    return g()\n  File \"<stdin>\", line 1, in g\nValueError: boom", "ValueError: boom"},
		{"C#", "System.Exception: boom\n   at App.Main.Run(String s) in C:\\src\\main.cs:line 12\n   at App.Main.Go(Object o)", "System.Exception: boom"},
		{"PHP", "Fatal error: boom\nStack trace:\n#0 /var/www/a.php(12): f()\n#1 {main}", "Fatal error: boom\nStack trace:"},
		{"Ruby", "boom (RuntimeError)\n/app/main.rb:12:in `f'", "boom (RuntimeError)"},
		{"no frames", "at least one item (of 3) is needed\nmeet at 10:30 (room 7)\n#1 choice\nmore...\ngoroutines are cheap\nFile \"x\" is missing\ncreated by Ann\nsee main.go", "at least one item (of 3) is needed\nmeet at 10:30 (room 7)\n#1 choice\nmore...\ngoroutines are cheap\nFile \"x\" is missing\ncreated by Ann\nsee main.go"},
		{"a time", "at 10:30", "at 10:30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := withoutFrames(tt.in); got != tt.want {
				t.Errorf("withoutFrames(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestWithoutTraces(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"none", `{ "a": "b\n", "c": [1, "d\"e"] }`, `{ "a": "b\n", "c": [1, "d\"e"] }`},
		{"one", `{ "a": "x\n\tat a.B.c(B.java:1)", "b": 9007199254740993 }`, `{ "a": "x", "b": 9007199254740993 }`},
		{"several", `["at a.B.c(B.java:1)","x","at a.B.d(B.java:2)"]`, `["","x",""]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(withoutTraces([]byte(tt.in))); got != tt.want {
				t.Errorf("withoutTraces(%s) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzWithoutTraces(f *testing.F) {
	f.Add([]byte(`{"a":"x\n\tat a.B.c(B.java:1)","b\\":["\"at /a.js:1\""]}`))
	f.Add([]byte(`"\ud800 at f (/a.js:1:2)"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := withoutTraces(data); json.Valid(data) && !json.Valid(got) {
			t.Errorf("withoutTraces(%q) = %q, want valid JSON", data, got)
		}
	})
}
