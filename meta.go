package mcpmount

import (
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// plainMeta reports whether the "_meta" of a message, nil for none, is what clients of the
// era and the version send: what the SDK accepts, and does nothing with. Anything that
// the SDK might object to is left to it.
func plainMeta(meta *tree.Node, of era, version string) bool {
	if meta == nil {
		return of == legacy
	}
	if !meta.Is(tree.Object) || !isTame(meta) {
		return false
	}
	named := meta.Get(mcp.MetaKeyProtocolVersion)
	if of == legacy {
		return named == nil
	}
	info := meta.Get(mcp.MetaKeyClientInfo)
	return named.Is(tree.String) && named.Text == version &&
		(info == nil || isImplementation(info)) && isCapabilities(meta.Get(mcp.MetaKeyClientCapabilities))
}

// isTame reports whether every reader of JSON can take the numbers in n.
func isTame(n *tree.Node) bool {
	if n.Kind == tree.Number {
		return len(n.Text) <= 16 && !strings.ContainsAny(n.Text, "eE")
	}
	for _, item := range n.Items {
		if !isTame(item) {
			return false
		}
	}
	for _, m := range n.Members {
		if !isTame(m.Value) {
			return false
		}
	}
	return true
}

// isImplementation reports whether n is an Implementation of the protocol.
func isImplementation(n *tree.Node) bool {
	if !n.Is(tree.Object) || misspelt(n, "name", "title", "version", "description", "websiteUrl", "icons") != "" {
		return false
	}
	for _, m := range n.Members {
		switch m.Key {
		case "name", "title", "version", "description", "websiteUrl":
			if m.Value.Kind != tree.String {
				return false
			}
		case "icons":
			if m.Value.Kind != tree.Array || slices.ContainsFunc(m.Value.Items, isNoIcon) {
				return false
			}
		}
	}
	return true
}

// isNoIcon reports whether n is anything but an Icon of the protocol.
func isNoIcon(n *tree.Node) bool {
	if n.Kind != tree.Object || misspelt(n, "src", "mimeType", "sizes", "theme") != "" {
		return true
	}
	isNoString := func(n *tree.Node) bool { return n.Kind != tree.String }
	for _, m := range n.Members {
		switch m.Key {
		case "src", "mimeType", "theme":
			if isNoString(m.Value) {
				return true
			}
		case "sizes":
			if m.Value.Kind != tree.Array || slices.ContainsFunc(m.Value.Items, isNoString) {
				return true
			}
		}
	}
	return false
}

// isCapabilities reports whether n is the ClientCapabilities of the protocol: an
// object of objects, which say no more than whether they are there.
func isCapabilities(n *tree.Node) bool {
	if !n.Is(tree.Object) || misspelt(n, "experimental", "extensions", "roots", "sampling", "elicitation") != "" {
		return false
	}
	for _, m := range n.Members {
		switch m.Key {
		case "experimental", "extensions":
			if m.Value.Kind != tree.Object {
				return false
			}
		case "roots", "sampling", "elicitation":
			if !isCapability(m.Value) {
				return false
			}
		}
	}
	return true
}

// isCapability reports whether n is an object of empty objects and booleans for
// "listChanged".
func isCapability(n *tree.Node) bool {
	if n.Kind != tree.Object {
		return false
	}
	for _, m := range n.Members {
		usual := m.Value.Kind == tree.Object && len(m.Value.Members) == 0
		if m.Key == "listChanged" {
			usual = m.Value.Kind == tree.Bool
		}
		if !usual {
			return false
		}
	}
	return true
}
