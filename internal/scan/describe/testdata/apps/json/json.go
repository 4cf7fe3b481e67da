// Package json can use another library than that of Go.
package json

import (
	"encoding/json"
	"io"
)

// Encoder encodes.
type Encoder interface{ Encode(v any) error }

// Decoder decodes.
type Decoder interface{ Decode(v any) error }

// Library is one of JSON.
type Library interface {
	NewEncoder(w io.Writer) Encoder
	NewDecoder(r io.Reader) Decoder
}

type standard struct{}

func (standard) NewEncoder(w io.Writer) Encoder { return json.NewEncoder(w) }
func (standard) NewDecoder(r io.Reader) Decoder { return json.NewDecoder(r) }

var library Library = standard{}

// NewEncoder returns an encoder.
func NewEncoder(w io.Writer) Encoder { return library.NewEncoder(w) }

// NewDecoder returns a decoder.
func NewDecoder(r io.Reader) Decoder { return library.NewDecoder(r) }
