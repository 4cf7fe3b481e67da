package mcpmount

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Fingerprints stand for what a server shows to models and does for them, so that
// a change that nobody has looked at can be noticed: a tool that was reviewed
// could have another description tomorrow. Each is the SHA-256 of a part, in hex.
// As JSON they are what a lock file holds, always in the same order.
type Fingerprints struct {
	// Server has those of the "name", the "title" and the "instructions" of the
	// server.
	Server map[string]string `json:"server"`

	// Tools has, for each bridged tool and resource by the name of its operation,
	// those of its parts: its "title", "description", "annotations", "input
	// schema", "output schema" and "media type", the "URI" of a resource, the
	// "request" (method, server, path, and how arguments are written into it),
	// the "security" (credentials and scopes), and the "tags" of a deferred tool. A part that
	// is empty is left out. The tools that stand for deferred ones are among them, without
	// what they say of these.
	Tools map[string]map[string]string `json:"tools"`
}

// Fingerprints returns those of what is served at the moment, without what is
// hand-written. They depend on the options that decide what is listed.
func (s *Server) Fingerprints() Fingerprints {
	f := Fingerprints{Server: fingerprint(s.parts), Tools: map[string]map[string]string{}}
	set := s.set.Load()
	if set == nil {
		return f
	}
	for _, t := range set.tools {
		f.Tools[t.op.Name] = fingerprint(t.parts())
	}
	if c := set.catalog; c != nil {
		// What they say of the tools follows from those, which may become fewer.
		bare := &catalog{title: c.title}
		for _, t := range []*mcp.Tool{bare.searchTool(), bare.callTool()} {
			f.Tools[t.Name] = fingerprint(shownParts(t))
		}
	}
	for _, r := range set.resources {
		uris := facet{"URI", r.uri()}
		if more := f.Tools[r.tool.op.Name]; more != nil { // with and without a query
			uris.text += " " + more["URI"]
		}
		f.Tools[r.tool.op.Name] = fingerprint(append(r.tool.parts(), uris))
	}
	return f
}

// Changes returns what differs in next, sorted, such as "getOrder (description,
// request)": parts of the server, and of the tools that both have. Tools that
// only one of them has are not among it.
func (f Fingerprints) Changes(next Fingerprints) []string {
	var changes []string
	add := func(what string, old, next map[string]string) {
		if parts := changedParts(old, next); len(parts) > 0 {
			changes = append(changes, fmt.Sprintf("%s (%s)", what, strings.Join(parts, ", ")))
		}
	}
	add("the server", f.Server, next.Server)
	for _, name := range slices.Sorted(maps.Keys(f.Tools)) {
		if now, ok := next.Tools[name]; ok {
			add(name, f.Tools[name], now)
		}
	}
	return changes
}

// changedParts returns the keys under which a and b do not have the same,
// sorted.
func changedParts(a, b map[string]string) (names []string) {
	for name := range a {
		if a[name] != b[name] {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// A facet is something that can change, as text.
type facet struct{ name, text string }

func fingerprint(parts []facet) map[string]string {
	m := map[string]string{}
	for _, p := range parts {
		if p.text != "" {
			sum := sha256.Sum256([]byte(p.text))
			m[p.name] = hex.EncodeToString(sum[:])
		}
	}
	return m
}

// parts returns what a model sees of t, and what becomes of its calls; always
// the same parts in the same order.
func (t *tool) parts() []facet {
	tags := ""
	if t.isDeferred() { // what stands for it has them
		tags = strings.Join(t.op.Tags, "\n")
	}
	return append(shownParts(t.mcp),
		facet{"media type", resourceType(&t.op)},
		facet{"request", t.wire()},
		facet{"security", t.guards()},
		facet{"tags", tags},
	)
}

// shownParts returns what a model sees of t.
func shownParts(t *mcp.Tool) []facet {
	return []facet{
		{"title", t.Title},
		{"description", t.Description},
		{"annotations", jsonText(t.Annotations)},
		{"input schema", jsonText(t.InputSchema)},
		{"output schema", jsonText(t.OutputSchema)},
	}
}

// guards returns who may call t, and with what credentials the API is called.
func (t *tool) guards() string {
	if len(t.op.Security) == 0 {
		return ""
	}
	return fmt.Sprintf("%q %+v", t.scopes, t.security)
}

// jsonText returns v as JSON, "" if there is none. A schema already is.
func jsonText(v any) string {
	if raw, ok := v.(json.RawMessage); ok {
		return string(raw)
	}
	data, err := json.Marshal(v)
	if err != nil || string(data) == "null" {
		return ""
	}
	return string(data)
}
