package reduce

// Select returns what of v the paths select, in its place: the arrays and objects around
// it stay. Of an array in which paths select something, each item stays, as null or
// empty if nothing of it was selected. missed are the paths that select nothing; if
// none selects anything, the value is {}.
func (v Value) Select(p *Paths) (selected Value, missed []string) {
	s := selection{data: v.data, hits: make([]bool, len(p.texts)+1), states: []*segment{p.root}}
	if _, found := s.value(0, 0); !found {
		s.out = append(s.out[:0], "{}"...)
	}
	for _, number := range p.ends {
		if !s.hits[number] {
			missed = append(missed, p.texts[number-1])
		}
	}
	return Value{s.out}, missed
}

// A selection is one pass over a value.
type selection struct {
	data   []byte
	out    []byte
	hits   []bool
	within map[*segment]bool // whose paths are noted: they led into what is selected as a whole
	states []*segment        // how the paths go on in the open arrays and objects, the innermost last
}

// value writes what is selected of the value at pos. states[lo:] say how the paths go on
// there. It returns the end of the value, and whether anything is selected.
func (s *selection) value(pos, lo int) (end int, found bool) {
	for _, state := range s.states[lo:] {
		found = found || state.last > 0
	}
	switch c := s.data[pos]; {
	case found:
		for _, state := range s.states[lo:] {
			s.hit(state)
		}
		end = valueEnd(s.data, pos)
		s.out = append(s.out, s.data[pos:end]...)
		return end, true
	case c == '{':
		return s.object(pos, lo)
	case c == '[':
		return s.array(pos, lo)
	}
	return scalarEnd(s.data, pos), false
}

// hit notes that the paths through state select something: they lead into what is
// selected as a whole.
func (s *selection) hit(state *segment) {
	if state.last > 0 {
		s.hits[state.last] = true
		return
	}
	if s.within[state] {
		return
	}
	if s.within == nil {
		s.within = map[*segment]bool{}
	}
	s.within[state] = true
	for _, number := range state.numbers(nil) {
		s.hits[number] = true
	}
}

func (s *selection) object(pos, lo int) (end int, found bool) {
	before, hi := len(s.out), len(s.states)
	s.out = append(s.out, '{')
	for pos++; s.data[pos] != '}'; {
		value := stringEnd(s.data, pos) + 1
		key := s.data[pos:value]
		if s.enter(keyText(key[:len(key)-1]), lo, hi); len(s.states) > hi {
			undo := len(s.out)
			if found {
				s.out = append(s.out, ',')
			}
			s.out = append(s.out, key...)
			var some bool
			if pos, some = s.value(value, hi); !some {
				s.out = s.out[:undo]
			}
			found = found || some
		} else {
			pos = valueEnd(s.data, value)
		}
		s.states = s.states[:hi]
		if s.data[pos] == ',' {
			pos++
		}
	}
	s.out = append(s.out, '}')
	if !found {
		s.out = s.out[:before]
	}
	return pos + 1, found
}

// enter adds the states to which a key leads from states[lo:hi].
func (s *selection) enter(key string, lo, hi int) {
	for _, state := range s.states[lo:hi] {
		if next := state.named[key]; next != nil {
			s.states = append(s.states, next)
		}
		if state.every != nil {
			s.states = append(s.states, state.every)
		}
	}
}

// array is value for an array. An empty one has all that there could be.
func (s *selection) array(pos, lo int) (end int, found bool) {
	before, hi := len(s.out), len(s.states)
	for _, state := range s.states[lo:hi] {
		if state.every != nil {
			state = state.every
		}
		s.states = append(s.states, state)
	}
	s.out = append(s.out, '[')
	pos++
	if found = s.data[pos] == ']'; found {
		for _, state := range s.states[hi:] {
			s.hit(state)
		}
	}
	for s.data[pos] != ']' {
		if s.data[pos] == ',' {
			s.out = append(s.out, ',')
			pos++
		}
		first := s.data[pos]
		var some bool
		if pos, some = s.value(pos, hi); !some {
			s.out = append(s.out, nothing(first)...)
		}
		found = found || some
	}
	s.states = s.states[:hi]
	s.out = append(s.out, ']')
	if !found {
		s.out = s.out[:before]
	}
	return pos + 1, found
}

// nothing returns what stays of an item of which nothing was selected.
func nothing(first byte) string {
	switch first {
	case '{':
		return "{}"
	case '[':
		return "[]"
	}
	return "null"
}
