package mcpmount

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// A validator checks values against a schema. It is safe for concurrent use.
type validator struct {
	schema *jsonschema.Schema
	effort *effort
}

// newValidator compiles a schema that stands on its own. Nothing is fetched.
func newValidator(schema *tree.Node) (*validator, error) {
	if inPlace(schema) > maxInPlace {
		return nil, errTooManyAlternatives
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(tolerantRegexp)
	const url = "mcpmount:schema"
	if err := c.AddResource(url, schema.Any()); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(url)
	if err != nil {
		return nil, err
	}
	return &validator{schema: compiled, effort: newEffort(schema)}, nil
}

// validate returns nil if value conforms, and else an error whose text tells a
// model what to mend. A nil validator, and one that fails, allow everything.
func (v *validator) validate(value *tree.Node) (err error) {
	if v == nil {
		return nil
	}
	if !v.effort.affords(value) {
		return errTooComplex
	}
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	var invalid *jsonschema.ValidationError
	if err := v.schema.Validate(value.Any()); errors.As(err, &invalid) {
		return errors.New(explain(invalid))
	}
	return nil
}

// errTooComplex says that checking would take too long: what a validator does
// can grow exponentially with the depth of a value.
var errTooComplex = errors.New("the arguments are too large, or nested too deeply, to be checked")

var errTooManyAlternatives = errors.New("the schema has too many nested alternatives to check arguments against")

// noLoader refuses to load anything: a reference must not reach a file or the
// network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) { return nil, fmt.Errorf("no access to %s", url) }

// A pattern that is not a regular expression of Go (ECMA-262 has look-ahead)
// matches everything.
func tolerantRegexp(s string) (jsonschema.Regexp, error) {
	if re, err := regexp.Compile(s); err == nil {
		return re, nil
	}
	return anything(s), nil
}

type anything string

func (anything) MatchString(string) bool { return true }
func (a anything) String() string        { return string(a) }

// Bounds of what an error says.
const (
	maxMistakes = 5
	maxNames    = 10  // of one mistake
	maxMistake  = 300 // bytes of one mistake
)

// explain returns the mistakes that e found, one on a line.
func explain(e *jsonschema.ValidationError) string {
	var m mistakes
	m.collect(e)
	if m.more > 0 {
		m.lines = append(m.lines, fmt.Sprintf("and %d more", m.more))
	}
	return strings.Join(m.lines, "\n")
}

type mistakes struct {
	lines []string
	more  int
}

func (m *mistakes) collect(e *jsonschema.ValidationError) {
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			m.collect(cause)
		}
		return
	}
	if len(m.lines) == maxMistakes {
		m.more++
		return
	}
	line := mistake(e.ErrorKind)
	if place := placeOf(e.InstanceLocation); place != "" {
		line = place + ": " + line
	}
	if !slices.Contains(m.lines, line) {
		m.lines = append(m.lines, line)
	}
}

// placeOf names the place in the arguments: `argument "a" at /b/0`.
func placeOf(location []string) string {
	if len(location) == 0 {
		return ""
	}
	place := "argument " + quoteShort(location[0])
	if len(location) == 1 {
		return place
	}
	var pointer strings.Builder
	for _, token := range location[1:] {
		pointer.WriteString("/" + tree.EscapePointer(token))
	}
	return place + " at " + shorten(pointer.String(), maxMistake)
}

func mistake(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Required:
		return "missing " + quoteAll(slices.Sorted(slices.Values(k.Missing)))
	case *kind.AdditionalProperties:
		return "unknown " + quoteAll(slices.Sorted(slices.Values(k.Properties)))
	case *kind.Enum:
		return fmt.Sprintf("must be one of %s", jsonList(k.Want))
	case *kind.Maximum:
		return "must be at most " + number(k.Want)
	case *kind.Minimum:
		return "must be at least " + number(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be less than " + number(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be more than " + number(k.Want)
	case *kind.Type:
		return fmt.Sprintf("is %s, must be %s", k.Got, strings.Join(k.Want, " or "))
	}
	return shorten(k.LocalizedString(message.NewPrinter(language.English)), maxMistake)
}

// number returns r as a JSON number.
func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func quoteAll(names []string) string {
	quoted := make([]string, min(len(names), maxNames))
	for i := range quoted {
		quoted[i] = quoteShort(names[i])
	}
	if more := len(names) - len(quoted); more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(quoted, ", ")
}

func jsonList(values []any) string {
	const most = 50
	var b strings.Builder
	for i, v := range values {
		if i == most {
			fmt.Fprintf(&b, ", … (%d in all)", len(values))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if s, ok := v.(string); ok {
			fmt.Fprintf(&b, "%q", s)
		} else {
			fmt.Fprint(&b, v)
		}
	}
	return b.String()
}
