package reduce

// Prune returns v without the members of objects that are null, "", [] or {}, or become
// that. Items of arrays keep their places, and v itself stays.
func (v Value) Prune() Value {
	p := pruning{data: v.data, out: make([]byte, 0, len(v.data))}
	p.value(0)
	return Value{p.out}
}

// A pruning is one pass over a value.
type pruning struct{ data, out []byte }

// value writes the value at pos, and returns its end and whether it is empty.
func (p *pruning) value(pos int) (end int, empty bool) {
	switch p.data[pos] {
	case '{':
		return p.object(pos)
	case '[':
		return p.array(pos)
	}
	end = scalarEnd(p.data, pos)
	text := p.data[pos:end]
	p.out = append(p.out, text...)
	return end, string(text) == "null" || string(text) == `""`
}

func (p *pruning) object(pos int) (end int, empty bool) {
	p.out = append(p.out, '{')
	begin := len(p.out)
	for pos++; p.data[pos] != '}'; {
		undo := len(p.out)
		if undo > begin {
			p.out = append(p.out, ',')
		}
		value := stringEnd(p.data, pos) + 1
		p.out = append(p.out, p.data[pos:value]...)
		if pos, empty = p.value(value); empty {
			p.out = p.out[:undo]
		}
		if p.data[pos] == ',' {
			pos++
		}
	}
	empty = len(p.out) == begin
	p.out = append(p.out, '}')
	return pos + 1, empty
}

func (p *pruning) array(pos int) (end int, empty bool) {
	p.out = append(p.out, '[')
	begin := len(p.out)
	for pos++; p.data[pos] != ']'; {
		if p.data[pos] == ',' {
			p.out = append(p.out, ',')
			pos++
		}
		pos, _ = p.value(pos)
	}
	empty = len(p.out) == begin
	p.out = append(p.out, ']')
	return pos + 1, empty
}
