package main

import (
	"net/http"
	"sync"
)

// A witness is a transport that sees whether a request was made.
type witness struct {
	next http.RoundTripper

	mu     sync.Mutex
	called bool
	err    error
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.called, w.err = true, err
	return res, err
}

// says reports whether a request was made, and why it was not answered.
func (w *witness) says() (called bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.called, w.err
}
