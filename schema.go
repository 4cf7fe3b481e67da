package mcpmount

import (
	"encoding/json"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A Schema describes a value with JSON Schema 2020-12. It is opaque, so that
// the references of a large document are resolved only where they are needed.
// The zero Schema allows any value. A Schema is immutable and safe for
// concurrent use.
type Schema struct {
	source schemaSource
}

// A schemaSource is a schema whose references all have the form
// "#/$defs/NAME", where NAME is known to Definition. For one document, the
// same name always returns the same node. Both methods are safe for concurrent
// use, and what they return must not be changed.
type schemaSource interface {
	Root() *tree.Node
	Definition(name string) *tree.Node
}

// NewSchema returns the schema written in raw, a JSON Schema 2020-12. All its
// references must be local ones into its own "$defs".
func NewSchema(raw json.RawMessage) (Schema, error) {
	panic("later")
}

// JSON returns the schema as a JSON Schema 2020-12 that stands on its own: its
// "$defs" hold what it refers to, and nothing else.
func (s Schema) JSON() (json.RawMessage, error) {
	panic("later")
}

// IsZero reports whether s is the zero Schema.
func (s Schema) IsZero() bool { return s.source == nil }
