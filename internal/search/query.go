package search

import (
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/spelling"
)

// A queryWord is a word of a query.
type queryWord struct {
	stem string
	raw  string // in lower case; "" of a script without words
}

// queryWords returns the words of a query that say something, each once.
func (v *vocabulary) queryWords(query string) (list []queryWord) {
	add := func(w queryWord) {
		if len(list) < maxQuery && !slices.ContainsFunc(list, func(have queryWord) bool { return have.stem == w.stem }) {
			list = append(list, w)
		}
	}
	for _, raw := range v.spelledOut(query) {
		switch {
		case v.silent[raw], isNumber(raw):
		case isUnspaced(firstRune(raw)):
			for _, pair := range pairs(raw) {
				add(queryWord{stem: pair})
			}
		default:
			add(queryWord{stem: stem(raw), raw: raw})
		}
	}
	return list
}

// longestPhrase is how many words a phrase has at most.
const longestPhrase = 3

// spelledOut returns the words of a query, with those that its phrases stand for.
func (v *vocabulary) spelledOut(query string) (list []string) {
	var all []string
	for raw := range fields(query) {
		if all = append(all, raw); len(all) == 2*maxQuery {
			break
		}
	}
next:
	for i := 0; i < len(all); i++ {
		for n := min(longestPhrase, len(all)-i); n > 0; n-- {
			if meaning := v.phrases[strings.Join(all[i:i+n], " ")]; meaning != "" {
				list = append(list, strings.Fields(meaning)...)
				i += n - 1
				continue next
			}
		}
		list = append(list, all[i])
	}
	return list
}

// isNumber reports whether a word has digits alone: those of a query are arguments.
func isNumber(word string) bool { return strings.Trim(word, "0123456789") == "" }

// A reading is a word of the index that a word of a query may mean.
type reading struct {
	word   string
	weight float64
}

// readings returns what word may mean in the index.
func (s *scoring) readings(word queryWord) []reading {
	list := []reading{{word.stem, 1}}
	for _, action := range s.index.vocabulary.actions[word.raw] {
		list = append(list, reading{actionMark + action, actionWeight})
	}
	weight := synonymWeight
	if s.known(word.stem) {
		weight = besideWeight
	}
	for _, other := range s.index.vocabulary.synonyms[word.stem] {
		list = append(list, reading{other, weight})
	}
	if s.known(word.stem) || word.raw == "" {
		return list
	}
	near := s.longer(word.stem)
	if near == nil {
		near = s.shorter(word.stem)
	}
	if near == nil && len(list) == 1 {
		near = s.misspelt(word.stem)
	}
	return append(list, near...)
}

// Weights of words that are not the one that was asked for.
const (
	actionWeight   = 0.6
	synonymWeight  = 0.7 // of a word that no entry has
	besideWeight   = 0.6 // of one that some have
	longerWeight   = 0.8
	shorterWeight  = 0.5
	misspeltWeight = 0.7
)

// known reports whether an entry that is shown has a word.
func (s *scoring) known(word string) bool {
	return slices.ContainsFunc(s.index.postings[word], func(p posting) bool { return s.shown[p.entry] })
}

// maxLonger bounds how many words an abbreviation can stand for.
const maxLonger = 8

// longer returns the words that begin with word, as "repository" does with "repo".
func (s *scoring) longer(word string) (list []reading) {
	if len(word) < 3 {
		return nil
	}
	all := s.index.words
	for i, _ := slices.BinarySearch(all, word); i < len(all) && strings.HasPrefix(all[i], word) && len(list) < maxLonger; i++ {
		if s.known(all[i]) {
			list = append(list, reading{all[i], longerWeight})
		}
	}
	return list
}

// shorter returns the longest word of at least four letters that word begins with, as
// "passphrase" does with "pass".
func (s *scoring) shorter(word string) []reading {
	for n := len(word) - 1; n >= 4; n-- {
		if s.known(word[:n]) {
			return []reading{{word[:n], shorterWeight}}
		}
	}
	return nil
}

// misspelt returns the word that is most like word, and begins like it.
func (s *scoring) misspelt(word string) []reading {
	if len(word) < 4 {
		return nil
	}
	if s.corrected++; s.corrected > maxCorrected {
		return nil
	}
	alike := s.index.words
	from, _ := slices.BinarySearch(alike, word[:1])
	to, _ := slices.BinarySearch(alike, word[:1]+"\xff")
	alike = slices.DeleteFunc(slices.Clone(alike[from:to]), func(w string) bool { return !s.known(w) })
	if near := spelling.Nearest(word, alike); near != "" {
		return []reading{{near, misspeltWeight}}
	}
	return nil
}

// maxCorrected bounds how many words of a query are compared with all that there are.
const maxCorrected = 4
