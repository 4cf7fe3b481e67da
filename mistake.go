package mcpmount

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/mcpmount/mcpmount/internal/spelling"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// Bounds of what an error says.
const (
	maxMistakes = 5
	maxChoices  = 4   // of one mistake
	maxNames    = 10  // of one mistake
	maxMistake  = 300 // bytes of one mistake

	// maxCompared bounds the mistakes of an alternative that those of others are compared
	// with: a long list that is wrong in each item has as many.
	maxCompared = 100
)

// A mistake is what is wrong at a place in a value.
type mistake struct {
	location []string
	kind     jsonschema.ErrorKind // nil for a choice
	text     string               // "" for that of the kind
	choices  [][]mistake          // of a choice: what is wrong with each alternative
}

// told returns what is wrong in words. There may be very many mistakes, of which few are told.
func (m *mistake) told() string {
	if m.text == "" {
		return mistakeText(m.kind)
	}
	return m.text
}

// explain returns the mistakes that e found, one on a line, in the order of their
// places: the validator finds them in any order.
func (v *validator) explain(e *jsonschema.ValidationError) string {
	var lines []string
	found := mistakes(e)
	for i, m := range found {
		if len(lines) == maxMistakes {
			lines = append(lines, fmt.Sprintf("and %d more", len(found)-i))
			break
		}
		line := v.memberMistake(m)
		if line == "" {
			line = m.told()
			if place := placeOf(m.location, v.noun); place != "" {
				line = place + ": " + line
			}
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// mistakes returns what is wrong according to e, sorted by place.
func mistakes(e *jsonschema.ValidationError) []mistake {
	list := appendMistakes(nil, e)
	slices.SortStableFunc(list, func(a, b mistake) int { return slices.Compare(a.location, b.location) })
	return list
}

// appendMistakes appends what is wrong according to e, in any order.
func appendMistakes(list []mistake, e *jsonschema.ValidationError) []mistake {
	before := len(list)
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		list = append(list, choiceMistakes(e)...)
	case *kind.PropertyNames: // the validator mistakes its location
		return append(list, mistake{kind: e.ErrorKind})
	default:
		for _, cause := range e.Causes {
			list = appendMistakes(list, cause)
		}
	}
	if len(list) == before {
		list = append(list, mistake{location: e.InstanceLocation, kind: e.ErrorKind})
	}
	return list
}

// choiceMistakes returns what is wrong with a value that is none of several
// alternatives: the mistakes of the one that was meant, where the type of the
// value or a constant tells, and else those of each, as one.
func choiceMistakes(e *jsonschema.ValidationError) []mistake {
	var choices [][]mistake
	for _, cause := range e.Causes {
		list := mistakes(cause)
		list = list[:min(len(list), maxCompared)]
		for i := range list {
			list[i].text = list[i].told()
		}
		if len(list) == 1 && list[0].choices != nil && len(list[0].location) == len(e.InstanceLocation) {
			choices = append(choices, list[0].choices...)
		} else {
			choices = append(choices, list)
		}
	}
	meant := unless(choices, func(m mistake) bool {
		_, ok := m.kind.(*kind.Type)
		return ok && len(m.location) == len(e.InstanceLocation)
	})
	if len(meant) == 0 {
		return typeMistake(e.InstanceLocation, choices)
	}
	told := unless(meant, func(m mistake) bool {
		switch m.kind.(type) {
		case *kind.Const, *kind.Enum, *kind.Not:
			return true
		}
		return false
	})
	switch len(told) {
	case 0: // none was meant more than another; null is never
		meant = unless(choices, func(m mistake) bool {
			k, ok := m.kind.(*kind.Type)
			return ok && len(m.location) == len(e.InstanceLocation) && slices.Equal(k.Want, []string{"null"})
		})
	case 1:
		return told[0]
	}
	if common := inAll(meant); len(common) > 0 {
		return common
	}
	var texts []string
	for _, choice := range meant {
		if text := choiceText(choice, len(e.InstanceLocation)); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	text := "fits none of the alternatives: " + strings.Join(texts[:min(len(texts), maxChoices)], "; or ")
	if more := len(texts) - maxChoices; more > 0 {
		text += fmt.Sprintf("; or %d more", more)
	}
	return []mistake{{location: e.InstanceLocation, text: text, choices: meant}}
}

// inAll returns the mistakes that all choices have.
func inAll(choices [][]mistake) []mistake {
	return slices.DeleteFunc(slices.Clone(choices[0]), func(m mistake) bool {
		return slices.ContainsFunc(choices[1:], func(c []mistake) bool {
			return !slices.ContainsFunc(c, func(o mistake) bool { return o.text == m.text && slices.Equal(o.location, m.location) })
		})
	})
}

// unless returns the choices without a mistake that is wrong.
func unless(choices [][]mistake, wrong func(mistake) bool) [][]mistake {
	var list [][]mistake
	for _, c := range choices {
		if !slices.ContainsFunc(c, wrong) {
			list = append(list, c)
		}
	}
	return list
}

// typeMistake returns the one mistake of a value whose type is none that the
// choices have.
func typeMistake(location []string, choices [][]mistake) []mistake {
	var all kind.Type
	for _, c := range choices {
		for _, m := range c {
			if k, ok := m.kind.(*kind.Type); ok && len(m.location) == len(location) {
				all.Got = k.Got
				all.Want = append(all.Want, slices.DeleteFunc(slices.Clone(k.Want), func(t string) bool { return slices.Contains(all.Want, t) })...)
			}
		}
	}
	if len(all.Want) == 0 {
		return nil
	}
	return []mistake{{location: location, kind: &all, text: mistakeText(&all)}}
}

// choiceText returns mistakes on one line. The first tokens of their places are
// named elsewhere.
func choiceText(list []mistake, tokens int) string {
	var texts []string
	for _, m := range list[:min(len(list), maxMistakes)] {
		text := m.text
		if len(m.location) > tokens {
			text = pointerOf(m.location[tokens:]) + " " + text
		}
		texts = append(texts, text)
	}
	return shorten(strings.Join(texts, ", "), maxMistake)
}

// placeOf names the place in a value: `argument "a" at /b/0`.
func placeOf(location []string, noun string) string {
	if len(location) == 0 {
		return ""
	}
	place := noun + " " + quoteShort(location[0])
	if len(location) == 1 {
		return place
	}
	return place + " at " + shorten(pointerOf(location[1:]), maxMistake)
}

// pointerOf returns tokens as a JSON Pointer (RFC 6901).
func pointerOf(tokens []string) string {
	var pointer strings.Builder
	for _, token := range tokens {
		pointer.WriteString("/" + tree.EscapePointer(token))
	}
	return pointer.String()
}

// memberMistake names the members that the value itself lacks or should not have,
// or returns "".
func (v *validator) memberMistake(m mistake) string {
	if len(m.location) > 0 {
		return ""
	}
	switch k := m.kind.(type) {
	case *kind.Required:
		return "missing " + nounAndNames(v.noun, slices.Sorted(slices.Values(k.Missing)))
	case *kind.AdditionalProperties:
		line := "unknown " + nounAndNames(v.noun, slices.Sorted(slices.Values(k.Properties)))
		if len(k.Properties) == 1 {
			line += spelling.DidYouMean(k.Properties[0], v.members)
		}
		return line
	case *kind.DependentRequired:
		return "missing " + nounAndNames(v.noun, slices.Sorted(slices.Values(k.Missing))) + ": required when the body is sent"
	case *kind.MinProperties:
		return fmt.Sprintf("has %d, must have at least %d of the %s", k.Got, k.Want, nounAndNames(v.noun, v.members))
	case *kind.MaxProperties:
		return fmt.Sprintf("has %d, must have at most %d of the %s", k.Got, k.Want, nounAndNames(v.noun, v.members))
	}
	return ""
}

func nounAndNames(noun string, names []string) string {
	if len(names) > 1 {
		noun += "s"
		if stem, found := strings.CutSuffix(noun, "ys"); found {
			noun = stem + "ies"
		}
	}
	return noun + " " + quoteAll(names)
}

// mistakeText says what is wrong, and what is accepted.
func mistakeText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return fmt.Sprintf("is %s, must be %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Enum:
		return "must be one of " + jsonList(k.Want)
	case *kind.Const:
		return "must be " + jsonList([]any{k.Want})
	case *kind.Required:
		return "missing " + quoteAll(slices.Sorted(slices.Values(k.Missing)))
	case *kind.DependentRequired:
		return "missing " + quoteAll(slices.Sorted(slices.Values(k.Missing))) + ": required when the body is sent"
	case *kind.AdditionalProperties:
		return "unknown " + quoteAll(slices.Sorted(slices.Values(k.Properties)))
	case *kind.PropertyNames:
		return "member name " + quoteShort(k.Property) + " is not accepted"
	case *kind.FalseSchema:
		return "is not allowed here"
	case *kind.Not:
		return "must not be like this: the schema excludes it"
	case *kind.OneOf:
		if len(k.Subschemas) == 2 {
			return fmt.Sprintf("fits alternatives %d and %d, must fit one only", k.Subschemas[0]+1, k.Subschemas[1]+1)
		}
	}
	return cmp.Or(sizeText(k), ruleText(k), shorten(k.LocalizedString(message.NewPrinter(language.English)), maxMistake))
}

// sizeText says what is wrong with the size of a value, "" if nothing is.
func sizeText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.MinLength:
		return sizeError(k.Got, "character", "least", k.Want)
	case *kind.MaxLength:
		return sizeError(k.Got, "character", "most", k.Want)
	case *kind.MinItems:
		return sizeError(k.Got, "item", "least", k.Want)
	case *kind.MaxItems:
		return sizeError(k.Got, "item", "most", k.Want)
	case *kind.MinProperties:
		return sizeError(k.Got, "member", "least", k.Want)
	case *kind.MaxProperties:
		return sizeError(k.Got, "member", "most", k.Want)
	}
	return ""
}

