package mcpmount

import (
	"strings"
	"testing"

	"github.com/mcpmount/mcpmount/internal/tree"
)

func TestParseEnvelope(t *testing.T) {
	batch := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"jsonrpc":"2.0","method":"m"},`, n), ",") + "]"
	}
	tests := []struct {
		name, body string
		code       int
		id         string // as it is echoed
		requests   int
	}{
		{"call", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, 0, "1", 1},
		{"notification", `{"jsonrpc":"2.0","method":"ping","params":{}}`, 0, "", 1},
		{"response", `{"jsonrpc":"2.0","id":"a","result":{}}`, 0, `"a"`, 0},
		{"null params", `{"jsonrpc":"2.0","id":1,"method":"ping","params":null}`, 0, "1", 1},
		{"largest id", `{"jsonrpc":"2.0","id":9007199254740991,"method":"ping"}`, 0, "9007199254740991", 1},
		{"smallest id", `{"jsonrpc":"2.0","id":-9007199254740991,"method":"ping"}`, 0, "-9007199254740991", 1},
		{"arguments of any spelling", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"Name":1,"name":2,"ID":3}}}`, 0, "1", 1},
		{"full batch", batch(maxPending), 0, "", maxPending},

		{"large id", `{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`, codeInvalidRequest, "9007199254740993", 0},
		{"larger id", `{"jsonrpc":"2.0","id":1e400,"method":"ping"}`, codeInvalidRequest, "1e400", 0},
		{"fraction", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, codeInvalidRequest, "1.5", 0},
		{"null id", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, codeInvalidRequest, "null", 0},
		{"object id", `{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}`, codeInvalidRequest, "", 0},
		{"array params", `{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}`, codeInvalidParams, "1", 0},
		{"number as method", `{"jsonrpc":"2.0","id":1,"method":7}`, codeInvalidRequest, "1", 0},
		{"nothing", `{"jsonrpc":"2.0","id":1}`, codeInvalidRequest, "1", 0},
		{"other version", `{"jsonrpc":"1.0","id":1,"method":"ping"}`, codeInvalidRequest, "1", 0},
		{"null", `null`, codeInvalidRequest, "", 0},
		{"not JSON", `{`, codeParse, "", 0},
		{"another spelling of the method", `{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}`, codeInvalidRequest, "1", 0},
		{"another spelling of the id", `{"jsonrpc":"2.0","ID":1,"method":"ping"}`, codeInvalidRequest, "", 0},
		{"another letter that folds", `{"jsonrpc":"2.0","id":1,"method":"ping","param\u017f":{}}`, codeInvalidRequest, "1", 0},
		{"another spelling of the name", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","NAME":"b"}}`, codeInvalidRequest, "1", 0},
		{"another spelling in _meta", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/ProtocolVersion":"2026-07-28"}}}`, codeInvalidRequest, "1", 0},
		{"the same key twice in _meta", `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"progressToken":1,"progressToken":2}}}`, codeParse, "", 0},
		{"an escaped key twice", `{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"tools/call"}`, codeParse, "", 0},
		{"empty batch", `[]`, codeInvalidRequest, "", 0},
		{"large batch", batch(maxPending + 1), codeInvalidRequest, "", 0},
		{"batch with a wrong message", `[{"jsonrpc":"2.0","method":"m"},{"jsonrpc":"2.0","id":1.5,"method":"m"}]`, codeInvalidRequest, "1.5", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parseEnvelope(new(tree.Parser), []byte(tt.body))
			code, id := 0, ""
			if err != nil {
				code = err.code
			}
			if m.id != nil {
				id = string(m.id.AppendJSON(nil))
			}
			if code != tt.code || id != tt.id || m.requests != tt.requests {
				t.Errorf("parseEnvelope = code %d, id %s, %d requests, want %d, %s, %d", code, id, m.requests, tt.code, tt.id, tt.requests)
			}
		})
	}
}

// BenchmarkParseEnvelope measures reading a message where another one was read before.
func BenchmarkParseEnvelope(b *testing.B) {
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getItem","arguments":{"id":"17","limit":5}`
	for name, text := range map[string]string{
		"2025-11-25": call + `}}`,
		"2026-07-28": call + `,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			var p tree.Parser
			body := []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseEnvelope(&p, body); err != nil {
					b.Fatal(err.message)
				}
				p.Recycle()
			}
		})
	}
}
