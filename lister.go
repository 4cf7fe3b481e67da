package mcpmount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Extend calls add with the SDK's server, to which add may add hand-written
// tools, prompts and resources beside the bridged ones, at any time: clients are
// told. It is an error if one has the name or the URI of a bridged one, deferred ones
// and what stands for them included: the bridged one stays. A URI that is hand-written and fits a bridged template is
// read as the hand-written one. Middleware is set with Options.Middleware only.
func (s *Server) Extend(add func(*mcp.Server)) error {
	defer s.door.changeLists()()
	add(s.mcp)
	s.lists.Lock()
	defer s.lists.Unlock()
	listed, err := s.list(context.Background())
	if err != nil {
		return err
	}
	set := s.set.Load()
	if set == nil {
		set = &toolSet{}
	}
	clear(s.extended)
	return errors.Join(s.keepTools(set, listed.tools), s.keepResources(set, listed))
}

// keepTools puts back the bridged tools that were replaced, and notes which
// tools are not bridged.
func (s *Server) keepTools(set *toolSet, listed []*mcp.Tool) error {
	var errs []error
	ours := set.listed()
	for _, t := range listed {
		own, bridged := ours[t.Name], set.byName[t.Name]
		switch {
		case own == t:
			continue
		case own != nil:
			s.mcp.AddTool(own, s.handler(set, t.Name))
		case bridged != nil: // it is deferred
			s.mcp.RemoveTools(t.Name)
		default:
			s.extended[t.Name] = true
			continue
		}
		holder, remedy := "a tool which stands for deferred ones", "the hand-written one"
		if bridged != nil {
			holder, remedy = bridged.operation(), "one of them"
		}
		errs = append(errs, fmt.Errorf("tool %q: %s is called that already; give %s another name", t.Name, holder, remedy))
	}
	return errors.Join(errs...)
}

// keepResources puts back the bridged resources that were replaced, and notes
// which URIs are not bridged.
func (s *Server) keepResources(set *toolSet, listed lists) error {
	resources, templates := map[string]*mcp.Resource{}, map[string]*mcp.ResourceTemplate{}
	for _, r := range listed.resources {
		resources[r.URI] = r
		s.extended[r.URI] = true
	}
	for _, r := range listed.templates {
		templates[r.URITemplate] = r
		s.extended[r.URITemplate] = true
	}
	var errs []error
	for _, r := range set.resources {
		delete(s.extended, r.uri())
		if r.template != nil && templates[r.uri()] == r.template || r.resource != nil && resources[r.uri()] == r.resource {
			continue
		}
		s.addResource(r)
		errs = append(errs, fmt.Errorf("resource %q: %s %s has that URI already; give one of them another", r.uri(), r.tool.op.Method, r.tool.op.Path))
	}
	return errors.Join(errs...)
}

// handWritten reports whether a tool was added by Extend.
func (s *Server) handWritten(name string) bool {
	s.lists.RLock()
	defer s.lists.RUnlock()
	return s.extended[name]
}

// Tools returns the tools as clients list them, sorted by name, the bridged and
// the hand-written ones, and what stands for deferred ones; Options.Middleware may hide some
// from a client. With
// Options.Source there are none before the first request or [Server.Refresh].
// They must not be changed.
func (s *Server) Tools() []*mcp.Tool {
	s.lists.RLock()
	defer s.lists.RUnlock()
	listed, err := s.list(context.Background())
	if err != nil {
		s.logger.Error("list tools", "error", err)
	}
	return listed.tools
}

// DeferredTools returns the tools that can be called and are not listed, sorted by name:
// see [KindDeferred]. They must not be changed.
func (s *Server) DeferredTools() []*mcp.Tool {
	var deferred []*mcp.Tool
	if c := s.set.Load().deferred(); c != nil {
		for _, t := range c.tools {
			deferred = append(deferred, t.mcp)
		}
	}
	return deferred
}

// lists are what the SDK lists.
type lists struct {
	tools     []*mcp.Tool
	resources []*mcp.Resource
	templates []*mcp.ResourceTemplate
}

// list reads the SDK's lists, in memory. The caller holds the lock.
func (s *Server) list(ctx context.Context) (l lists, err error) {
	err = s.inSession(ctx, func(session *mcp.ServerSession) error {
		for cursor, more := "", true; more; more = cursor != "" {
			res, err := s.base(ctx, "tools/list", &mcp.ListToolsRequest{Session: session, Params: &mcp.ListToolsParams{Cursor: cursor}})
			if err != nil {
				return err
			}
			page := res.(*mcp.ListToolsResult)
			l.tools, cursor = append(l.tools, page.Tools...), page.NextCursor
		}
		for cursor, more := "", true; more; more = cursor != "" {
			res, err := s.base(ctx, "resources/list", &mcp.ListResourcesRequest{Session: session, Params: &mcp.ListResourcesParams{Cursor: cursor}})
			if err != nil {
				return err
			}
			page := res.(*mcp.ListResourcesResult)
			l.resources, cursor = append(l.resources, page.Resources...), page.NextCursor
		}
		for cursor, more := "", true; more; more = cursor != "" {
			res, err := s.base(ctx, "resources/templates/list", &mcp.ListResourceTemplatesRequest{Session: session, Params: &mcp.ListResourceTemplatesParams{Cursor: cursor}})
			if err != nil {
				return err
			}
			page := res.(*mcp.ListResourceTemplatesResult)
			l.templates, cursor = append(l.templates, page.ResourceTemplates...), page.NextCursor
		}
		return nil
	})
	return l, err
}

// inSession calls f with a session that has no client.
func (s *Server) inSession(ctx context.Context, f func(*mcp.ServerSession) error) error {
	session, err := s.mcp.Connect(ctx, nowhere{closed: make(chan struct{}), once: new(sync.Once)}, nil)
	if err != nil {
		return err
	}
	defer session.Close()
	return f(session)
}

// nowhere is a transport without a peer.
type nowhere struct {
	closed chan struct{}
	once   *sync.Once
}

func (n nowhere) Connect(context.Context) (mcp.Connection, error) { return n, nil }
func (n nowhere) SessionID() string                               { return "" }
func (n nowhere) Write(context.Context, jsonrpc.Message) error    { return nil }

func (n nowhere) Read(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case <-n.closed:
	case <-ctx.Done():
	}
	return nil, io.EOF
}

func (n nowhere) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// sameJSON reports whether two tools are listed alike.
func sameJSON(a, b *mcp.Tool) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && slices.Equal(x, y)
}
