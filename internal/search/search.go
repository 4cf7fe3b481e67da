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
	lengths  []perText      // of the texts of each entry, in words
	postings map[string][]posting
	words    []string // those of postings, sorted

	vocabulary *vocabulary
}

// perText has a number, of at most maxWords, for each of the texts of an entry.
type perText [Texts]uint8

// A posting says how often an entry has a word.
type posting struct {
	entry  int32
	counts perText // zero for an action
}

// Bounds of what is indexed of each text, in words and bytes: the first say what it is about,
// and the author of a document may write megabytes.
const (
	maxWords = 200
	maxText  = 16 << 10
)

// Bounds of an index, whose postings and words take 12 and about 130 bytes each. Of more than
// 4,000 entries, texts have fewer words. Words beyond those that documents in human languages
// have cannot be found.
const (
	maxPostings = 4 << 20
	maxDistinct = 1 << 16
)

// New returns an index of n entries, which are found by their number. It calls entry once for
// each, in order.
func New(n int, entry func(i int) Entry) *Index {
	x := &Index{names: make(map[string]int, n), lengths: make([]perText, n), postings: map[string][]posting{}, vocabulary: newVocabulary()}
	most := min(maxWords, maxPostings/Texts/max(n, 1)+1)
	for i := range n {
		e := entry(i)
		x.names[strings.ToLower(e.Name)] = i
		for f, text := range e.Texts {
			list := words(text[:min(len(text), maxText)], most)
			x.lengths[i][f] = uint8(len(list))
			for _, word := range list {
				if p := x.posting(word, i); p != nil {
					p.counts[f]++
				}
			}
		}
		if e.Action != "" {
			x.posting(actionMark+e.Action, i)
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

// posting returns the posting of a word for the entry that is being indexed, nil if there are too
// many words.
func (x *Index) posting(word string, entry int) *posting {
	list, known := x.postings[word]
	if !known && len(x.postings) >= maxDistinct && !strings.HasPrefix(word, actionMark) {
		return nil
	}
	if n := len(list); n == 0 || list[n-1].entry != int32(entry) {
		list = append(list, posting{entry: int32(entry)})
		x.postings[word] = list
	}
	return &list[len(list)-1]
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
	s := newScoring(x, visible)
	for _, word := range x.vocabulary.queryWords(query) {
		s.add(word)
	}
	named := x.named(query, s.shown)
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
	count   int            // how many entries are shown
	average [Texts]float64 // how many words the texts of those have
	scores  []float64      // of each entry
	covered []float64      // how much of the query each entry has, of all
	all     float64

	gained, closest []float64 // the best of what the readings of a word give each entry, and their weights

	corrected int // how many words were looked for among all words
}

func newScoring(x *Index, visible func(entry int) bool) *scoring {
	n := len(x.lengths)
	room := make([]float64, 4*n)
	s := &scoring{index: x, shown: make([]bool, n), scores: room[:n], covered: room[n : 2*n], gained: room[2*n : 3*n], closest: room[3*n:]}
	var all [Texts]float64
	for i := range n {
		if s.shown[i] = visible == nil || visible(i); !s.shown[i] {
			continue
		}
		s.count++
		for f, length := range x.lengths[i] {
			all[f] += float64(length)
		}
	}
	for f := range all {
		s.average[f] = all[f] / float64(s.count)
	}
	return s
}

// weight returns how much the word of a posting is what its entry is about.
func (s *scoring) weight(p posting) (weight float64) {
	if p.counts == (perText{}) {
		return 1 // an action
	}
	for f, count := range p.counts {
		if count > 0 {
			// The longer a text is beside the others, the less each of its words says.
			norm := 1 - lengthEffect + lengthEffect*float64(s.index.lengths[p.entry][f])/s.average[f]
			weight += weights[f] * float64(count) / norm
		}
	}
	return weight
}

// add adds a word of the query.
func (s *scoring) add(word queryWord) {
	clear(s.gained)
	clear(s.closest)
	frequent := 0 // how many have it, or the first of its readings that any has
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
			w := s.weight(p)
			s.gained[p.entry] = max(s.gained[p.entry], reading.weight*idf*w*(saturation+1)/(w+saturation))
			s.closest[p.entry] = max(s.closest[p.entry], reading.weight)
		}
	}
	mass := s.rarity(frequent)
	if frequent == 0 {
		mass *= strangeWeight
	}
	s.all += mass
	for entry, gain := range s.gained {
		s.scores[entry] += gain
		s.covered[entry] += mass * s.closest[entry]
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
