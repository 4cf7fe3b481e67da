package mcpmount

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxNameLength is the length of a tool name that every client accepts;
// [Document.ShortenNames] can choose a smaller one.
const maxNameLength = 64

// nameOperations gives every operation without a name one that is unique,
// whatever the case of its letters. The first of several operations that have
// a claim to a name gets it, and the others a number that nothing else in ops
// has a claim to: names depend on ops alone, and adding an operation at the end
// changes none of the others.
func nameOperations(ops []Operation) {
	names := make([]string, len(ops))
	claimed := make(map[string]bool, len(ops))
	taken := make(map[string]bool, len(ops))
	for i := range ops {
		if names[i] = ops[i].Name; names[i] != "" {
			taken[strings.ToLower(names[i])] = true
		} else {
			names[i] = deriveName(&ops[i])
		}
		claimed[strings.ToLower(names[i])] = true
	}
	next := make(map[string]int)
	for i := range ops {
		if ops[i].Name != "" {
			continue
		}
		name, key := names[i], strings.ToLower(names[i])
		if taken[key] {
			name = numbered(name, maxNameLength, next, func(s string) bool { return taken[s] || claimed[s] })
		}
		ops[i].Name = name
		taken[strings.ToLower(name)] = true
	}
}

// numbered returns name with the first number that is free, in at most max bytes.
// next remembers where to look first, since many operations can share a name.
func numbered(name string, max int, next map[string]int, inUse func(lower string) bool) string {
	key := strings.ToLower(name)
	for next[key] = cmp.Or(next[key], 2); ; next[key]++ {
		suffix := "_" + strconv.Itoa(next[key])
		candidate := name[:min(len(name), max-len(suffix))] + suffix
		if !inUse(strings.ToLower(candidate)) {
			return candidate
		}
	}
}

// noteNumbered notes which names have a number because another operation has the name
// without it.
func (m *toolMaker) noteNumbered() {
	var holders map[string]*Operation
	for i := range m.doc.Operations {
		op := &m.doc.Operations[i]
		base := withoutNumber(op.Name)
		if base == "" {
			continue
		}
		switch derived := deriveName(op); {
		case strings.EqualFold(derived, op.Name):
			continue
		case len(op.Name) == maxNameLength && strings.HasPrefix(derived, base): // it was cut for the number
			base = derived
		}
		if holders == nil {
			holders = make(map[string]*Operation, len(m.doc.Operations))
			for j := range m.doc.Operations {
				holders[strings.ToLower(m.doc.Operations[j].Name)] = &m.doc.Operations[j]
			}
		}
		if holder := holders[strings.ToLower(base)]; holder != nil {
			m.note(op, "%s is %q: the name %q is that of %s", op.route(), op.Name, holder.Name, holder.route())
		}
	}
}

// withoutNumber returns name without the number that [numbered] gave it, or "" if it has none.
func withoutNumber(name string) string {
	i := strings.LastIndexByte(name, '_')
	if i <= 0 {
		return ""
	}
	if n, err := strconv.Atoi(name[i+1:]); err != nil || n < 2 {
		return ""
	}
	return name[:i]
}

// chooseNames makes the names that the document itself chose legal. Two
// operations that chose one name keep it: [New] refuses them.
func chooseNames(ops []Operation) []Problem {
	var problems []Problem
	for i := range ops {
		op := &ops[i]
		if op.Name == "" {
			continue
		}
		chosen := op.Name
		if op.Name = legalName(chosen); op.Name == "" {
			problems = append(problems, Problem{
				Pointer: op.Pointer + "/x-mcp/name",
				Message: fmt.Sprintf("the name %q cannot be made legal; one is derived", chosen),
			})
		}
	}
	return problems
}

// deriveName returns the name of op by itself: its ID made legal, or else its
// method and path. It has no dots, which MCP allows and the APIs of models do not: a
// client that passes one on gets an error for all tools that it has.
func deriveName(op *Operation) string {
	if name := legalName(strings.ReplaceAll(op.ID, ".", " ")); name != "" {
		return name
	}
	words := strings.ToLower(op.Method) + " " + strings.ReplaceAll(op.Path, ".", " ")
	if name := shortName(wordsOf(transliterate(words)), maxNameLength); name != "" {
		return name
	}
	return "operation"
}