func sizeError(got int, noun, bound string, want int) string {
	if got != 1 {
		noun += "s"
	}
	return fmt.Sprintf("has %d %s, must have at %s %d", got, noun, bound, want)
}

// ruleText says which rule about its content a value breaks, "" if none.
func ruleText(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Maximum:
		return "must be at most " + number(k.Want)
	case *kind.Minimum:
		return "must be at least " + number(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be less than " + number(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be more than " + number(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + number(k.Want)
	case *kind.Pattern:
		return cmp.Or(unsendable(k.Want), "must match the regular expression "+shorten(k.Want, maxMistake))
	case *kind.UniqueItems:
		return fmt.Sprintf("has the same item at %d and %d, must not have any twice", k.Duplicates[0], k.Duplicates[1])
	}
	return ""
}

// number returns r as a JSON number.
func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// shortList joins what is shown of n things, and says how many more there are.
func shortList(shown []string, n int) string {
	text := strings.Join(shown, ", ")
	if n > len(shown) {
		text += fmt.Sprintf(" and %d more", n-len(shown))
	}
	return text
}

// quoteAll quotes names for a message, some of them if there are many.
func quoteAll(names []string) string {
	quoted := make([]string, min(len(names), maxNames))
	for i := range quoted {
		quoted[i] = quoteShort(names[i])
	}
	return shortList(quoted, len(names))
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
