package mcpmount

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Mount registers s with mux at path, such as "/mcp": the endpoint with and
// without a slash at its end, and HTTP with SSE at path + "/sse". It takes a
// [net/http.ServeMux], or a router that understands the same patterns.
//
// Only exact patterns with a method are registered, so that nothing of the app
// is hidden and patterns such as "GET /", "/{path...}" and
// "GET /{tenant}/orders" do not clash. Other routers need to route GET, POST,
// DELETE and OPTIONS of path, and of the paths below it, to s.
func (s *Server) Mount(mux interface{ Handle(string, http.Handler) }, path string) (err error) {
	if mux == nil {
		return errors.New("no mux to mount into")
	}
	if !strings.HasPrefix(path, "/") {
		return fmt.Errorf("mount path %q must start with a slash", path)
	}
	if strings.ContainsAny(path, "{} ?#") {
		return fmt.Errorf("mount path %q must not have wildcards, spaces or a query", path)
	}
	path = strings.TrimRight(path, "/")
	if isSSE(path) {
		return fmt.Errorf("mount path %q must not end in sse or messages, which are what is mounted below it", path)
	}
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(fmt.Errorf("mount at %q", path), fmt.Errorf("%v", p))
		}
	}()
	for _, pattern := range append(mountPatterns(path), s.door.authorizer.metadataPatterns()...) {
		mux.Handle(pattern, s)
	}
	_, inside := s.api.(inProcess)
	if m, ok := mux.(Mux); ok && inside { // an API elsewhere has a mux of its own
		s.mux.Store(&muxCheck{mux: m})
	}
	return nil
}

// mountPatterns returns the patterns of everything that s answers below path.
func mountPatterns(path string) []string {
	var patterns []string
	for _, at := range []string{path, path + "/{$}"} {
		if at == "" {
			continue // "/{$}" is the root
		}
		for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS"} {
			patterns = append(patterns, method+" "+at)
		}
	}
	for _, at := range []string{path + "/sse", path + "/messages"} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			patterns = append(patterns, method+" "+at)
		}
	}
	return patterns
}
