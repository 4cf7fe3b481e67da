package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// words returns the words of a text, at most so many, each as a stem in lower case. The
// parts of names such as "listPods", "list-pods" and "list_pods" are words, and scripts
// without spaces are cut into pairs of characters.
func words(text string, most int) (list []string) {
	for word := range fields(text) {
		if len(list) >= most {
			return list
		}
		if !isUnspaced(firstRune(word)) {
			list = append(list, stem(word))
			continue
		}
		for _, pair := range pairs(word) {
			if len(list) < most {
				list = append(list, pair)
			}
		}
	}
	return list
}

// maxWord bounds a word, in bytes. What is longer is none.
const maxWord = 64

// fields yields the runs of letters and digits in text, in lower case and without marks.
func fields(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var word []rune
		end := func() bool {
			folded := fold(string(word))
			word = word[:0]
			return folded == "" || len(folded) > maxWord || yield(folded)
		}
		runes := []rune(text)
		for i, r := range runes {
			switch {
			case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r):
				if len(word) > 0 && !end() {
					return
				}
				continue
			case len(word) > 0 && breaks(runes, i):
				if !end() {
					return
				}
			}
			word = append(word, r)
		}
		if len(word) > 0 {
			end()
		}
	}
}

// breaks reports whether a word begins at i, in the middle of a run: "list|Pods",
// "API|Key", and between scripts with and without spaces.
func breaks(runes []rune, i int) bool {
	before, r := runes[i-1], runes[i]
	if isUnspaced(before) != isUnspaced(r) && !unicode.Is(unicode.M, r) {
		return true
	}
	if !unicode.IsUpper(r) {
		return false
	}
	if !unicode.IsUpper(before) {
		return true
	}
	// "API|Key" but "IDs": an abbreviation may be in the plural.
	return i+1 < len(runes) && unicode.IsLower(runes[i+1]) && (i+2 < len(runes) && unicode.IsLower(runes[i+2]) || runes[i+1] != 's')
}

// fold returns word in lower case, without marks and in one form of each character.
func fold(word string) string {
	ascii := true
	for i := 0; i < len(word) && ascii; i++ {
		ascii = word[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(word)
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) && r < 0x0900 { // marks of scripts that are written with vowels are letters
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(word))
	return norm.NFC.String(plain)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// isUnspaced reports whether r is of a script whose words have no spaces between them, or
// carry others within.
func isUnspaced(r rune) bool {
	return r >= 0x0e00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// pairs returns each two neighbours in word, or word if it is a single character.
func pairs(word string) (list []string) {
	runes := []rune(word)
	for i := 0; i+1 < len(runes); i++ {
		list = append(list, string(runes[i:i+2]))
	}
	if len(runes) == 1 {
		list = append(list, word)
	}
	return list
}

// stem returns an English word without the endings that say little: those of the plural,
// of verbs, and of what is made of verbs. Words that are alike then need not be in a
// dictionary: it is done to both sides.
func stem(word string) string {
	if len(word) <= 3 || !isASCII(word) {
		return word
	}
	word = singular(word)
	for _, ending := range [...]string{"ing", "ed", "ment", "ion"} {
		rest, ok := strings.CutSuffix(word, ending)
		if ok && len(rest) >= 3 && strings.ContainsAny(rest, "aeiouy") && (ending != "ion" || strings.HasSuffix(rest, "t") || strings.HasSuffix(rest, "s")) {
			word = undouble(rest)
			break
		}
	}
	if len(word) > 3 {
		word = strings.TrimSuffix(word, "e")
	}
	return word
}

func singular(word string) string {
	switch rest, es := strings.CutSuffix(word, "es"); {
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case es && (strings.HasSuffix(rest, "ss") || strings.HasSuffix(rest, "x") || strings.HasSuffix(rest, "ch") || strings.HasSuffix(rest, "sh")):
		return rest
	case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") && !strings.HasSuffix(word, "is"):
		return word[:len(word)-1]
	}
	return word
}

// undouble turns "stopp" into "stop".
func undouble(word string) string {
	n := len(word)
	if n > 3 && word[n-1] == word[n-2] && !strings.ContainsRune("lsz", rune(word[n-1])) {
		return word[:n-1]
	}
	return word
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
