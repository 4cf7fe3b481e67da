package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
	mcpgoserver "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// A listedTool is a tool as mcpmount lists it: others get the same ones, with schemas
// in the form that they list fastest.
type listedTool struct {
	Name         string
	Title        string
	Description  string
	Annotations  json.RawMessage
	InputSchema  json.RawMessage
	OutputSchema json.RawMessage
}

func listTools(s spec) ([]listedTool, error) {
	doc, err := readDocument(s)
	if err != nil {
		return nil, err
	}
	srv, err := mcpmount.New(doc, mcpmount.InProcess(newAPI()), options())
	if err != nil {
		return nil, err
	}
	return listFrom(srv)
}

// listFrom returns the tools that an MCP server lists.
func listFrom(srv http.Handler) ([]listedTool, error) {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/mcp", strings.NewReader(message{}.body(stateless)))
	for _, field := range (message{}).header(stateless, "") {
		r.Header.Set(field[0], field[1])
	}
	rec := httptest.NewRecorder()
	srv.ServeHTTP(rec, r)
	var answer struct{ Result struct{ Tools []listedTool } }
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || len(answer.Result.Tools) == 0 {
		return nil, fmt.Errorf("tools/list answers %d: %.200s: %w", rec.Code, rec.Body, err)
	}
	return answer.Result.Tools, nil
}

// arguments are those of all tools of the warehouse.
type arguments struct {
	ID   int    `json:"id"`
	View string `json:"view"`
	Body []byte `json:"body"`
}

// call does what somebody writes by hand for a tool: the request, the handler of
// the API, and what it answered. Arguments are not checked.
func call(ctx context.Context, api http.Handler, tool string, a arguments) ([]byte, error) {
	method, path := http.MethodGet, "/report"
	switch tool {
	case "getItem":
		path = "/items/" + strconv.Itoa(a.ID) + "?view=" + a.View
	case "uploadFile":
		method, path = http.MethodPost, "/files"
	}
	r, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(a.Body))
	if err != nil {
		return nil, err
	}
	rec := &recorder{header: http.Header{}}
	api.ServeHTTP(rec, r)
	if rec.status >= 300 {
		return nil, fmt.Errorf("status %d", rec.status)
	}
	return rec.body, nil
}

// A recorder keeps a response.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (r *recorder) Header() http.Header    { return r.header }
func (r *recorder) WriteHeader(status int) { r.status = status }
func (r *recorder) Flush()                 {}
func (r *recorder) Write(p []byte) (int, error) {
	r.body = append(r.body, p...)
	return len(p), nil
}

// goSDKServer has the tools on the official SDK, with the fastest of its options:
// answers in JSON, schemas as they are, low-level handlers.
func goSDKServer(s spec) (http.Handler, error) {
	tools, err := listTools(s)
	if err != nil {
		return nil, err
	}
	api := newAPI()
	srv := mcp.NewServer(&mcp.Implementation{Name: "bench", Version: "1"}, nil)
	for _, t := range tools {
		tool := &mcp.Tool{Name: t.Name, Title: t.Title, Description: t.Description, InputSchema: t.InputSchema}
		if err := json.Unmarshal(t.Annotations, &tool.Annotations); err != nil {
			return nil, err
		}
		if len(t.OutputSchema) > 0 {
			tool.OutputSchema = t.OutputSchema
		}
		srv.AddTool(tool, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			var a arguments
			if err := json.Unmarshal(req.Params.Arguments, &a); err != nil {
				return nil, err
			}
			body, err := call(ctx, api, req.Params.Name, a)
			if err != nil {
				return nil, err
			}
			return &mcp.CallToolResult{
				Content:           []mcp.Content{&mcp.TextContent{Text: string(body)}},
				StructuredContent: json.RawMessage(body),
			}, nil
		})
	}
	get := func(*http.Request) *mcp.Server { return srv }
	mux := http.NewServeMux()
	mux.Handle("/mcp", mcp.NewStreamableHTTPHandler(get, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}))
	mux.Handle("/session", mcp.NewStreamableHTTPHandler(get, &mcp.StreamableHTTPOptions{JSONResponse: true}))
	return mux, nil
}

// mcpGoServer has the tools on mark3labs/mcp-go.
func mcpGoServer(s spec) (http.Handler, error) {
	tools, err := listTools(s)
	if err != nil {
		return nil, err
	}
	api := newAPI()
	srv := mcpgoserver.NewMCPServer("bench", "1", mcpgoserver.WithToolCapabilities(true))
	for _, t := range tools {
		tool := mcpgo.NewToolWithRawSchema(t.Name, t.Description, t.InputSchema)
		tool.Title, tool.RawOutputSchema = t.Title, t.OutputSchema
		if err := json.Unmarshal(t.Annotations, &tool.Annotations); err != nil {
			return nil, err
		}
		srv.AddTool(tool, func(ctx context.Context, req mcpgo.CallToolRequest) (*mcpgo.CallToolResult, error) {
			a := arguments{ID: req.GetInt("id", 0), View: req.GetString("view", "")}
			if encoded := req.GetString("body", ""); encoded != "" {
				var err error
				if a.Body, err = base64.StdEncoding.DecodeString(encoded); err != nil {
					return nil, err
				}
			}
			body, err := call(ctx, api, req.Params.Name, a)
			if err != nil {
				return nil, err
			}
			return mcpgo.NewToolResultStructured(json.RawMessage(body), string(body)), nil
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", mcpgoserver.NewStreamableHTTPServer(srv, mcpgoserver.WithStateLess(true)))
	mux.Handle("/session", mcpgoserver.NewStreamableHTTPServer(srv))
	return mux, nil
}
