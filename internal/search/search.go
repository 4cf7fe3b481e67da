// Package search finds things by what is written about them, with words that need not be
// those of the text: BM25F, and before it what people do with words.
package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// An Entry is something that can be found.
type Entry struct {
	// Name is found, before all else, by who writes just that.
	Name string

	// Texts say what it is. A word in the first one counts six times as much as one in the
	// fourth, which is for what may be said by the way.
	Texts [Texts]string

	// Action is what it does: "create", "list", "get", "update", "delete", or "" for
	// something else.
	Action string
}

// Texts is how many texts an [Entry] has.
const Texts = 5

// weights are how much a word counts in each of the texts of an [Entry].
var weights = [Texts]float64{3, 2, 1, 0.5, 0.3}

// An Index finds entries. It is immutable and safe for concurrent use.
type Index struct {
	names    map[string]int // in lower case
	entries  int
	postings map[string][]posting
	words    []string // those of postings, sorted

	vocabulary *vocabulary
}

// A posting says how much a word is what an entry is about.
type posting struct {
	entry  int32
	weight float32
}

// maxWords bounds how many words of one text are indexed: the first say what it is
// about, and the author of a document may write megabytes.
const maxWords = 200

// New returns an index of entries, which are found by their place in the slice.
func New(entries []Entry) *Index {
	x := &Index{names: make(map[string]int, len(entries)), entries: len(entries), postings: map[string][]posting{}, vocabulary: newVocabulary()}
	texts := make([][Texts][]string, len(entries))
	var lengths [Texts]float64
	for i := range entries {
		x.names[strings.ToLower(entries[i].Name)] = i
		for f, text := range entries[i].Texts {
			texts[i][f] = words(text, maxWords)
			lengths[f] += float64(len(texts[i][f]))
		}
	}
	for i := range entries {
		counts := map[string]float64{}
		for f, list := range texts[i] {
			// The longer a text is beside the others, the less each of its words says.
			norm := 1 - lengthEffect + lengthEffect*float64(len(list))*float64(len(entries))/max(lengths[f], 1)
			for _, word := range list {
				counts[word] += weights[f] / norm
			}
		}
		if action := entries[i].Action; action != "" {
			counts[actionMark+action] = 1
		}
		for word, count := range counts {
			x.postings[word] = append(x.postings[word], posting{int32(i), float32(count)})
		}
	}
	for word := range x.postings {
		if !strings.HasPrefix(word, actionMark) {
			x.words = append(x.words, word)
		}
	}
	slices.Sort(x.words)
	return x
}

// Constants of BM25F: what the length of a text counts, and how soon a word that is there
// again says nothing new.
const (
	lengthEffect = 0.5
	saturation   = 1.2
)

// maxQuery bounds the words of a query.
const maxQuery = 32

// Find returns which entries a query asks for, the best first: of those that visible, which
// may be nil, reports. What it does not report has no influence on the answer. Entries that have
// too little of what is asked for are not found.
func (x *Index) Find(query string, visible func(entry int) bool) []int {
	shown := make([]bool, x.entries)
	n := 0
	for i := range shown {
		if shown[i] = visible == nil || visible(i); shown[i] {
			n++
		}
	}
	s := scoring{index: x, shown: shown, count: n, scores: make([]float64, x.entries), covered: make([]float64, x.entries)}
	for _, word := range x.vocabulary.queryWords(query) {
		s.add(word)
	}
	named := x.named(query, shown)
	return append(named, slices.DeleteFunc(s.best(), func(i int) bool { return slices.Contains(named, i) })...)
}

// named returns the entries of a query that has nothing but names.
func (x *Index) named(query string, shown []bool) (named []int) {
	for _, word := range strings.FieldsFunc(strings.ToLower(query), func(r rune) bool { return strings.ContainsRune(" \t\r\n,;\"'`()[]", r) }) {
		i, ok := x.names[word]
		if !ok || !shown[i] || len(named) == maxQuery {
			return nil
		}
		if !slices.Contains(named, i) {
			named = append(named, i)
		}
	}
	return named
}

// A scoring is how one query is answered.
type scoring struct {
	index   *Index
	shown   []bool
	count   int       // how many entries are shown
	scores  []float64 // of each entry
	covered []float64 // how much of the query each entry has, of all
	all     float64

	corrected int // how many words were looked for among all words
}

// add adds a word of the query.
func (s *scoring) add(word queryWord) {
	gained, closest := map[int32]float64{}, map[int32]float64{} // the best of what its readings give an entry, and their weights
	frequent := 0                                               // how many have it, or the first of its readings that any has
	for _, reading := range s.readings(word) {
		list := s.index.postings[reading.word]
		seen := 0
		for _, p := range list {
			if s.shown[p.entry] {
				seen++
			}
		}
		if seen == 0 {
			continue
		}
		if frequent == 0 {
			frequent = seen
		}
		idf := s.rarity(seen)
		for _, p := range list {
			if !s.shown[p.entry] {
				continue
			}
			w := float64(p.weight)
			gained[p.entry] = max(gained[p.entry], reading.weight*idf*w*(saturation+1)/(w+saturation))
			closest[p.entry] = max(closest[p.entry], reading.weight)
		}
	}
	mass := s.rarity(frequent)
	if frequent == 0 {
		mass *= strangeWeight
	}
	s.all += mass
	for entry, gain := range gained {
		s.scores[entry] += gain
		s.covered[entry] += mass * closest[entry]
	}
}

// rarity returns how much a word says that so many of the entries have.
func (s *scoring) rarity(having int) float64 {
	return math.Log(1 + (float64(s.count-having)+0.5)/(float64(having)+0.5))
}

// enough is the part of a query that an entry must have to be found.
const enough = 0.25

// strangeWeight is how much a word counts that no entry has: often it is a value, such as a
// name, for which the entry has an argument.
const strangeWeight = 0.5

// best returns the entries that have enough of the query, the best first.
func (s *scoring) best() []int {
	var found []int
	for i, score := range s.scores {
		if score > 0 && s.covered[i] >= enough*s.all {
			s.scores[i] *= 0.5 + 0.5*s.covered[i]/s.all // who has all of it before who has much of some
			found = append(found, i)
		}
	}
	slices.SortStableFunc(found, func(a, b int) int { return cmp.Compare(s.scores[b], s.scores[a]) })
	return found
}
