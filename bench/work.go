package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
)

// A work is something to do: a route of the API and the call of a tool that has
// the same answer, or the list of tools.
type work struct {
	name string
	message

	method, path string // of the route; "" if there is none
	body         string

	mark  string // is in each right answer, within its first 4 KB
	tools int    // how many a list has; 0 if it is not known

	answer any // what the route answers, decoded
}

func smallCall() work {
	return work{name: "small call", message: message{"getItem", `{"id":42,"view":"full"}`},
		method: http.MethodGet, path: "/items/42?view=full", mark: "walnut shelf"}
}

func largeAnswer() work {
	return work{name: "100 KB answer", message: message{"getReport", `{}`},
		method: http.MethodGet, path: "/report", mark: "walnut shelf"}
}

// upload sends 1 MB that no compression makes smaller; a tool gets it in base64.
func upload() work {
	content := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content) // never fails
	return work{name: "1 MB upload", message: message{"uploadFile", `{"body":"` + base64.StdEncoding.EncodeToString(content) + `"}`},
		method: http.MethodPost, path: "/files", body: string(content), mark: "1048576"}
}

func list(tools int) work {
	return work{name: fmt.Sprintf("tools/list of %d", tools), mark: "thing0", tools: tools}
}

// solved returns w with the answer that the API itself gives.
func (w work) solved() (work, error) {
	if w.method == "" {
		return w, nil
	}
	rec := httptest.NewRecorder()
	newAPI().ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), w.method, w.path, strings.NewReader(w.body)))
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), w.mark) {
		return w, fmt.Errorf("the API answers %s with %d", w.path, rec.Code)
	}
	return w, json.Unmarshal(rec.Body.Bytes(), &w.answer)
}

// request returns the request of w as it is sent.
func (w work) request(e era, host, path, session string) []byte {
	if e == rest {
		var header [][2]string
		if w.body != "" {
			header = [][2]string{{"Content-Type", "application/octet-stream"}}
		}
		return wire(w.method, host, w.path, header, w.body)
	}
	return wire(http.MethodPost, host, path, w.header(e, session), w.message.body(e))
}

// check reports whether res is the right answer, and all of it. Structured content
// is asked for unless the server has none.
func (w work) check(e era, res response, structured bool) error {
	if res.status != http.StatusOK {
		return fmt.Errorf("status %d: %.200s", res.status, res.body)
	}
	if e == rest {
		return w.same("the answer", res.body)
	}
	var answer struct {
		Error  json.RawMessage
		Result struct {
			IsError bool
			Content []struct{ Type, Text string }
			Tools   []struct {
				Name        string
				InputSchema struct{ Type string }
			}
			StructuredContent json.RawMessage
		}
	}
	if err := json.Unmarshal(eventData(res), &answer); err != nil {
		return fmt.Errorf("answer %.200q: %w", res.body, err)
	}
	result := answer.Result
	if answer.Error != nil || result.IsError {
		return fmt.Errorf("an error: %.300s", res.body)
	}
	if w.tool == "" {
		n := len(result.Tools)
		if n == 0 || w.tools > 0 && n != w.tools || result.Tools[n-1].InputSchema.Type != "object" {
			return fmt.Errorf("a list of %d tools, not %d: %.200s", n, w.tools, res.body)
		}
		return nil
	}
	if len(result.Content) != 1 || result.Content[0].Type != "text" {
		return fmt.Errorf("%d contents, not one text: %.300s", len(result.Content), res.body)
	}
	if err := w.same("the text", []byte(result.Content[0].Text)); err != nil || !structured {
		return err
	}
	return w.same("the structured content", result.StructuredContent)
}

// same reports whether got is what the API answers.
func (w work) same(what string, got []byte) error {
	var v any
	if err := json.Unmarshal(got, &v); err != nil {
		return fmt.Errorf("%s %.200q: %w", what, got, err)
	}
	if w.answer != nil && !reflect.DeepEqual(v, w.answer) {
		return fmt.Errorf("%s is not that of the API: %.300s", what, got)
	}
	return nil
}

// eventData returns the JSON of a response: its body, or the data of its last
// event that has some.
func eventData(res response) []byte {
	if !isStream(res) {
		return res.body
	}
	var data []byte
	for line := range bytes.Lines(res.body) {
		if content, ok := bytes.CutPrefix(line, []byte("data:")); ok && len(bytes.TrimSpace(content)) > 0 {
			data = bytes.TrimSpace(content)
		}
	}
	return data
}

func isStream(res response) bool {
	return bytes.HasPrefix(res.header("Content-Type"), []byte("text/event-stream"))
}

// An expectation is what each response of a run is held against: what was checked
// in full had it.
type expectation struct {
	length int // of the JSON in bytes
	mark   []byte
}

// maxEvents bounds the bytes of a stream of events beside the JSON of an answer.
const maxEvents = 256

func expect(w work, res response) expectation {
	return expectation{length: len(eventData(res)), mark: []byte(w.mark)}
}

// check takes the answer in either form, since servers may choose it anew for each
// request.
func (e expectation) check(res response) error {
	if res.status != http.StatusOK {
		return fmt.Errorf("status %d: %.200s", res.status, res.body)
	}
	more := len(res.body) - e.length
	if more != 0 && (more < 0 || more > maxEvents || !isStream(res)) {
		return fmt.Errorf("a body of %d bytes, not %d: %.200s", len(res.body), e.length, res.body)
	}
	if !bytes.Contains(res.body[:min(len(res.body), 4<<10)], e.mark) {
		return fmt.Errorf("a body without %q: %.200s", e.mark, res.body)
	}
	return nil
}
