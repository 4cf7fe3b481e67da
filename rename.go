package mcpmount

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/spelling"
)

// minNameLength is the least that [Document.ShortenNames] takes: names that are
// cut need room for a word and a hash.
const minNameLength = 16

// ShortenNames makes every name in d at most max bytes long, where that is less
// than the 64 that every name has: some clients put the name of the server in
// front of it. Longer names are cut at the end of a word and get a hash; the
// others stay as they are. Names depend on all operations of d: call it before
// operations are selected. It is an error if max is not from 16 to 64.
func (d *Document) ShortenNames(max int) error {
	if max < minNameLength || max > maxNameLength {
		return fmt.Errorf("names of at most %d characters are not possible; the maximum can be %d to %d", max, minNameLength, maxNameLength)
	}
	nameOperations(d.Operations)
	taken := map[string]bool{}
	for i := range d.Operations {
		if name := d.Operations[i].Name; len(name) <= max {
			taken[strings.ToLower(name)] = true
		}
	}
	next := map[string]int{}
	for i := range d.Operations {
		op := &d.Operations[i]
		if len(op.Name) <= max {
			continue
		}
		op.Name = shortName(op.Name, max)
		if taken[strings.ToLower(op.Name)] {
			op.Name = numbered(op.Name, max, next, func(s string) bool { return taken[s] })
		}
		taken[strings.ToLower(op.Name)] = true
	}
	return nil
}

// Rename gives operations the names of tools: the keys are tool names or
// operationIds, the values the names. A name that is given this way is used as
// it is; an operation that has it already, in whatever case, and is not renamed
// itself gets a number. It is an error if a key names no operation or several,
// and if a name is not legal or given twice; all such errors are reported
// together, and nothing is renamed then.
func (d *Document) Rename(names map[string]string) error {
	nameOperations(d.Operations)
	chosen := map[int]string{} // by operation
	holder := map[string]string{}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(names)) {
		name := names[key]
		i, err := d.find(key)
		if wrong := checkName(name); err == nil && wrong != nil {
			err = fmt.Errorf("the name %w; it must have 1 to %d letters, digits, '_', '-' or '.'", wrong, maxNameLength)
		}
		if have, ok := chosen[i]; err == nil && ok {
			err = fmt.Errorf("the operation is renamed to %q already", have)
		}
		if first, ok := holder[strings.ToLower(name)]; err == nil && ok {
			err = fmt.Errorf("the name is given to %q already", first)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("rename %q to %q: %w", key, name, err))
			continue
		}
		chosen[i], holder[strings.ToLower(name)] = name, key
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	d.yieldNames(chosen)
	return nil
}

// find returns the index of the operation with a tool name or, if there is none,
// an operationId.
func (d *Document) find(key string) (int, error) {
	var known []string
	var byID []int
	for i := range d.Operations {
		op := &d.Operations[i]
		if op.Name == key {
			return i, nil
		}
		if op.ID == key && key != "" {
			byID = append(byID, i)
		}
		known = append(known, op.Name, op.ID)
	}
	switch len(byID) {
	case 0:
		return -1, fmt.Errorf("there is no such operation%s", spelling.DidYouMean(key, known))
	case 1:
		return byID[0], nil
	}
	return -1, fmt.Errorf("%d operations have this operationId; use the tool name of one, such as %q", len(byID), d.Operations[byID[0]].Name)
}

// yieldNames gives operations the names that were chosen for them, and numbers to
// the others that have one of these.
func (d *Document) yieldNames(chosen map[int]string) {
	taken, given := map[string]bool{}, map[string]bool{}
	for i := range d.Operations {
		taken[strings.ToLower(d.Operations[i].Name)] = true
	}
	for _, name := range chosen {
		taken[strings.ToLower(name)], given[strings.ToLower(name)] = true, true
	}
	next := map[string]int{}
	for i := range d.Operations {
		op := &d.Operations[i]
		if name, ok := chosen[i]; ok {
			op.Name = name
		} else if given[strings.ToLower(op.Name)] {
			op.Name = numbered(op.Name, maxNameLength, next, func(s string) bool { return taken[s] })
			taken[strings.ToLower(op.Name)] = true
		}
	}
}
