package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// patience is how long to wait for what arrives on its own.
const patience = 3 * time.Second

// A client is a connected client.
type client struct {
	*mcp.ClientSession
	progress atomic.Int32
	changed  chan struct{} // has room for one
}

// exercise does what every client of this folder does.
func exercise(ctx context.Context, transport mcp.Transport, version string) (*row, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	c := &client{changed: make(chan struct{}, 1)}
	sdk := mcp.NewClient(&mcp.Implementation{Name: "goclient", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(context.Context, *mcp.ProgressNotificationClientRequest) { c.progress.Add(1) },
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) {
			select {
			case c.changed <- struct{}{}:
			default:
			}
		},
	})
	var err error
	if c.ClientSession, err = sdk.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: version}); err != nil {
		return nil, err
	}
	defer c.Close()
	negotiated := c.InitializeResult().ProtocolVersion
	if negotiated != version {
		return nil, fmt.Errorf("asked for %s, got %s", version, negotiated)
	}
	return &row{
		Protocol:    negotiated,
		List:        worked("list", c.list(ctx, "echo", "slow", "grow", "test_sampling")),
		Call:        worked("call", c.echo(ctx)),
		Progress:    worked("progress", c.slow(ctx)),
		ListChanged: worked("list_changed", c.grow(ctx)),
		Cancel:      worked("cancel", c.cancel(ctx)),
		Resources:   worked("resources", c.resources(ctx)),
		Prompts:     worked("prompts", c.prompts(ctx)),
	}, nil
}

// call returns the result of a tool, and its text.
func (c *client) call(ctx context.Context, name string, args map[string]any, token any) (*mcp.CallToolResult, string, error) {
	params := &mcp.CallToolParams{Name: name, Arguments: args}
	if token != nil {
		params.SetProgressToken(token)
	}
	res, err := c.CallTool(ctx, params)
	if err != nil {
		return nil, "", err
	}
	var text strings.Builder
	for _, content := range res.Content {
		if t, ok := content.(*mcp.TextContent); ok {
			text.WriteString(t.Text)
		}
	}
	return res, strings.TrimSpace(text.String()), nil
}

// list checks that the tools are on the list.
func (c *client) list(ctx context.Context, names ...string) error {
	missing := slices.Clone(names)
	for tool, err := range c.Tools(ctx, nil) {
		if err != nil {
			return err
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == tool.Name })
	}
	if len(missing) > 0 {
		return fmt.Errorf("not on the list: %v", missing)
	}
	return nil
}

func (c *client) echo(ctx context.Context) error {
	res, text, err := c.call(ctx, "echo", map[string]any{"text": "hi"}, nil)
	if err != nil {
		return err
	}
	if said, _ := res.StructuredContent.(map[string]any); res.IsError || text != `{"text":"hi"}` || said["text"] != "hi" {
		return fmt.Errorf("got %s, %v", text, res.StructuredContent)
	}
	if res, text, err = c.call(ctx, "echo", map[string]any{"text": 1}, nil); err == nil && !res.IsError {
		return fmt.Errorf("a wrong argument gave %s; want an error that a model can read", text)
	}
	return err
}

func (c *client) slow(ctx context.Context) error {
	c.progress.Store(0)
	if _, _, err := c.call(ctx, "slow", nil, "token"); err != nil {
		return err
	}
	return eventually("three lines are three notifications", func() (bool, error) { return c.progress.Load() == 3, nil })
}

func (c *client) grow(ctx context.Context) error {
	select {
	case <-c.changed:
	default:
	}
	_, added, err := c.call(ctx, "grow", nil, nil)
	if err != nil {
		return err
	}
	if err := c.list(ctx, added); err != nil {
		return err
	}
	select {
	case <-c.changed:
		return nil
	case <-time.After(patience):
		return errors.New("nothing was heard of a changed list")
	}
}

func (c *client) cancel(ctx context.Context) error {
	id := map[string]any{"id": fmt.Sprintf("go-%d", time.Now().UnixNano())}
	is := func(want string) func() (bool, error) {
		return func() (bool, error) {
			_, state, err := c.call(ctx, "waited", id, nil)
			return state == want, err
		}
	}
	waitCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, _, err := c.call(waitCtx, "wait", id, nil)
		ended <- err
	}()
	if err := eventually("the call arrives", is("waiting")); err != nil {
		return err
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		return errors.Join(errors.New("the canceled call did not end as one"), err)
	}
	return eventually("the API is told", is("canceled"))
}

func (c *client) resources(ctx context.Context) error {
	const motd, notes = "api://interop/motd", "api://interop/notes/{id}"
	listed, err := c.ListResources(ctx, nil)
	if err != nil {
		return err
	}
	templates, err := c.ListResourceTemplates(ctx, nil)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(listed.Resources, func(r *mcp.Resource) bool { return r.URI == motd }) ||
		!slices.ContainsFunc(templates.ResourceTemplates, func(r *mcp.ResourceTemplate) bool { return r.URITemplate == notes }) {
		return fmt.Errorf("%s or %s is not on the list", motd, notes)
	}
	for uri, want := range map[string]string{motd: "All is well.", "api://interop/notes/7": "This is note 7.", "test://static-binary": "PNG"} {
		res, err := c.ReadResource(ctx, &mcp.ReadResourceParams{URI: uri})
		if err != nil {
			return err
		}
		if got := res.Contents[0].Text + string(res.Contents[0].Blob); !strings.Contains(got, want) {
			return fmt.Errorf("%s is %q, want %q", uri, got, want)
		}
	}
	if _, err := c.ReadResource(ctx, &mcp.ReadResourceParams{URI: "api://interop/nothing"}); err == nil {
		return errors.New("a resource that is not there could be read")
	}
	return nil
}

func (c *client) prompts(ctx context.Context) error {
	const name = "test_prompt_with_arguments"
	listed, err := c.ListPrompts(ctx, nil)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(listed.Prompts, func(p *mcp.Prompt) bool { return p.Name == name }) {
		return fmt.Errorf("%s is not on the list", name)
	}
	res, err := c.GetPrompt(ctx, &mcp.GetPromptParams{Name: name, Arguments: map[string]string{"arg1": "a", "arg2": "b"}})
	if err != nil {
		return err
	}
	if text, ok := res.Messages[0].Content.(*mcp.TextContent); !ok || text.Text != "Compare 'a' and 'b'." {
		return fmt.Errorf("got %+v", res.Messages[0].Content)
	}
	return nil
}

// eventually waits until something holds.
func eventually(what string, holds func() (bool, error)) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok, err := holds(); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("not within %v: %s", patience, what)
}
