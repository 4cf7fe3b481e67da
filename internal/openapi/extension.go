package openapi

import (
	"time"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// extend applies the extension x-mcp of an operation, with which the author of
// a document says how the operation is served:
//
//	x-mcp:
//	  name: find_orders
//	  description: Finds orders by customer.
//	  kind: resource
//	  uri: shop://orders
//	  timeout: 90s
//	  annotations: {readOnlyHint: true}
func (l *loader) extend(op *Operation, extension place) {
	if !l.object(extension) {
		return
	}
	op.Name = l.word(extension.get("name"))
	if text := l.text(extension.get("description")); text != "" {
		op.Description = text
	}
	switch kind := l.word(extension.get("kind")); kind {
	case "", "tool":
	case "resource":
		op.Resource = true
	case "deferred":
		op.Deferred = true
	default:
		l.problems.add(extension.get("kind"), `%s is not "tool", "resource" or "deferred"; the operation becomes a tool`, quote(kind))
	}
	op.URI = l.word(extension.get("uri"))
	op.Timeout = l.timeout(extension.get("timeout"))
	op.Annotations = l.annotations(extension.get("annotations"))
}

// maxTimeout bounds the time for a call that a document can ask for.
const maxTimeout = time.Hour

// timeout reads how long a call may take. Zero is not given.
func (l *loader) timeout(p place) time.Duration {
	text := l.word(p)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > maxTimeout {
		l.problems.add(p, "%s is not a time above zero and up to %v, such as 90s; the server's own limit holds", quote(text), maxTimeout)
		return 0
	}
	return d
}

// hidden reports whether the author of the document keeps an operation from
// being served.
func (l *loader) hidden(operation place) bool {
	return l.flag(operation.get("x-mcp").get("hidden"))
}

func (l *loader) annotations(p place) *Annotations {
	if !l.object(p) {
		return nil
	}
	return &Annotations{
		Title:       l.text(p.get("title")),
		ReadOnly:    l.hint(p.get("readOnlyHint")),
		Destructive: l.hint(p.get("destructiveHint")),
		Idempotent:  l.hint(p.get("idempotentHint")),
		OpenWorld:   l.hint(p.get("openWorldHint")),
	}
}

func (l *loader) hint(p place) *bool {
	if !p.node.Is(tree.Bool) {
		return nil
	}
	value := p.node.True()
	return &value
}
