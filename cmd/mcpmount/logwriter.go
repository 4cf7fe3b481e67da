package main

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	// logPatience is how long a line of the log waits for its reader.
	logPatience = 100 * time.Millisecond

	// maxUnread bounds the lines that wait for one that has stopped: some ten thousand calls.
	maxUnread = 4 << 20

	// lastWords is how long the end of a server waits for them to be read.
	lastWords = time.Second
)

// A logWriter writes the lines of a log. Usually a line is written when Write returns, so that
// nothing is lost if the process ends. But nobody waits for a reader that has stopped, such as a
// collector that hangs, or a client that never reads: a server has calls to answer. Lines then
// wait in memory, and those beyond maxUnread are lost, which is said in their place.
type logWriter struct {
	to   io.Writer
	lost func(lines int) []byte // the line that says so

	mu      sync.Mutex
	lines   [][]byte
	size    int           // of lines, in bytes
	missing int           // how many were lost since it was said last
	written chan struct{} // closed when all are written; nil if they are
	stuck   bool          // the reader has stopped, and has not caught up yet
}

// Write implements [io.Writer] for whole lines. It never fails: whoever reads may have gone.
func (w *logWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	w.add(line)
	written, stuck := w.written, w.stuck
	w.mu.Unlock()
	if !stuck {
		w.await(written)
	}
	return len(line), nil
}

func (w *logWriter) add(line []byte) {
	if w.written != nil && w.size+len(line) > maxUnread {
		w.missing++
		return
	}
	w.tell()
	w.lines = append(w.lines, bytes.Clone(line))
	w.size += len(line)
	if w.written == nil {
		w.written = make(chan struct{})
		go w.write()
	}
}

// tell adds a line about those that were lost, if any were.
func (w *logWriter) tell() {
	if w.missing > 0 {
		line := w.lost(w.missing)
		w.lines = append(w.lines, line)
		w.size += len(line)
		w.missing = 0
	}
}

// write writes the lines until there are none.
func (w *logWriter) write() {
	for line := w.next(); line != nil; line = w.next() {
		_, _ = w.to.Write(line)
	}
}

// next takes the first line, nil if there is none.
func (w *logWriter) next() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lines) == 0 {
		w.tell()
	}
	if len(w.lines) == 0 {
		close(w.written)
		w.lines, w.written, w.stuck = nil, nil, false
		return nil
	}
	line := w.lines[0]
	w.lines = w.lines[1:]
	w.size -= len(line)
	return line
}

// await waits until the lines are written, if that does not take too long.
func (w *logWriter) await(written <-chan struct{}) {
	timer := time.NewTimer(logPatience)
	defer timer.Stop()
	select {
	case <-written:
	case <-timer.C:
		w.mu.Lock()
		w.stuck = w.written == written
		w.mu.Unlock()
	}
}

// flush waits for lines that are not written yet, but not for long.
func (w *logWriter) flush() {
	w.mu.Lock()
	written := w.written
	w.mu.Unlock()
	if written == nil {
		return
	}
	select {
	case <-written:
	case <-time.After(lastWords):
	}
}

// lostLines returns the line of the log that says how many others there would have been.
func (f *logFlags) lostLines(n int) []byte {
	var line bytes.Buffer
	f.logger(&line).Error("lines of the log were lost: nobody read it for a while", "lines", n)
	return line.Bytes()
}
