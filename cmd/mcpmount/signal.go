package main

import (
	"os"
	"os/signal"
	"syscall"
)

// Signals that would end a server, and must not.
type withstood struct{ pipe, hangup chan os.Signal }

// withstand keeps the process alive, until stop, when whoever reads its log has gone (SIGPIPE), and
// when it is told to read anew (SIGHUP) before it can.
func withstand() *withstood {
	w := &withstood{make(chan os.Signal, 1), make(chan os.Signal, 1)}
	signal.Notify(w.pipe, syscall.SIGPIPE)
	signal.Notify(w.hangup, syscall.SIGHUP)
	return w
}

// pass tells those who follow by now of a SIGHUP that came before.
func (w *withstood) pass() {
	select {
	case hangup := <-w.hangup:
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Signal(hangup) // it has come, so that it can be sent
		}
	default:
	}
}

func (w *withstood) stop() {
	signal.Stop(w.pipe)
	signal.Stop(w.hangup)
}
