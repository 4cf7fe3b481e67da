package mcpmount

import (
	"errors"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A validator checks values against a schema. It is safe for concurrent use.
type validator struct {
	schema  *jsonschema.Schema
	quick   *shortcut // nil for none
	effort  *effort
	noun    string   // what a member of the value is called
	members []string // the names that members of the value have
}

// newValidator compiles a schema that stands on its own. Nothing is fetched.
func newValidator(schema *tree.Node) (*validator, error) {
	if inPlace(schema) > maxInPlace {
		return nil, errTooManyAlternatives
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoader{})
	texts := newPatterns(schema)
	c.UseRegexpEngine(func(s string) (jsonschema.Regexp, error) { return texts.of(s), nil })
	const url = "mcpmount:schema"
	if err := c.AddResource(url, schema.Any()); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(url)
	if err != nil {
		return nil, err
	}
	v := &validator{schema: compiled, quick: newShortcut(schema, texts), effort: newEffort(schema, texts), noun: "argument"}
	if properties := schema.Get("properties"); properties != nil {
		for _, m := range properties.Members {
			v.members = append(v.members, m.Key)
		}
	}
	return v, nil
}

// validate returns nil if value conforms, and else an error whose text tells a
// model what to mend. A nil validator, and one that fails, allow everything.
func (v *validator) validate(value *tree.Node) error {
	_, err := v.judge(value)
	return err
}

// settled returns a value that conforms, its integers written as such, and else the
// error of validate.
func (v *validator) settled(value *tree.Node) (*tree.Node, error) {
	plain, err := v.judge(value)
	switch {
	case err != nil:
		return nil, err
	case plain:
		return value, nil
	}
	return v.quick.integers(value), nil
}

// judge is validate. A plain value is one whose integers are written as such, or which
// nobody looked at.
func (v *validator) judge(value *tree.Node) (plain bool, err error) {
	if v == nil {
		return true, nil
	}
	if !v.effort.affords(value) {
		return false, errTooComplex
	}
	if v.quick.admits(value) {
		return true, nil
	}
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	var invalid *jsonschema.ValidationError
	if err := v.schema.Validate(value.Any()); errors.As(err, &invalid) {
		return false, &invalidError{v.explain(invalid), invalid}
	}
	return false, nil
}

// An invalidError says that a value does not conform.
type invalidError struct {
	text  string
	cause *jsonschema.ValidationError
}

func (e *invalidError) Error() string { return e.text }

// errTooComplex says that checking would take too long: what a validator does
// can grow exponentially with the depth of a value.
var errTooComplex = errors.New("the arguments are too large, or nested too deeply, to be checked")

var errTooManyAlternatives = errors.New("the schema has too many nested alternatives to check arguments against")

// noLoader refuses to load anything: a reference must not reach a file or the
// network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) { return nil, fmt.Errorf("no access to %s", url) }