// legalName returns text as a tool name, or "" if it has letters that cannot be
// written in one: half a name would say something else.
func legalName(text string) string {
	latin := transliterate(text)
	for _, r := range latin {
		if r > unicode.MaxASCII && unicode.IsLetter(r) {
			return ""
		}
	}
	return shortName(wordsOf(latin), maxNameLength)
}

// wordsOf returns text with an underscore in place of each run of characters
// that a name cannot have, and none at its ends. Without a letter or a digit it
// is no name.
func wordsOf(text string) string {
	var b strings.Builder
	gap := false
	for i := 0; i < len(text); i++ {
		if !isNameRune(rune(text[i])) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('_')
		}
		gap = false
		b.WriteByte(text[i])
	}
	if name := b.String(); strings.Trim(name, "_-.") != "" {
		return name
	}
	return ""
}

// isNameRune reports whether r can stand in a name: of a tool, or of an argument.
func isNameRune(r rune) bool { return strings.ContainsRune(alphanumeric+"_-.", r) }

// checkName returns why name cannot be that of a tool. The error follows the name
// in a sentence.
func checkName(name string) error {
	if name == "" {
		return errors.New("is empty")
	}
	if len(name) > maxNameLength {
		return fmt.Errorf("has more than %d characters", maxNameLength)
	}
	for _, r := range name {
		if !isNameRune(r) {
			return fmt.Errorf("contains %q", r)
		}
	}
	return nil
}

func isLower(c byte) bool     { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool     { return c >= 'A' && c <= 'Z' }
func isSeparator(c byte) bool { return c == '_' || c == '-' || c == '.' }

// shortName returns a name of more than max bytes cut at the end of a word, with
// a hash of all of it so that two long names stay two.
func shortName(name string, max int) string {
	if len(name) <= max {
		return name
	}
	const digits = 6
	sum := sha256.Sum256([]byte(name))
	head := name[:wordEnd(name, max-digits-len("_"))]
	return head + "_" + hex.EncodeToString(sum[:])[:digits]
}

// wordEnd returns where the last word of name ends that fits into max bytes. A
// word ends before a separator or a capital; one that is very long is cut.
func wordEnd(name string, max int) int {
	for end := max; end > max/2; end-- {
		before, after := name[end-1], name[end]
		if !isSeparator(before) && (isSeparator(after) || isLower(before) && isUpper(after)) {
			return end
		}
	}
	return max
}

// transliterate returns text in Latin letters without marks, as far as that is
// common practice: é becomes e, Cyrillic and Greek letters become what a reader
// of their languages would type.
func transliterate(text string) string {
	if isASCII(text) {
		return text
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(norm.NFC.String(text)) {
		switch latin, ok := latinLetters(r); {
		case ok:
			b.WriteString(latin)
		case !unicode.Is(unicode.Mn, r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

// latinLetters returns the Latin letters for one that has no decomposition.
func latinLetters(r rune) (string, bool) {
	lower := unicode.ToLower(r)
	latin, ok := lowerLatinLetters(lower)
	if ok && lower != r && latin != "" {
		latin = strings.ToUpper(latin[:1]) + latin[1:]
	}
	return latin, ok
}

func lowerLatinLetters(r rune) (string, bool) {
	const (
		cyrillic = "a b v g d e zh z i i k l m n o p r s t u f kh ts ch sh shch - y - e yu ya" // from U+0430
		greek    = "a v g d e z i th i k l m n x o p r s s t y f ch ps o"                      // from U+03B1
	)
	switch {
	case r >= 'а' && r <= 'я':
		return letterAt(cyrillic, int(r-'а')), true
	case r >= 'α' && r <= 'ω':
		return letterAt(greek, int(r-'α')), true
	}
	switch r {
	case 'ß':
		return "ss", true
	case 'æ':
		return "ae", true
	case 'œ':
		return "oe", true
	case 'ø':
		return "o", true
	case 'ł':
		return "l", true
	case 'đ', 'ð':
		return "d", true
	case 'þ':
		return "th", true
	case 'ı', 'і':
		return "i", true
	case 'є':
		return "ye", true
	case 'ґ':
		return "g", true
	}
	return "", false
}

// letterAt returns a letter of a list, where a dash stands for none.
func letterAt(list string, i int) string {
	return strings.TrimPrefix(strings.Fields(list)[i], "-")
}
