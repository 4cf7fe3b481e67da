package tree

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A yamlSource is a YAML stream for the library to load.
type yamlSource struct {
	prefix string // what the library reads before text
	text   string
}

// newYAMLSource returns the source of a text that is valid UTF-8, or an error
// if the library must not be given it.
func newYAMLSource(text string, problems *problems) (yamlSource, error) {
	s := yamlSource{text: cleanYAML(text, problems)}
	if yamlWeight(s.text) > maxYAMLWeight {
		return s, &LimitError{Message: "the document is too large for YAML; write it as JSON, which costs less to read"}
	}
	if s.text != "" && (s.text[0] == '{' || s.text[0] == '[') {
		// The library keeps all tokens of a collection that may turn out to be
		// a key, which takes five times the memory. After "---" none can be.
		s.prefix = "--- "
	}
	return s, nil
}

// load returns the content of the first document.
func (s yamlSource) load(l Limits, problems *problems) (*yaml.Node, error) {
	loader, err := newYAMLLoader(s.prefix+s.text, l)
	if err != nil {
		return nil, err
	}
	first, err := loader.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errEmpty
	case err != nil:
		return nil, s.explain(err)
	}
	second, err := loader.next()
	switch {
	case err == nil:
		problems.add(nil, "%s: another document begins; only the first one is used", s.place(second.Line, second.Column))
	case !errors.Is(err, io.EOF):
		return nil, s.explain(err)
	}
	return first.Content[0], nil
}

// place returns a place of the library for people.
func (s yamlSource) place(line, column int) string {
	if line == 1 {
		column -= len(s.prefix)
	}
	return fmt.Sprintf("line %d, column %d", line, column)
}

// explain returns an error of the library with its place in the text, and with
// a remedy for what people write most.
func (s yamlSource) explain(err error) error {
	var failure *yaml.LoadError
	if !errors.As(err, &failure) || failure.Mark.Line == 0 {
		return err
	}
	mark, context := failure.Mark, failure.ContextMark
	message := failure.Message
	if failure.ContextMsg != "" && context.Line > 0 && context != mark {
		message += fmt.Sprintf(" %s that begins at %s", failure.ContextMsg, s.place(context.Line, context.Column))
	}
	if strings.Contains(message, "cannot start any token") {
		message = cannotStart(s.at(mark))
	}
	return fmt.Errorf("%s: %s", s.place(mark.Line, mark.Column), message)
}

func cannotStart(next string) string {
	if strings.HasPrefix(next, "\t") {
		return "a tab cannot indent YAML; use spaces"
	}
	for _, r := range next {
		return fmt.Sprintf("a value cannot begin with %q; put it in quotes", r)
	}
	return "a value is expected"
}

// at returns the rest of the text from a mark, which counts characters.
func (s yamlSource) at(mark yaml.Mark) string {
	n := mark.Index - len(s.prefix)
	for i := range s.text {
		if n--; n < 0 {
			return s.text[i:]
		}
	}
	return ""
}

// A yamlLoader loads the documents of a stream. It is the plugin of its own
// library loader that checks the depth.
type yamlLoader struct {
	loader *yaml.Loader
	limits Limits
	deep   bool
}

func newYAMLLoader(text string, l Limits) (*yamlLoader, error) {
	y := &yamlLoader{limits: l}
	var err error
	y.loader, err = yaml.NewLoader(strings.NewReader(text), yaml.WithPlugin(y))
	return y, err
}

// CheckDepth is called by the scanner for each level, before there is a node.
func (y *yamlLoader) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > y.limits.MaxDepth {
		y.deep = true
		return errors.New("too deep")
	}
	return nil
}

// CheckAlias is not called: aliases are not expanded by the library.
func (y *yamlLoader) CheckAlias(int, int) error { return nil }

// next returns the next document, or [io.EOF].
func (y *yamlLoader) next() (document *yaml.Node, err error) {
	// The library panics where it finds itself in an impossible state. What a
	// document says must not end the process, whoever made the mistake.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read YAML: %v", r)
		}
	}()
	document = new(yaml.Node)
	if err := y.loader.Load(document); err != nil {
		if y.deep {
			return nil, y.limits.nestedTooDeep("")
		}
		return nil, err
	}
	return document, nil
}

// cleanYAML replaces the characters that YAML 1.2 does not allow (section 5.1)
// by U+FFFD, and those that end a line in YAML 1.1 but not in 1.2 (section
// 5.4), where the library follows 1.1, by spaces.
func cleanYAML(text string, problems *problems) string {
	clean := strings.Map(yamlRune, text)
	for i, r := range text {
		if yamlRune(r) != r {
			problems.add(nil, "%s: the character %U cannot be in YAML; it and others like it are replaced", place(text, i), r)
			break
		}
	}
	return clean
}

func yamlRune(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return r
	case r < ' ' || r == 0xfffe || r == 0xffff:
		return '\ufffd'
	case r == 0x85 || r == 0x2028 || r == 0x2029:
		return ' '
	}
	return r
}

// maxYAMLWeight bounds what the library may take before there is a node to
// count: up to 330 bytes for each unit of [yamlWeight]. Real documents have a
// unit for every 13 bytes, so that one of 18 MB is read.
const maxYAMLWeight = 1_500_000

// yamlWeight estimates what the tokens of text cost the library at worst.
func yamlWeight(text string) int {
	weight, lineStart, colon := 0, true, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\n', '\r':
			weight++
			lineStart, colon = true, false
			continue
		case ',', '[', '{':
			weight += 4
		case ':':
			if weight++; colon {
				weight += 3 // more than one in a line: in a flow collection
			}
			colon = true
		case '"', '\'', '&', '*', '!':
			weight++
		case '#':
			if lineStart || text[i-1] <= ' ' {
				weight += 2 // the library keeps comments
			}
		case '-', '?':
			if i+1 == len(text) || text[i+1] <= ' ' {
				weight++
			}
		case '%':
			if lineStart {
				// The time for directives grows with the square of their number.
				weight += maxYAMLWeight / 1000
			}
		}
		lineStart = false
	}
	return weight
}
