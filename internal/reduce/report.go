package reduce

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind is what was cut.
type Kind int

// What is cut, and counted.
const (
	Items   Kind = iota // of an array
	Members             // of an object
	Texts               // characters of a text
)

// A Report says what [Value.Cut] left out.
type Report struct {
	// From is how many bytes there were, Most how many there might be.
	From, Most int

	// Places are where something was cut, outer ones first.
	Places []Place

	// More is how many cuts have no place here: there are very many.
	More int

	seen map[placeKey]int
	cuts int
}

// A Place is an array, object or text of which a part is left out, or several with a
// path that differs in the numbers of items only.
type Place struct {
	Path  string // a JSON Pointer with * for each item, shortened; "" is the value itself
	Kind  Kind
	Times int // how many there are
	Kept  int // of all of them
	Total int

	depth int
}

type placeKey struct {
	path string
	kind Kind
}

// A step leads from an array or object to an element.
type step struct {
	key  []byte // as it is written, with quotes and a colon
	item bool
}

const (
	// mostPlaces bounds the places of a report, and mostCuts how many are looked
	// at for it.
	mostPlaces = 100
	mostCuts   = 2_000

	mostKey  = 40  // bytes of a key that are shown
	mostPath = 200 // bytes of a path
)

func (r *Report) add(path []step, kind Kind, kept, total int) {
	if len(r.seen) == 0 {
		r.seen = map[placeKey]int{}
	}
	if r.cuts++; r.cuts > mostCuts {
		r.More++
		return
	}
	key := placeKey{pattern(path), kind}
	i, ok := r.seen[key]
	if !ok {
		if len(r.Places) == mostPlaces {
			r.More++
			return
		}
		i = len(r.Places)
		r.seen[key] = i
		r.Places = append(r.Places, Place{Path: key.path, Kind: kind, depth: len(path)})
	}
	p := &r.Places[i]
	p.Times, p.Kept, p.Total = p.Times+1, p.Kept+kept, p.Total+total
}

func (r *Report) finish() {
	r.seen = nil
	slices.SortStableFunc(r.Places, func(a, b Place) int { return a.depth - b.depth })
}

func pattern(path []step) string {
	var b strings.Builder
	for _, s := range path {
		if b.Len() > mostPath {
			b.WriteString(ellipsis)
			break
		}
		b.WriteByte('/')
		if s.item {
			b.WriteByte('*')
			continue
		}
		key := s.key[1 : len(s.key)-len(`":`)]
		if len(key) > mostKey {
			key = append([]byte(Text(string(key), mostKey)), ellipsis...)
		}
		b.WriteString(escape.Replace(string(key)))
	}
	return b.String()
}

// String says what was cut, in one line of some hundred bytes.
func (r *Report) String() string {
	const shown = 6
	var parts []string
	more := r.More
	for i, p := range r.Places {
		if i < shown {
			parts = append(parts, p.String())
		} else {
			more += p.Times
		}
	}
	if more > 0 {
		parts = append(parts, fmt.Sprintf("%d more places", more))
	}
	return fmt.Sprintf("cut to fit %d bytes, of %d: %s", r.Most, r.From, strings.Join(parts, "; "))
}

// String says what was cut at the place.
func (p Place) String() string {
	noun, where := "items", p.Path
	switch p.Kind {
	case Members:
		noun = "members"
	case Texts:
		noun = "characters"
	}
	if where == "" {
		where = "the whole"
	}
	s := fmt.Sprintf("%s has %d of %d %s", where, p.Kept, p.Total, noun)
	if p.Times > 1 {
		s += fmt.Sprintf(" in %d places", p.Times)
	}
	return s
}
