package main

import (
	"context"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// addPrompts adds prompts: an HTTP API has none.
func addPrompts(s *mcp.Server) {
	addPrompt(s, "test_simple_prompt", "A prompt without arguments.", nil, &mcp.TextContent{Text: "Say hello."})
	addPrompt(s, "test_prompt_with_image", "A prompt with an image.", nil,
		&mcp.ImageContent{MIMEType: "image/png", Data: pixel()}, &mcp.TextContent{Text: "What do you see?"})
	s.AddPrompt(&mcp.Prompt{
		Name: "test_prompt_with_arguments", Description: "A prompt with two arguments.", Arguments: arguments("arg1", "arg2"),
	}, func(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		a := req.Params.Arguments
		return messages(&mcp.TextContent{Text: "Compare '" + a["arg1"] + "' and '" + a["arg2"] + "'."}), nil
	})
	s.AddPrompt(&mcp.Prompt{
		Name: "test_prompt_with_embedded_resource", Description: "A prompt about a resource.", Arguments: arguments("resourceUri"),
	}, func(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		uri := req.Params.Arguments["resourceUri"]
		return messages(
			&mcp.EmbeddedResource{Resource: &mcp.ResourceContents{URI: uri, MIMEType: "text/plain", Text: "What it says."}},
			&mcp.TextContent{Text: "Summarize it."},
		), nil
	})
}

// addPrompt adds a prompt that is always the same.
func addPrompt(s *mcp.Server, name, description string, args []*mcp.PromptArgument, content ...mcp.Content) {
	s.AddPrompt(&mcp.Prompt{Name: name, Description: description, Arguments: args},
		func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return messages(content...), nil
		})
}

func arguments(names ...string) (list []*mcp.PromptArgument) {
	for _, name := range names {
		list = append(list, &mcp.PromptArgument{Name: name, Description: "The " + name + ".", Required: true})
	}
	return list
}

// messages returns what the user says.
func messages(content ...mcp.Content) *mcp.GetPromptResult {
	res := &mcp.GetPromptResult{}
	for _, c := range content {
		res.Messages = append(res.Messages, &mcp.PromptMessage{Role: "user", Content: c})
	}
	return res
}

// complete completes the arguments of prompts.
func complete(_ context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	found := []string{} // null is no list
	for _, word := range []string{"paris", "park", "party"} {
		if strings.HasPrefix(word, req.Params.Argument.Value) {
			found = append(found, word)
		}
	}
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: found, Total: len(found)}}, nil
}
