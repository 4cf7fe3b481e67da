package mcpmount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/mcpmount/mcpmount/internal/reduce"
)

// MinResultBytes is the smallest [Results.MaxBytes].
const MinResultBytes = 256

// Results say what becomes of the successful answers of an operation before a model
// reads them. The zero Results pass on what the API answers, within
// [Limits.MaxResponseBytes].
//
// The steps are done in the order of the fields, on what is JSON: a stream of records
// is an array. They hold for tools and for resources, and cost nothing where they
// have nothing to do.
type Results struct {
	// Transform, if not nil, returns what takes the place of an answer: other JSON. An
	// error makes the call one; the model learns only that there was an error. It is
	// called by many goroutines at a time, and should end when ctx does. The tool
	// advertises no output schema.
	Transform func(ctx context.Context, answer json.RawMessage) (json.RawMessage, error)

	// Fields are the parts of an answer that are kept, with what is around them. Each is
	// a JSON Pointer (RFC 6901) in which * stands for each item of an array or each
	// member of an object: "/items/*/id"; a member that is called * is "~2". The first
	// slash may be left out, and so may the * of an array. There are 64 at most. What
	// claims to be JSON and is not is an error, and progress has no records, so that
	// Fields and Transform can hide something; text that is no JSON is passed on. An
	// output schema is loose, even where strict ones are asked for. Empty keeps all.
	Fields []string

	// OfferFields gives the tool one more argument, "fields", by which a model chooses
	// among what Fields keeps, in the same form. If an argument has that name, it
	// is "result_fields". The output schema is loose.
	OfferFields bool

	// Prune leaves out the members of objects that are null, "", [] or {}, or become
	// that. Items of arrays stay where they are. The output schema is loose.
	Prune bool

	// MaxBytes bounds the text of a result; less than [MinResultBytes] is an error of
	// [New]. JSON that is longer is cut to JSON that fits: the first items of arrays, the
	// first members of objects and the beginnings of texts, none of which takes the room
	// of the others; other text is cut at the end. The result says what was cut, and by
	// which arguments the rest can be asked for. Where what is left does not fit a strict
	// output schema, the result is an error. Structured content is the same JSON again.
	// Zero or negative means no bound: how much a model takes differs a hundredfold, and
	// programs read results, too.
	MaxBytes int

	// LinkBytes is the size from which binary content, images and audio are a link to a
	// resource in the result of a tool, instead of in it. The server then lists an
	// operation that may have such content as a resource or a resource template as well,
	// by which clients read it with another call of the API. Operations other than GET,
	// and calls with arguments that cannot be in a URI or should not be (format
	// "password"), have it in the result all the same. Clients know such links from
	// 2025-06-18 on. Zero or negative means never.
	LinkBytes int

	// NoPaging leaves out what a result says about the next page. If false, a result for
	// which the API names one, in a Link header (RFC 8288) or in a common field such as
	// "next_cursor", says by which arguments of the tool it is asked for. No link is ever
	// followed.
	NoPaging bool
}

// check returns what is wrong with r.
func (r *Results) check() error {
	if r.MaxBytes > 0 && r.MaxBytes < MinResultBytes {
		return fmt.Errorf("Results.MaxBytes is %d: less than %d says nothing; 0 is no bound", r.MaxBytes, MinResultBytes)
	}
	if _, err := reduce.ParsePaths(r.Fields); err != nil {
		return fmt.Errorf("Results.Fields: %w", err)
	}
	return nil
}

// reshapes reports whether answers may have another shape than the document says.
func (r *Results) reshapes() bool { return len(r.Fields) > 0 || r.OfferFields || r.Prune }

// setResults gives each operation of d, which is not shared, the results that it has not
// got.
func (d *Document) setResults(byDefault *Results) error {
	var faults []error
	for i := range d.Operations {
		op := &d.Operations[i]
		if op.Results == nil {
			op.Results = byDefault
		} else if err := op.Results.check(); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", op.route(), err))
		}
	}
	return errors.Join(append(faults, byDefault.check())...)
}

func (r *Results) clone() *Results {
	if r = clonePointer(r); r != nil {
		r.Fields = slices.Clone(r.Fields)
	}
	return r
}
