package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mcpmount/mcpmount"
)

// A client speaks MCP to a server in the same process: one bare POST for each
// message.
type client struct {
	server http.Handler
	api    *recorder
}

func newClient(doc *mcpmount.Document, opts *mcpmount.Options) (*client, *mcpmount.Server, error) {
	api := &recorder{}
	srv, err := mcpmount.New(doc, api, opts)
	if err != nil {
		return nil, nil, err
	}
	return &client{server: srv, api: api}, srv, nil
}

// A listedTool is a tool as tools/list shows it.
type listedTool struct {
	Name         string          `json:"name"`
	InputSchema  json.RawMessage `json:"inputSchema"`
	OutputSchema json.RawMessage `json:"outputSchema"`
}

// tools returns the tools of all pages of the list.
func (c *client) tools() ([]listedTool, error) {
	var all []listedTool
	for params := (map[string]any{}); ; {
		var page struct {
			Tools      []listedTool `json:"tools"`
			NextCursor string       `json:"nextCursor"`
		}
		if err := c.send("tools/list", params, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Tools...)
		if page.NextCursor == "" {
			return all, nil
		}
		params["cursor"] = page.NextCursor
	}
}

// call calls a tool and returns the request that reached the API. It is an
// error if none did; the text of the result says why.
func (c *client) call(name string, arguments json.RawMessage) (*http.Request, error) {
	c.api.request = nil
	var result struct {
		Content []struct {
			Text string `json:"text"`
		} `json:"content"`
	}
	err := c.send("tools/call", map[string]any{"name": name, "arguments": arguments}, &result)
	if err != nil {
		return nil, err
	}
	if c.api.request == nil {
		var text []string
		for _, content := range result.Content {
			text = append(text, content.Text)
		}
		return nil, fmt.Errorf("%s", strings.Join(text, "\n"))
	}
	return c.api.request, nil
}

// send sends one message and reads the result into to.
func (c *client) send(method string, params, to any) error {
	message, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return err
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/mcp", bytes.NewReader(message))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	var answer struct {
		Result json.RawMessage `json:"result"`
		Error  *struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		return fmt.Errorf("%s: status %d, %.200q: %w", method, w.Code, w.Body, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("%s: %s", method, answer.Error.Message)
	}
	return json.Unmarshal(answer.Result, to)
}

// A recorder is an API that answers every request with an empty object, and
// keeps the last one.
type recorder struct{ request *http.Request }

// RoundTrip keeps a copy of r, with its body read.
func (a *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	kept := r.Clone(r.Context())
	kept.Body = http.NoBody
	if r.Body != nil {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body.Close()
		if len(content) > 0 {
			kept.Body = io.NopCloser(bytes.NewReader(content))
		}
	}
	a.request = kept
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader("{}")),
		ContentLength: 2,
		Request:       r,
	}, nil
}
