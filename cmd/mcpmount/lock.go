package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"

	"github.com/mcpmount/mcpmount"
)

// maxLock bounds a lock file: one of 100,000 tools has half of it.
const maxLock = 128 << 20

// lockFlags say which tools somebody has looked at.
type lockFlags struct {
	Lock string `placeholder:"FILE" help:"serve the tools in FILE only, and only as they are there: see tools --lock"`
}

// A lock is what somebody has looked at and found good.
type lock struct {
	name string
	mcpmount.Fingerprints
}

// readLock reads a lock file.
func readLock(name string) (*lock, error) {
	l := &lock{name: name}
	data, err := readSmall(name, maxLock)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail("mcpmount tools --lock "+name+" DOCUMENT writes it", "there is no lock file %s", name)
	}
	if err != nil {
		return nil, fail("", "lock file: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l.Fingerprints); err != nil || l.Tools == nil {
		return nil, fail("name the file that mcpmount tools --lock wrote, or remove this one", "%s is not a lock file", name)
	}
	return l, nil
}

// write writes l.
func (l *lock) write() error {
	data, err := json.MarshalIndent(l.Fingerprints, "", "  ")
	if err != nil {
		return err
	}
	if err := writeWhole(l.name, append(data, '\n')); err != nil {
		return fail("", "write lock file: %w", err)
	}
	return nil
}

// keep leaves in src the operations that are locked, and returns the names of
// those that are not.
func (l *lock) keep(src *source) (unlocked []string) {
	src.doc.Operations = slices.DeleteFunc(src.doc.Operations, func(op mcpmount.Operation) bool {
		_, ok := l.Tools[op.Name]
		if !ok {
			unlocked = append(unlocked, op.Name)
		}
		return !ok
	})
	slices.Sort(unlocked)
	return unlocked
}

// compare returns an error if srv does not serve what is locked. It has no other operations
// (keep), but may have tools that stand for some.
func (l *lock) compare(srv *mcpmount.Server) error {
	served := srv.Fingerprints()
	changes := l.Changes(served)
	for _, name := range slices.Sorted(maps.Keys(served.Tools)) {
		if _, ok := l.Tools[name]; !ok {
			changes = append(changes, name+" (new)")
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return fail("look at them (mcpmount tools, with the same flags), then accept them: add --lock "+l.name,
		"not as they are in %s: %s", l.name, shorten(changes))
}

// hold leaves in src what the lock file has, if there is one, and returns it. It is
// read anew, since somebody may have accepted more.
func (f *lockFlags) hold(src *source, log *slog.Logger) (*lock, error) {
	if f.Lock == "" {
		return nil, nil
	}
	l, err := readLock(f.Lock)
	if err != nil {
		return nil, err
	}
	if unlocked := l.keep(src); len(unlocked) > 0 {
		log.Warn("operations that are not in the lock file are not served", "lock", l.name, "operations", shorten(unlocked),
			"hint", "mcpmount tools --lock "+l.name+", with the same flags, adds them")
	}
	if len(src.doc.Operations) == 0 {
		return nil, fail("mcpmount tools --lock "+l.name+" "+src.name+", with the same flags", "%s has none of the operations of %s", l.name, src.name)
	}
	return l, nil
}

// lockTools writes what srv serves to a lock file, and tells w what changed.
func lockTools(name string, srv *mcpmount.Server, t *terminal) error {
	next := &lock{name, srv.Fingerprints()}
	old, err := readLock(name)
	if err == nil {
		if changes := old.Changes(next.Fingerprints); len(changes) > 0 {
			fmt.Fprintf(t.stderr, "mcpmount: changed since it was locked: %s\n", printable(shorten(changes)))
		}
	} else if _, missing := os.Stat(name); missing == nil {
		return err // another file, which must not be lost
	}
	if err := next.write(); err != nil {
		return err
	}
	fmt.Fprintf(t.stderr, "mcpmount: %s in %s\n", count(len(next.Tools), "definition"), name)
	return nil
}
