package mcpmount

import (
	"bytes"
	"encoding/json"
	"strings"
)

// withoutTraces returns JSON whose strings have no stack frames any more.
func withoutTraces(data []byte) []byte {
	var out []byte
	done := 0 // data up to here is in out
	for start := bytes.IndexByte(data, '"'); start >= 0; {
		end := start + quotedLen(data[start:])
		if cleaned, changed := cleanedString(data[start:end]); changed {
			out = append(append(out, data[done:start]...), cleaned...)
			done = end
		}
		next := bytes.IndexByte(data[end:], '"')
		if next < 0 {
			break
		}
		start = end + next
	}
	if done == 0 {
		return data
	}
	return append(out, data[done:]...)
}

// quotedLen returns the length of the JSON string that data begins with.
func quotedLen(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

func cleanedString(quoted []byte) (cleaned []byte, changed bool) {
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return nil, false
	}
	kept := withoutFrames(s)
	if kept == s {
		return nil, false
	}
	cleaned, err := json.Marshal(strings.TrimSpace(kept))
	return cleaned, err == nil
}

// withoutFrames returns text without the lines that are stack frames of Go,
// Java, JavaScript, Python, C#, PHP and Ruby.
func withoutFrames(text string) string {
	var kept []string
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		switch line := strings.TrimSpace(lines[i]); {
		case isGoFile(line):
			// The line before names the function.
			if n := len(kept); n > 0 && strings.HasSuffix(strings.TrimSpace(kept[n-1]), ")") {
				kept = kept[:n-1]
			}
		case isPythonFile(line):
			// The line after quotes the source, further in.
			if i+1 < len(lines) && indent(lines[i+1]) > indent(lines[i]) {
				i++
			}
		case !isFrame(line):
			kept = append(kept, lines[i])
		}
	}
	if len(kept) == len(lines) {
		return text
	}
	return strings.Join(kept, "\n")
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// isGoFile recognizes "/src/main.go:12 +0x1d".
func isGoFile(line string) bool {
	place, offset, _ := strings.Cut(line, " ")
	return hasLine(place, ".go:") && (offset == "" || strings.HasPrefix(offset, "+0x"))
}

// isPythonFile recognizes `File "/src/main.py", line 12, in f`.
func isPythonFile(line string) bool {
	return strings.HasPrefix(line, `File "`) && strings.Contains(line, `", line `)
}

func isFrame(line string) bool {
	switch {
	case strings.HasPrefix(line, "at "):
		return isCallSite(line[len("at "):])
	case strings.HasPrefix(line, "goroutine "):
		return strings.HasSuffix(line, "]:")
	case strings.HasPrefix(line, "created by "):
		return strings.Contains(line, ".")
	case strings.HasPrefix(line, "Traceback (most recent call last)"):
		return true
	case strings.HasPrefix(line, "..."):
		return strings.HasSuffix(line, " more") || strings.HasSuffix(line, " omitted")
	case strings.HasPrefix(line, "#"):
		return strings.Contains(line, ".php(") || strings.HasSuffix(line, "{main}")
	}
	return hasLine(line, ".rb:") && strings.Contains(line, ":in ") || isGoCall(line)
}

// isGoCall recognizes "main.serve(0xc000012345, {0x1, 0x2})".
func isGoCall(line string) bool {
	name, arguments, ok := strings.Cut(line, "(")
	return ok && !strings.Contains(name, " ") &&
		(strings.HasPrefix(arguments, "0x") || strings.HasPrefix(arguments, "{0x") || arguments == "...)")
}

// isCallSite recognizes what follows "at ": "pkg.Class.method(File.java:12)",
// "f (/src/main.js:1:2)", "/src/main.js:1:2", "Name.Class.Method(String s) in
// C:\src\main.cs:line 12".
func isCallSite(s string) bool {
	name, arguments, called := strings.Cut(s, "(")
	switch {
	case strings.Contains(s, ":line "):
		return true
	case called && strings.Contains(name, ".") && !strings.Contains(name, " "):
		return true
	case called:
		s = strings.TrimSuffix(arguments, ")")
	}
	return s == "<anonymous>" || s == "native" || isSourcePlace(s)
}

// isSourcePlace recognizes "/src/main.js:1:2" and "node:internal/x:1:2".
func isSourcePlace(s string) bool {
	place := strings.TrimRight(s, "0123456789:")
	return place != s && strings.ContainsAny(place, "./\\") && !strings.Contains(place, " ")
}

// hasLine reports whether s has the mark, a file extension and a colon, before
// a number.
func hasLine(s, mark string) bool {
	_, after, ok := strings.Cut(s, mark)
	return ok && after != "" && '0' <= after[0] && after[0] <= '9'
}
