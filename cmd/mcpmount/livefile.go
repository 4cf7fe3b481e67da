package main

import (
	"crypto/sha256"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// liveRest is how long the content of live files is used without a look at them.
const liveRest = time.Second

// A liveFile is a value that is read from some files, such as a certificate and its key, and
// read again when they have changed. If the new content cannot be used, that is logged once,
// and the old value stays: whoever writes two files writes one of them first. It is safe for
// concurrent use.
type liveFile[T any] struct {
	kind  string // what they hold, for the log: "certificate"
	names []string
	limit int64 // in bytes, of each
	parse func(contents [][]byte) (T, error)
	log   *slog.Logger

	mu      sync.Mutex
	current T
	used    [sha256.Size]byte // the sum of what current was made of
	tried   [sha256.Size]byte // the sum of what was parsed last
	looked  time.Time
	infos   []fs.FileInfo // of what was read last; nil if the files may change again unnoticed
	problem string        // why what was read last cannot be used, or ""
}

// open reads the files for the first time.
func (l *liveFile[T]) open() error {
	l.looked = time.Now()
	l.infos = l.look(l.looked)
	contents, sum, err := l.read()
	if err != nil {
		return err
	}
	if l.current, err = l.parse(contents); err != nil {
		return err
	}
	l.used, l.tried = sum, sum
	return nil
}

// get returns what the files hold.
func (l *liveFile[T]) get() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.looked) < liveRest {
		return l.current
	}
	l.looked = now
	infos := l.look(now)
	if infos != nil && l.infos != nil && sameFiles(infos, l.infos) {
		return l.current
	}
	l.infos = infos
	contents, sum, err := l.read()
	if err != nil {
		l.complain(err)
		return l.current
	}
	switch {
	case sum != l.tried:
		l.tried = sum
		l.use(contents)
	case sum == l.used:
		l.problem = ""
	}
	return l.current
}

// use makes contents what get returns, if that is possible.
func (l *liveFile[T]) use(contents [][]byte) {
	next, err := l.parse(contents)
	if err != nil {
		l.complain(err)
		return
	}
	l.current, l.problem = next, ""
	if l.used != l.tried {
		l.log.Info("another "+l.kind+" is used", "file", l.names[0])
	}
	l.used = l.tried
}

// complain says what is wrong, once.
func (l *liveFile[T]) complain(err error) {
	if l.problem == err.Error() {
		return
	}
	l.problem = err.Error()
	l.log.Warn("the "+l.kind+" has changed and cannot be used; the one before is", "file", l.names[0], "error", err)
}

// look returns the states of the files; nil if one is missing, or so new that it could change
// again without another time.
func (l *liveFile[T]) look(now time.Time) []fs.FileInfo {
	infos := make([]fs.FileInfo, len(l.names))
	for i, name := range l.names {
		info, err := os.Stat(name)
		if err != nil || now.Sub(info.ModTime()).Abs() < coarseTime {
			return nil
		}
		infos[i] = info
	}
	return infos
}

func (l *liveFile[T]) read() (contents [][]byte, sum [sha256.Size]byte, err error) {
	all := sha256.New()
	for _, name := range l.names {
		data, err := readSmall(name, l.limit)
		if err != nil {
			return nil, sum, err
		}
		one := sha256.Sum256(data)
		all.Write(one[:])
		contents = append(contents, data)
	}
	return contents, [sha256.Size]byte(all.Sum(nil)), nil
}

func sameFiles(a, b []fs.FileInfo) bool {
	for i := range a {
		if !sameFile(a[i], b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
