package mcpmount

import (
	"cmp"
	"strings"
)

// description returns the text that tells a model what the tool of op does.
func description(op *Operation, responses DescribeResponses, schemas bool) string {
	var parts []string
	if op.Deprecated {
		parts = append(parts, "Deprecated.")
	}
	summary, text := strings.TrimSpace(op.Summary), strings.TrimSpace(op.Description)
	if strings.HasPrefix(text, "<p>") {
		text = strings.TrimSpace(pageText(text)) // CommonMark takes HTML, and some documents have nothing else
	}
	if summary != "" && !strings.HasPrefix(text, summary) {
		parts = append(parts, summary)
	}
	if text != "" {
		parts = append(parts, text)
	}
	if summary == "" && text == "" {
		parts = append(parts, op.Method+" "+op.Path)
	}
	if list := describedResponses(op, responses); len(list) > 0 {
		parts = append(parts, "### Responses:")
		for i := range list {
			parts = append(parts, describeResponse(&list[i], schemas))
		}
	}
	return cutText(strings.Join(parts, "\n\n"), maxDescription)
}

// maxDescription bounds the description of a tool, in bytes.
const maxDescription = 16 << 10

func describedResponses(op *Operation, which DescribeResponses) []Response {
	switch which {
	case DescribeSuccess:
		return successResponses(op.Responses)
	case DescribeAll:
		return op.Responses
	default:
		return nil
	}
}

func describeResponse(r *Response, schemas bool) string {
	var b strings.Builder
	b.WriteString("**" + r.Status + "**: " + cmp.Or(strings.TrimSpace(r.Description), "no description"))
	for i := range r.Content {
		m := &r.Content[i]
		b.WriteString("\n\nContent-Type: " + m.Type)
		if len(m.Example) > 0 {
			b.WriteString("\n\nExample:\n```json\n" + string(m.Example) + "\n```")
		}
		if schema := responseSchema(m); schemas && schema != "" {
			b.WriteString("\n\nSchema:\n```json\n" + schema + "\n```")
		}
	}
	return b.String()
}

// maxDescribedSchema bounds a schema in a description, in bytes.
const maxDescribedSchema = 8 << 10

func responseSchema(m *MediaType) string {
	if m.Schema.IsZero() {
		return ""
	}
	c := newComposer(schemaMode{omit: "writeOnly"}, newFragments(1))
	schema, _ := c.compose(c.part(m.Schema.source, m.Schema.source.Root()), maxDescribedSchema)
	if schema == nil || len(schema.Members) == 0 {
		return ""
	}
	return string(schema.JSON())
}

// maxInstructions bounds the part of a document's description that becomes the
// instructions of a server, in bytes.
const maxInstructions = 4 << 10

// instructions returns the description of a document, cut after a paragraph if
// it is long: every client puts it into the context of its model.
func instructions(text string) string {
	return cutText(strings.TrimSpace(text), maxInstructions)
}

// cutText returns text cut to at most n bytes, after a paragraph if possible.
func cutText(text string, n int) string {
	if len(text) <= n {
		return text
	}
	const mark = " …"
	text = shorten(text, n-len(mark))
	if i := strings.LastIndex(text, "\n\n"); i > n/4 {
		return text[:i]
	}
	return text + mark
}
