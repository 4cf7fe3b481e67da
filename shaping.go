package mcpmount

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mcpmount/mcpmount/internal/reduce"
	"github.com/mcpmount/mcpmount/internal/tree"
)

// A shaping is the [Results] of one operation, ready to be applied. It is immutable, but for
// the warning that is logged once.
type shaping struct {
	Results
	operation string        // its name
	fields    *reduce.Paths // nil for all
	offered   string        // the argument by which a model chooses fields, "" for none
	pager     *pager        // nil if no argument has to do with pages
	resources []*resource   // by which large binaries are read
	missed    sync.Once     // guards the warning that fields select nothing
}

// newShaping returns the shaping of op, whose Results have been checked.
func newShaping(op *Operation, in *input) *shaping {
	s := &shaping{operation: op.Name}
	if op.Results != nil {
		s.Results = *op.Results
	}
	if len(s.Fields) > 0 {
		s.fields, _ = reduce.ParsePaths(s.Fields)
	}
	for _, a := range in.arguments {
		if a.place == placeResult {
			s.offered = a.name
		}
	}
	s.pager = newPager(in)
	return s
}

// fieldsArgument is the name of the argument by which a model chooses fields, unless it is
// taken.
const fieldsArgument = "fields"

// fieldsCandidate returns the argument by which a model chooses fields, beside others.
func (in *input) fieldsCandidate(others []candidate) candidate {
	taken := map[string]bool{}
	for i := range others {
		taken[others[i].name] = true
	}
	for alias := range in.aliases {
		taken[alias] = true
	}
	name := fieldsArgument
	if taken[name] {
		name = "result_" + fieldsArgument
	}
	if taken[name] {
		name = freeArgument(name, "", taken)
	}
	if in.most != nil { // which counts properties of the body
		*in.most++
	}
	return candidate{
		argument: argument{name: name, place: placeResult},
		node: arrayOf(text("")).
			With("maxItems", tree.NewNumber(fmt.Sprint(reduce.MaxPaths))).
			With("description", tree.NewString(`Parts of the answer to return, as paths with * for each item, such as "items/*/id". All if left out.`)),
	}
}

// hides reports whether parts of an answer may have to be kept from the model.
func (s *shaping) hides() bool { return s != nil && (s.Transform != nil || s.fields != nil) }

// chosenFields returns the parts of the answer that the arguments of a call choose, nil for
// all.
func (s *shaping) chosenFields(values *tree.Node) (*reduce.Paths, error) {
	if s == nil || s.offered == "" {
		return nil, nil
	}
	var texts []string
	for _, item := range elements(values.Get(s.offered)) {
		texts = append(texts, item.Str())
	}
	if len(texts) == 0 {
		return nil, nil
	}
	paths, err := reduce.ParsePaths(texts)
	if err != nil {
		return nil, &argumentError{Argument: s.offered, Message: "is not understood: " + err.Error()}
	}
	return paths, nil
}

// shape changes an answer to what its operation and the call ask for.
func (p *resultPlan) shape(ctx context.Context, a *answer) {
	s := p.shaping
	if s == nil {
		return
	}
	var chosen *reduce.Paths
	if c := callOf(ctx); c != nil {
		chosen = c.fields
	}
	if s.Transform != nil || s.fields != nil || chosen != nil || s.Prune {
		a.narrow(ctx, s, chosen)
	}
	if s.MaxBytes > 0 && a.textSize() > s.MaxBytes {
		p.cut(a)
	}
}

// setValue replaces the JSON value of a by data.
func (a *answer) setValue(data []byte) {
	a.value, a.conforms = data, false
	a.parts[0] = contentPart{media: parseMediaType("application/json"), json: data}
}

func (a *answer) textSize() (size int) {
	for i := range a.parts {
		size += len(a.parts[i].text) + len(a.parts[i].json)
	}
	return size
}

// narrow leaves in a only what is asked for.
func (a *answer) narrow(ctx context.Context, s *shaping, chosen *reduce.Paths) {
	if a.value != nil && len(a.parts) == 0 { // a stream without records
		return
	}
	if a.value != nil {
		if selected, note, err := s.narrow(ctx, a.value, chosen); err != nil {
			a.withhold(err)
		} else {
			a.setValue(selected.JSON())
			a.noteSome(note)
		}
		return
	}
	for i := range a.parts {
		part := &a.parts[i]
		text := []byte(part.said())
		claims := part.media.kind == kindJSON || part.media.kind.isStream()
		if part.blob != nil || !claims && !startsJSON(text) {
			continue
		}
		selected, note, err := s.narrow(ctx, text, chosen)
		if err != nil && s.hides() && (claims || a.partial || !errors.Is(err, errNotSelectable)) { // what was cut may have been JSON
			a.withhold(err)
			return
		}
		if err != nil { // there is nothing to hide, or nothing to hide it in
			continue
		}
		part.text, part.json = string(selected.JSON()), nil
		a.noteSome(note)
	}
	if len(a.parts) == 1 {
		a.text = a.parts[0].said()
	}
}

func (a *answer) noteSome(text string) {
	if text != "" {
		a.note(text)
	}
}

// withhold leaves out all of an answer, if it cannot be said which parts may be seen.
func (a *answer) withhold(err error) {
	a.parts, a.value, a.text, a.failed = nil, nil, "", true
	a.note(err.Error())
}

