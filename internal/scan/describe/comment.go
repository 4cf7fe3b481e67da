package describe

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// comments are the doc comments of the loaded packages by the position of the name
// they are about. What is known from export data only has none.
type comments map[token.Pos]string

func newComments(pkgs []*packages.Package) comments {
	c := comments{}
	for _, pkg := range pkgs {
		for _, file := range pkg.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GenDecl:
					c.addTypes(n)
				case *ast.StructType:
					c.addFields(n)
				}
				return true
			})
		}
	}
	return c
}

func (c comments) addTypes(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		text := spec.Doc.Text()
		if text == "" && len(decl.Specs) == 1 {
			text = decl.Doc.Text()
		}
		c.add(spec.Name.Pos(), text)
	}
}

func (c comments) addFields(t *ast.StructType) {
	for _, field := range t.Fields.List {
		text := field.Doc.Text()
		if text == "" {
			text = field.Comment.Text()
		}
		for _, name := range field.Names {
			c.add(name.Pos(), text)
		}
	}
}

func (c comments) add(pos token.Pos, text string) {
	if text = plainText(text); text != "" {
		c[pos] = text
	}
}

// of returns the comment on obj without the name that Go comments begin with, or "".
func (c comments) of(obj types.Object) string {
	return withoutName(c[obj.Pos()], obj.Name())
}

// plainText returns the paragraphs of a comment without annotations, directives and
// notes to programmers.
func plainText(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "@"), strings.HasPrefix(line, "+"), strings.HasPrefix(line, "swagger:"),
			strings.HasPrefix(line, "nolint"), strings.HasPrefix(line, "TODO"), strings.HasPrefix(line, "FIXME"):
			continue
		}
		kept = append(kept, line)
	}
	paragraphs := strings.Split(strings.Join(kept, "\n"), "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.Join(strings.Fields(p), " ")
	}
	return strings.TrimSpace(strings.Join(paragraphs, "\n\n"))
}

// withoutName returns text without the name it begins with: "Item is a thing" says no
// more than "A thing" to who sees the name already.
func withoutName(text, name string) string {
	rest := text
	for _, article := range []string{"A ", "An ", "The "} {
		rest = strings.TrimPrefix(rest, article)
	}
	rest, found := strings.CutPrefix(rest, name+" ")
	if !found {
		return text
	}
	for _, verb := range []string{"is ", "are ", "represents ", "describes ", "holds ", "contains "} {
		rest = strings.TrimPrefix(rest, verb)
	}
	return capital(rest)
}

// firstSentence splits text after its first sentence.
func firstSentence(text string) (first, rest string) {
	end := len(text)
	if i := strings.Index(text, "\n\n"); i >= 0 {
		end = i
	}
	for i := 0; i+1 < end; i++ {
		if (text[i] == '.' || text[i] == '!' || text[i] == '?') && text[i+1] == ' ' && !abbreviated(text[:i]) {
			end = i + 1
			break
		}
	}
	return strings.TrimSpace(text[:end]), strings.TrimSpace(text[end:])
}

// abbreviated reports whether text ends in what a full stop is part of: "e.g", "vs".
func abbreviated(text string) bool {
	word := text[strings.LastIndexAny(text, " (")+1:]
	return len(word) == 1 || strings.Contains(word, ".") || word == "vs" || word == "etc"
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
