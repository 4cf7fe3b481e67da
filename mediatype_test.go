package mcpmount

import "testing"

// Requests and responses take a media type for the same thing.
func TestMediaKinds(t *testing.T) {
	tests := []struct {
		media  string
		kind   mediaKind
		body   bodyKind
		binary bool
	}{
		{"application/json", kindJSON, bodyJSON, false},
		{"Application/JSON; charset=utf-8", kindJSON, bodyJSON, false},
		{"application/x-json", kindJSON, bodyJSON, false},
		{"text/x-json", kindJSON, bodyJSON, false},
		{"application/hal+json", kindJSON, bodyJSON, false},
		{"application/x-ndjson", kindLines, bodyLines, false},
		{"text/x-ndjson", kindLines, bodyLines, false},
		{"application/json-lines", kindLines, bodyLines, false},
		{"application/stream+json", kindLines, bodyLines, false},
		{"application/json-seq", kindSequence, bodyLines, false},
		{"application/geo+json-seq", kindSequence, bodyLines, false},
		{"text/event-stream", kindEvents, bodyText, false},
		{"application/xml", kindXML, bodyXML, false},
		{"image/svg+xml", kindXML, bodyXML, false},
		{"application/yaml", kindYAML, bodyText, false},
		{"application/openapi+yaml", kindYAML, bodyText, false},
		{"application/x-www-form-urlencoded", kindForm, bodyForm, false},
		{"text/plain", kindText, bodyText, false},
		{"application/jwt", kindText, bodyText, false},
		{"application/openmetrics-text", kindText, bodyText, false},
		{"application/csv", kindText, bodyText, false},
		{"multipart/form-data", kindMultipart, bodyMultipart, true},
		{"multipart/mixed", kindMultipart, bodyParts, true},
		{"image/png", kindImage, bodyFile, true},
		{"audio/mpeg", kindAudio, bodyFile, true},
		{"font/woff2", kindBinary, bodyFile, true},
		{"application/octet-stream", kindUnknown, bodyFile, true},
		{"application/pdf", kindUnknown, bodyFile, true},
		{"", kindUnknown, bodyFile, false},
	}
	for _, tt := range tests {
		t.Run(tt.media, func(t *testing.T) {
			if got := parseMediaType(tt.media).kind; got != tt.kind {
				t.Errorf("kind = %d, want %d", got, tt.kind)
			}
			if got := kindOf(&MediaType{Type: tt.media}); got != tt.body {
				t.Errorf("kind of body = %d, want %d", got, tt.body)
			}
			if got := isBinaryMediaType(tt.media); got != tt.binary {
				t.Errorf("binary = %v, want %v", got, tt.binary)
			}
			if got, want := isJSONMediaType(tt.media), tt.kind == kindJSON; got != want {
				t.Errorf("JSON = %v, want %v", got, want)
			}
		})
	}
}

// What a tool advertises as JSON is read as JSON.
func TestToolResultJSONTypes(t *testing.T) {
	for _, media := range []string{"application/json", "text/json", "application/x-json", "text/x-json", "application/problem+json"} {
		schema, err := NewSchema([]byte(`{"type":"object"}`))
		if err != nil {
			t.Fatal(err)
		}
		op := &Operation{Responses: []Response{{Status: "200", Content: []MediaType{{Type: media, Schema: schema}}}}}
		if s, wrap, _ := newOutput(op, OutputSchemasLoose, newFragments(1), 1<<10); s == nil || wrap {
			t.Errorf("%s: no output schema", media)
		}
		res := respond(t, t.Context(), 200, `{"a":1}`, "Content-Type", media)
		want := "text: {\"a\":1}\nstructured: {\"a\":1}\n"
		if got := render(testPlan(outputPlan{advertised: true}).toolResult(t.Context(), res, nil)); got != want {
			t.Errorf("%s: result:\n%s\nwant:\n%s", media, got, want)
		}
	}
}