var (
	errNotSelectable  = errors.New("the answer of the API is not JSON, so that it cannot be said what of it is to be seen; it was left out")
	errNotTransformed = errors.New("the answer of the API could not be brought into the form that the operator wants; it was left out")
)

// narrow returns what is left of a JSON text, and a note for the model.
func (s *shaping) narrow(ctx context.Context, data []byte, chosen *reduce.Paths) (v reduce.Value, note string, err error) {
	if s.Transform != nil {
		if !isJSON(data) {
			return v, "", errNotSelectable
		}
		lasting, cancel := lastingContext(ctx)
		defer cancel()
		transformed, err := s.Transform(lasting, slices.Clone(data))
		if err == nil && !isJSON(transformed) {
			err = errors.New("what it returned is not JSON")
		}
		if err != nil {
			if c := callOf(ctx); c != nil {
				c.server.logger.ErrorContext(ctx, "answer not transformed", "operation", s.operation, "error", err)
			}
			return v, "", errNotTransformed
		}
		data = transformed
	}
	if v, err = reduce.Parse(data); err != nil || !isJSON(data) {
		return v, "", errNotSelectable
	}
	if s.fields != nil {
		whole := v
		var missed []string
		if v, missed = v.Select(s.fields); len(missed) == len(s.Fields) {
			s.warn(ctx, whole)
		}
	}
	if chosen != nil {
		whole := v
		var missed []string
		if v, missed = v.Select(chosen); len(missed) > 0 {
			note = s.offered + " selects nothing at " + quoteAll(missed[:min(len(missed), 5)]) + describeKeys(whole)
		}
	}
	if s.Prune {
		v = v.Prune()
	}
	return v, note, nil
}

// warn says, once, that nothing is left of an answer: whoever wrote the fields may have meant
// others, and nobody but the model would notice. What there is instead is the API's to tell.
func (s *shaping) warn(ctx context.Context, whole reduce.Value) {
	c := callOf(ctx)
	if c != nil && len(whole.Paths(1)) > 0 {
		s.missed.Do(func() {
			c.server.logger.WarnContext(ctx, "the fields to keep select nothing of an answer", "operation", s.operation, "fields", s.Fields)
		})
	}
}

// describeKeys says which paths there are, for a model that named others.
func describeKeys(v reduce.Value) string {
	const shown = 20
	paths := v.Paths(shown + 1)
	if len(paths) == 0 {
		return ""
	}
	more := ""
	if len(paths) > shown {
		paths, more = paths[:shown], ", …"
	}
	return "; there are " + quoteAll(paths) + more
}

// cut makes the text of an answer fit, and says what is missing.
func (p *resultPlan) cut(a *answer) {
	strict := p.out.strict != nil && !a.failed
	if structured := p.structured(a); strict && structured != nil {
		if err := p.check(structured); err != nil {
			a.failed, strict = true, false
			a.note(schemaMistake(err))
		}
	}
	most := p.shaping.MaxBytes
	if a.value == nil {
		p.cutTexts(a, most)
	} else if v, err := reduce.Parse(a.value); err == nil {
		conforms := a.conforms // which does not depend on how much there is
		v, report := v.Cut(most)
		a.setValue(v.JSON())
		a.conforms = conforms
		if report != nil {
			a.note("the answer was " + report.String() + p.shaping.rest())
		}
	}
	if structured := p.structured(a); strict && structured != nil && p.check(structured) != nil {
		a.failed = true
		a.note("what is left of the answer does not match the output schema of the tool")
	}
}

// cutTexts cuts the texts of an answer that is not JSON, so that together they fit into room
// bytes.
func (p *resultPlan) cutTexts(a *answer, room int) {
	texts := 0
	for i := range a.parts {
		if a.parts[i].blob == nil {
			texts++
		}
	}
	for i := range a.parts {
		part := &a.parts[i]
		if part.blob != nil {
			continue
		}
		text, note := cutResult(part.said(), room/texts)
		if note != "" {
			a.note(note + p.shaping.rest())
		}
		part.text, part.json = text, nil
		room, texts = room-len(text), texts-1
	}
	if len(a.parts) == 1 {
		a.text = a.parts[0].said()
	}
}

// cutResult returns the part of a text that fits, JSON as JSON, and a note about the rest.
func cutResult(text string, most int) (_, note string) {
	if len(text) <= most {
		return text, ""
	}
	if startsJSON([]byte(text)) {
		if v, err := reduce.Parse([]byte(text)); err == nil && isJSON([]byte(text)) {
			v, report := v.Cut(most)
			if report != nil {
				note = "the answer was " + report.String()
			}
			return string(v.JSON()), note
		}
	}
	cut := reduce.Text(text, most)
	return cut, fmt.Sprintf("the text was cut to %d of %d bytes", len(cut), len(text))
}

// rest says how the rest of an answer that was cut can be asked for, or nothing.
func (s *shaping) rest() string {
	var ways []string
	if s.pager != nil && len(s.pager.sizes) > 0 {
		ways = append(ways, "less at a time ("+strings.Join(s.pager.sizes, ", ")+")")
	}
	if s.pager != nil && len(s.pager.positions) > 0 {
		ways = append(ways, "another part ("+strings.Join(s.pager.positions, ", ")+")")
	}
	if s.offered != "" {
		ways = append(ways, "fewer fields ("+s.offered+")")
	}
	if len(ways) == 0 {
		return ""
	}
	return "; to see the rest, ask for " + strings.Join(ways, ", or for ")
}
