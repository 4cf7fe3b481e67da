package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// rounds are tools that need several rounds: where there are no sessions, a tool
// asks by a result that is not complete, and is called again with the answers
// (MCP 2026-07-28, SEP-2322).
type rounds struct{ key []byte }

func newRounds() *rounds {
	key := make([]byte, 32)
	rand.Read(key)
	return &rounds{key}
}

const (
	nameForm    = `{"name":{"type":"string"}}`
	confirmForm = `{"ok":{"type":"boolean"}}`
)

func (r *rounds) add(s *mcp.Server) {
	const prefix = "test_input_required_result_"
	for name, handle := range map[string]mcp.ToolHandler{
		"elicitation":     r.askUser,
		"sampling":        r.askModel,
		"list_roots":      r.askRoots,
		"request_state":   r.confirm,
		"tampered_state":  r.confirm,
		"multiple_inputs": r.askAll,
		"multi_round":     r.askTwice,
		"capabilities":    r.askWhatCanBe,
	} {
		addTool(s, prefix+name, `{}`, handle)
	}
	s.AddPrompt(&mcp.Prompt{Name: prefix + "prompt", Description: "Asks for its context."}, r.prompt)
}

// ask returns a result that needs answers.
func ask(state string, requests mcp.InputRequestMap) (*mcp.CallToolResult, error) {
	return &mcp.CallToolResult{InputRequests: requests, RequestState: state}, nil
}

// accepted returns a property that the user filled in, or "".
func accepted(answers mcp.InputResponseMap, key, property string) string {
	if form, ok := answers[key].(*mcp.ElicitResult); ok && form.Action == "accept" {
		value, _ := form.Content[property].(string)
		return value
	}
	return ""
}

// said returns what the client's model said, or "".
func said(answers mcp.InputResponseMap, key string) string {
	if message, ok := answers[key].(*mcp.CreateMessageWithToolsResult); ok {
		for _, c := range message.Content {
			if t, ok := c.(*mcp.TextContent); ok {
				return t.Text
			}
		}
	}
	return ""
}

func (r *rounds) askUser(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if name := accepted(req.Params.InputResponses, "user_name", "name"); name != "" {
		return text("Hello, %s!", name), nil
	}
	return ask("", mcp.InputRequestMap{"user_name": form("What is your name?", nameForm)})
}

func (r *rounds) askModel(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if answer := said(req.Params.InputResponses, "capital_question"); answer != "" {
		return text("The model says: %s", answer), nil
	}
	return ask("", mcp.InputRequestMap{"capital_question": question("What is the capital of France?")})
}

func (r *rounds) askRoots(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if roots, ok := req.Params.InputResponses["client_roots"].(*mcp.ListRootsResult); ok {
		var uris []string
		for _, root := range roots.Roots {
			uris = append(uris, root.URI)
		}
		return text("The roots: %s", strings.Join(uris, ", ")), nil
	}
	return ask("", mcp.InputRequestMap{"client_roots": &mcp.ListRootsParams{}})
}

func (r *rounds) confirm(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if state := req.Params.RequestState; state != "" {
		if _, err := r.open(req.Params.Name, state); err != nil {
			return nil, err
		}
		if form, ok := req.Params.InputResponses["confirm"].(*mcp.ElicitResult); ok && form.Action == "accept" {
			return text("state-ok: confirmed"), nil
		}
	}
	return ask(r.seal(req.Params.Name, "asked"), mcp.InputRequestMap{"confirm": form("Are you sure?", confirmForm)})
}

func (r *rounds) askAll(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	answers := req.Params.InputResponses
	name, greeting := accepted(answers, "user_name", "name"), said(answers, "greeting")
	if roots, ok := answers["client_roots"].(*mcp.ListRootsResult); ok && name != "" && greeting != "" {
		return text("%s, %s! You have %d roots.", greeting, name, len(roots.Roots)), nil
	}
	return ask(r.seal(req.Params.Name, "asked"), mcp.InputRequestMap{
		"user_name":    form("What is your name?", nameForm),
		"greeting":     question("Greet someone."),
		"client_roots": &mcp.ListRootsParams{},
	})
}

// askTwice keeps the first answer in the state: nobody else does.
func (r *rounds) askTwice(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	tool, answers := req.Params.Name, req.Params.InputResponses
	if req.Params.RequestState == "" {
		return ask(r.seal(tool, ""), mcp.InputRequestMap{"step1": form("What is your name?", nameForm)})
	}
	name, err := r.open(tool, req.Params.RequestState)
	if err != nil {
		return nil, err
	}
	if color := accepted(answers, "step2", "color"); name != "" && color != "" {
		return text("%s likes %s.", name, color), nil
	}
	if name == "" {
		name = accepted(answers, "step1", "name")
	}
	return ask(r.seal(tool, name), mcp.InputRequestMap{"step2": form("What color do you like?", `{"color":{"type":"string"}}`)})
}

// askWhatCanBe asks only for what the client says that it can give.
func (r *rounds) askWhatCanBe(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	requests := mcp.InputRequestMap{}
	if c := req.ClientCapabilities(); c != nil {
		if c.Elicitation != nil {
			requests["user_name"] = form("What is your name?", nameForm)
		}
		if c.Sampling != nil {
			requests["greeting"] = question("Greet someone.")
		}
		if c.RootsV2 != nil {
			requests["client_roots"] = &mcp.ListRootsParams{}
		}
	}
	if len(requests) == 0 || len(req.Params.InputResponses) > 0 {
		return text("nothing more to ask"), nil
	}
	return ask("", requests)
}

func (r *rounds) prompt(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	if about := accepted(req.Params.InputResponses, "user_context", "context"); about != "" {
		return messages(&mcp.TextContent{Text: "Tell me about " + about + "."}), nil
	}
	return &mcp.GetPromptResult{InputRequests: mcp.InputRequestMap{
		"user_context": form("What about?", `{"context":{"type":"string"}}`),
	}}, nil
}

// seal returns a state that only r can make, for one tool.
func (r *rounds) seal(tool, payload string) string {
	return payload + "." + r.mac(tool, payload)
}

// open returns the payload of a state that seal made.
func (r *rounds) open(tool, state string) (string, error) {
	i := strings.LastIndexByte(state, '.')
	if i < 0 || !hmac.Equal([]byte(state[i+1:]), []byte(r.mac(tool, state[:i]))) {
		return "", &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "requestState is not what this tool gave"}
	}
	return state[:i], nil
}

func (r *rounds) mac(tool, payload string) string {
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(tool + "\n" + payload))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
