package describe

import (
	"go/ast"
	"regexp"
	"strings"
)

// annotations are what the comment of a handler says in the notation of swag.
type annotations struct {
	id, summary, description string
	tags                     []string
	params                   map[string]string // descriptions by name
	deprecated               bool
}

// paramAnnotation matches name, place, type, whether it is required, and a description.
var paramAnnotation = regexp.MustCompile(`^(\S+)\s+\S+\s+\S+\s+\S+\s+"([^"]*)"`)

// readAnnotations returns the annotations in a comment.
func readAnnotations(doc *ast.CommentGroup) annotations {
	a := annotations{params: map[string]string{}}
	for line := range strings.Lines(doc.Text()) {
		key, value, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), "\t", " "), " ")
		value = strings.TrimSpace(value)
		switch strings.ToLower(key) {
		case "@id":
			a.id = value
		case "@summary":
			a.summary = value
		case "@description":
			a.description = strings.TrimSpace(a.description + " " + value)
		case "@tags":
			for tag := range strings.SplitSeq(value, ",") {
				a.tags = append(a.tags, strings.TrimSpace(tag))
			}
		case "@deprecated":
			a.deprecated = true
		case "@param":
			if m := paramAnnotation.FindStringSubmatch(value); m != nil {
				a.params[m[1]] = m[2]
			}
		}
	}
	return a
}

// describe sets what the comment of the handler and the path say of an operation.
func (op *Operation) describe() {
	doc := op.handler().Doc
	op.annotated = readAnnotations(doc)
	text := doc.Text()
	op.Deprecated = op.annotated.deprecated || strings.Contains(text, "\nDeprecated: ")
	_, name := splitName(op.handler().Name)
	text = withoutName(plainText(text), name)
	if strings.EqualFold(strings.TrimSpace(text), "godoc") || strings.HasPrefix(text, "Godoc") {
		text = strings.TrimSpace(text[len("godoc"):])
	}
	op.Summary, op.Text = firstSentence(text)
	op.Summary = strings.TrimSuffix(op.Summary, ".")
	if op.annotated.summary != "" {
		op.Summary = op.annotated.summary
	}
	if op.annotated.description != "" {
		op.Text = op.annotated.description
	}
	op.Tags = op.annotated.tags
	if len(op.Tags) == 0 {
		op.Tags = pathTags(op.Route.Path)
	}
}

// commonSegments are those of paths that say nothing of what is below them.
var commonSegments = regexp.MustCompile(`^(api|rest|v[0-9]+([.-]?(alpha|beta)?[0-9]*))?$`)

// pathTags returns the first segment of a path that says what it is about.
func pathTags(path string) []string {
	for segment := range strings.SplitSeq(path, "/") {
		if commonSegments.MatchString(segment) {
			continue
		}
		if strings.HasPrefix(segment, "{") {
			return nil
		}
		return []string{segment}
	}
	return nil
}
