package scan

// A branchLog has the values that variables had before a branch changed them.
type branchLog struct {
	old   map[*cell]value
	order []*cell
}

// assign gives a variable a value. What a branch changes that it does not declare is written down, since
// it may be as it was afterwards.
func (m *machine) assign(c *cell, v value) {
	if n := len(m.branches); n > 0 && c.branch < n {
		m.branches[n-1].note(c, c.value)
	}
	c.value = v
}

// note keeps the value that a variable had first.
func (l *branchLog) note(c *cell, old value) {
	if _, ok := l.old[c]; !ok {
		l.old[c] = old
		l.order = append(l.order, c)
	}
}

// maybe executes something that the program may or may not do.
func (m *machine) maybe(run func()) { m.either(false, run) }

// either executes things of which the program does one, each from the same values; or
// none, unless one is certain. Then a variable has one of the values that they gave it.
func (m *machine) either(certain bool, runs ...func()) {
	all := &branchLog{old: map[*cell]value{}}
	results := make([]map[*cell]value, len(runs))
	for i, run := range runs {
		log := &branchLog{old: map[*cell]value{}}
		m.branches = append(m.branches, log)
		run()
		m.branches = m.branches[:len(m.branches)-1]
		results[i] = map[*cell]value{}
		for _, c := range log.order {
			results[i][c] = c.value
			c.value = log.old[c]
			all.note(c, c.value)
		}
	}
	for _, c := range all.order {
		var v value
		joined := false
		add := func(one value) {
			if joined {
				one = join(v, one)
			}
			v, joined = one, true
		}
		for _, result := range results {
			if one, ok := result[c]; ok {
				add(one)
			} else {
				add(all.old[c])
			}
		}
		if !certain {
			// What it had before comes first.
			v = join(all.old[c], v)
		}
		m.assign(c, v)
	}
}
