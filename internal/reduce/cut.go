package reduce

import "slices"

const (
	// Of the room that an array or an object has, an element can count on this
	// part of it before those after it are left out: lists are worth more as a few whole
	// items, objects as some of each of their members.
	itemShare   = 4
	memberShare = 16

	// leastShare is what an element can count on at least, in bytes, where that is no
	// more than such a part of the room.
	leastShare, leastPart = 64, 4
)

// Cut returns v if it has at most most bytes, and else a value of at most so many: the
// first items of arrays, the first members of objects and the beginnings of texts.
// What is in one array or object shares its room: what is small stays whole, and
// nothing takes more than others leave. The report says what was cut; it is nil if
// nothing was. Below 4 bytes, which null takes, there may be more than most.
func (v Value) Cut(most int) (Value, *Report) {
	if len(v.data) <= most {
		return v, nil
	}
	r := reducer{data: v.data, spans: index(v.data), out: make([]byte, 0, max(most, 4))}
	r.report.From, r.report.Most = len(v.data), most
	if !r.value(element{end: len(v.data)}, most) {
		r.out = append(r.out, "null"...)
		r.report.add(nil, Texts, 0, 1)
	}
	r.report.finish()
	return Value{r.out}, &r.report
}

// A span is where an array or object ends, and the number of the next one
// that begins there or later. They are numbered as they begin.
type span struct{ end, next int }

// index returns the spans of all arrays and objects of data.
func index(data []byte) []span {
	var spans []span
	var open []int
	for pos := 0; pos < len(data); pos++ {
		switch data[pos] {
		case '"':
			pos = stringEnd(data, pos) - 1
		case '{', '[':
			open = append(open, len(spans))
			spans = append(spans, span{})
		case '}', ']':
			last := len(open) - 1
			spans[open[last]] = span{pos + 1, len(spans)}
			open = open[:last]
		}
	}
	return spans
}

// A reducer makes one value smaller.
type reducer struct {
	data   []byte
	spans  []span
	out    []byte
	path   []step
	report Report
}

// An element is a value in its array or object.
type element struct {
	start int // of its key, or of itself in an array
	value int
	end   int
	span  int // its number, if it is an array or object
}

// cost returns how many bytes e takes, with a comma.
func (e element) cost() int { return e.end - e.start + 1 }

// elements calls yield with the elements of an array or object until it returns
// false, and returns how many there are.
func (r *reducer) elements(in element, yield func(element) bool) (n int) {
	span, pos := in.span+1, in.value+1
	if r.data[pos] == ']' || r.data[pos] == '}' {
		return 0
	}
	wanted := true
	for ; ; n++ {
		e := element{start: pos, value: pos, span: span}
		if r.data[in.value] == '{' {
			e.value = stringEnd(r.data, pos) + 1
		}
		if isContainer(r.data[e.value]) {
			e.end, span = r.spans[span].end, r.spans[span].next
		} else {
			e.end = scalarEnd(r.data, e.value)
		}
		wanted = wanted && yield(e)
		if r.data[e.end] != ',' {
			return n + 1
		}
		pos = e.end + 1
	}
}

// value writes e in at most room bytes, without its key, and reports whether that
// is possible.
func (r *reducer) value(e element, room int) bool {
	switch c := r.data[e.value]; {
	case e.end-e.value <= room:
		r.out = append(r.out, r.data[e.value:e.end]...)
	case c == '"' && room >= len(`""`):
		r.text(r.data[e.value:e.end], room)
	case isContainer(c) && room >= len(`{}`):
		r.container(e, room)
	default:
		return false
	}
	return true
}

// container writes an array or object that does not fit.
func (r *reducer) container(in element, room int) {
	isArray := r.data[in.value] == '['
	room -= len("{}") - 1 // one comma less than there are elements
	share := memberShare
	if isArray {
		share = itemShare
	}
	kept, n := r.choose(in, room, max(room/share, min(leastShare, room/leastPart)))
	r.out = append(r.out, r.data[in.value])
	begin := len(r.out)
	written := 0
	level, pool, large := waterLevel(kept, room)
	for _, e := range kept {
		if e.cost() <= level {
			r.comma(begin)
			r.out = append(r.out, r.data[e.start:e.end]...)
			written++
			continue
		}
		before := len(r.out)
		if r.smaller(e, begin, pool/large, isArray) {
			written++
			pool -= len(r.out) - before
			if before == begin {
				pool-- // for the comma that the first one has not, which room was given for
			}
		} else if isArray {
			break // what comes later would take another place
		}
		large--
	}
	r.out = append(r.out, r.data[in.end-1])
	if kind := Members; written < n {
		if isArray {
			kind = Items
		}
		r.report.add(r.path, kind, written, n)
	}
}

func (r *reducer) comma(begin int) {
	if len(r.out) > begin {
		r.out = append(r.out, ',')
	}
}

// smaller writes an element that does not fit into room with its comma, or nothing.
func (r *reducer) smaller(e element, begin, room int, isArray bool) bool {
	before := len(r.out)
	key := r.data[e.start:e.value]
	if len(key) >= room {
		return false
	}
	r.comma(begin)
	r.out = append(r.out, key...)
	r.path = append(r.path, step{key: key, item: isArray})
	ok := r.value(e, room-1-len(key))
	r.path = r.path[:len(r.path)-1]
	if !ok {
		r.out = r.out[:before]
	}
	return ok
}

// choose returns the elements that fit into room if no value takes more than share, and
// how many there are in all. Of an array they are the first ones.
func (r *reducer) choose(in element, room, share int) (kept []element, n int) {
	isArray := r.data[in.value] == '['
	n = r.elements(in, func(e element) bool {
		key := e.value - e.start
		need := min(e.cost(), max(share, key+len("{},")))
		if need > room {
			return !isArray
		}
		room -= need
		kept = append(kept, e)
		return true
	})
	return kept, n
}

// waterLevel returns the cost up to which elements stay whole, so that what they leave
// of room is enough for the larger ones to have as much; pool is what is left for
// those, whose number is large.
func waterLevel(elements []element, room int) (level, pool, large int) {
	costs := make([]int, len(elements))
	for i, e := range elements {
		costs[i] = e.cost()
	}
	slices.Sort(costs)
	for i, cost := range costs {
		if left := len(costs) - i; cost > room/left {
			return room / left, room, left
		}
		room -= cost
		level = cost
	}
	return level, room, 0
}
