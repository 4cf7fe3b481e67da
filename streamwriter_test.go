package mcpmount

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// A deafWriter is a connection to a client that takes some bytes and then no
// more.
type deafWriter struct {
	*httptest.ResponseRecorder
	room     int
	deadline time.Time
	sizes    []int
}

func (w *deafWriter) SetWriteDeadline(deadline time.Time) error {
	w.deadline = deadline
	return nil
}

func (w *deafWriter) Write(p []byte) (int, error) {
	w.sizes = append(w.sizes, len(p))
	if w.room -= len(p); w.room >= 0 {
		return w.ResponseRecorder.Write(p)
	}
	if w.deadline.IsZero() {
		select {} // for ever: the bubble is deadlocked
	}
	time.Sleep(time.Until(w.deadline))
	return 0, os.ErrDeadlineExceeded
}

func TestStreamWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &deafWriter{ResponseRecorder: httptest.NewRecorder(), room: 2*stallBytes + 10}
		w := newStreamWriter(client, func() {})
		long := bytes.Repeat([]byte("x"), stallBytes+10)
		if n, err := w.Write(long); n != len(long) || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
		if err := http.NewResponseController(w).Flush(); err != nil || !client.Flushed {
			t.Errorf("Flush = %v, flushed %v", err, client.Flushed)
		}
		if !client.deadline.IsZero() {
			t.Error("a deadline stays when nothing is written")
		}
		start := time.Now()
		if n, err := w.Write(long); n != stallBytes || err == nil {
			t.Errorf("Write to a client that does not read = %d, %v", n, err)
		}
		if took := time.Since(start); took != stallTimeout {
			t.Errorf("gave up after %v, want %v", took, stallTimeout)
		}
	})
}
