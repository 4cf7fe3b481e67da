package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount"
)

// addNative adds what no HTTP API has: tools that ask the client for something
// while they run, or speak of the protocol itself.
func addNative(s *mcp.Server) {
	addTool(s, "test_sampling", `{"prompt":{"type":"string"}}`, sample)
	addTool(s, "test_elicitation", `{"message":{"type":"string"}}`, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		var in struct{ Message string }
		if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
			return nil, err
		}
		return elicit(ctx, req, in.Message, `{"username":{"type":"string"},"email":{"type":"string"}}`)
	})
	addTool(s, "test_elicitation_sep1034_defaults", `{}`, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return elicit(ctx, req, "Are these right?", defaults)
	})
	addTool(s, "test_elicitation_sep1330_enums", `{}`, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return elicit(ctx, req, "Choose.", choices)
	})
	addTool(s, "test_reconnection", `{}`, reconnect)
	addTool(s, "test_missing_capability", `{}`, needSampling)
	addTool(s, "protocol", `{}`, protocol)
	addTool(s, "test_trigger_prompt_change", `{}`, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		addPrompt(s, "added", "A prompt that was added later.", nil, &mcp.TextContent{Text: "Say that you were added."})
		return text("added"), nil
	})
	// A document's body with conditions would be one argument, "body": models'
	// providers refuse allOf and the like at the top of an input schema.
	s.AddTool(&mcp.Tool{
		Name: "json_schema_2020_12_tool", Description: "Has an input schema that uses JSON Schema 2020-12.", InputSchema: json.RawMessage(conditions),
	}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) { return text("accepted"), nil })
}

// addTool adds a tool with the properties of its arguments.
func addTool(s *mcp.Server, name, properties string, handle mcp.ToolHandler) {
	s.AddTool(&mcp.Tool{
		Name: name, Description: "A hand-written tool.", InputSchema: json.RawMessage(`{"type":"object","properties":` + properties + `}`),
	}, handle)
}

func text(format string, args ...any) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: fmt.Sprintf(format, args...)}}}
}

func sample(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	var in struct{ Prompt string }
	if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
		return nil, err
	}
	res, err := req.Session.CreateMessage(ctx, question(in.Prompt))
	if err != nil {
		return nil, err
	}
	answer, ok := res.Content.(*mcp.TextContent)
	if !ok {
		return nil, errors.New("the model did not answer with text")
	}
	return text("The model says: %s", answer.Text), nil
}

// question asks the client's model.
func question(prompt string) *mcp.CreateMessageParams {
	return &mcp.CreateMessageParams{
		Messages:  []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: prompt}}},
		MaxTokens: 100,
	}
}

// form asks the user to fill in properties.
func form(message, properties string) *mcp.ElicitParams {
	return &mcp.ElicitParams{Message: message, RequestedSchema: json.RawMessage(`{"type":"object","properties":` + properties + `}`)}
}

func elicit(ctx context.Context, req *mcp.CallToolRequest, message, properties string) (*mcp.CallToolResult, error) {
	res, err := req.Session.Elicit(ctx, form(message, properties))
	if err != nil {
		return nil, err
	}
	return text("The user chose to %s: %v", res.Action, res.Content), nil
}

// reconnect ends the stream of the call, so that the client has to come back
// for the answer.
func reconnect(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if req.Extra != nil && req.Extra.CloseSSEStream != nil {
		req.Extra.CloseSSEStream(mcp.CloseSSEStreamArgs{RetryAfter: 10 * time.Millisecond})
	}
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
	}
	return text("welcome back"), nil
}

// protocol says which version a client without a word for it speaks.
func protocol(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	r := mcpmount.RequestFrom(ctx)
	if r == nil {
		return nil, errors.New("there is no HTTP request")
	}
	return text("%s", r.Header.Get("Mcp-Protocol-Version")), nil
}

// needSampling refuses clients that cannot ask a model.
func needSampling(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if c := req.ClientCapabilities(); c != nil && c.Sampling != nil {
		return text("you can"), nil
	}
	data, err := json.Marshal(mcp.MissingRequiredClientCapabilityData{
		RequiredCapabilities: &mcp.ClientCapabilities{Sampling: &mcp.SamplingCapabilities{}},
	})
	if err != nil {
		return nil, err
	}
	return nil, &jsonrpc.Error{Code: mcp.CodeMissingRequiredClientCapabilities, Message: "this tool asks the client's model", Data: data}
}

// What the suite wants to see of defaults (SEP-1034) and of choices (SEP-1330).
const (
	defaults = `{
		"name": {"type": "string", "default": "John Doe"},
		"age": {"type": "integer", "default": 30},
		"score": {"type": "number", "default": 95.5},
		"status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
		"verified": {"type": "boolean", "default": true}
	}`
	choices = `{
		"untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
		"titledSingle": {"type": "string", "oneOf": [{"const": "value1", "title": "First Option"}, {"const": "value2", "title": "Second Option"}, {"const": "value3", "title": "Third Option"}]},
		"legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
		"untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
		"titledMulti": {"type": "array", "items": {"anyOf": [{"const": "value1", "title": "First Choice"}, {"const": "value2", "title": "Second Choice"}, {"const": "value3", "title": "Third Choice"}]}}
	}`
	conditions = `{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
		"properties": {
			"name": {"type": "string"},
			"address": {"$ref": "#/$defs/address"},
			"contactMethod": {"type": "string", "enum": ["phone", "email"]},
			"phone": {"type": "string"},
			"email": {"type": "string"}
		},
		"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
		"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
		"then": {"required": ["phone"]},
		"else": {"required": ["email"]},
		"additionalProperties": false
	}`
)
