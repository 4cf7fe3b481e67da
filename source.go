package mcpmount

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// A source guards the reading of Options.Source.
type source struct {
	turn chan struct{} // holds one token: whoever has it may read
	read atomic.Bool   // whether reading succeeded once

	// err and at are the last failure; they belong to whoever has the token.
	err error
	at  time.Time
}

// retrySource is how long a failure to read the source stands for the requests
// that come after it.
const retrySource = 5 * time.Second

func newSource() *source {
	s := &source{turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	return s
}

// acquire waits for the token.
func (s *source) acquire(ctx context.Context) error {
	select {
	case <-s.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *source) release() { s.turn <- struct{}{} }

// Refresh reads Options.Source and serves what it returns. On error, what was
// served before stays. It does nothing if there is no Source.
func (s *Server) Refresh(ctx context.Context) error {
	if s.opts.Source == nil {
		return nil
	}
	if err := s.source.acquire(ctx); err != nil {
		return err
	}
	defer s.source.release()
	return s.refresh(ctx)
}

// refresh is Refresh for whoever has the token.
func (s *Server) refresh(ctx context.Context) error {
	raw, err := s.opts.Source(ctx)
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	doc, err := ParseOpenAPI(raw)
	if err != nil {
		return err
	}
	if s.opts.Edit != nil {
		if doc, err = s.opts.Edit(doc); err != nil {
			return fmt.Errorf("edit the document: %w", err)
		}
	}
	if err := s.Update(doc); err != nil {
		return err
	}
	s.source.read.Store(true)
	return nil
}

// ready sees to it that Options.Source was read: by one request, while the
// others wait. Where there is a document already, a failure is only logged.
func (s *Server) ready(ctx context.Context) error {
	var err error
	if s.opts.Source != nil && !s.source.read.Load() {
		err = s.firstRead(ctx)
	}
	s.checkMux()
	return err
}

// firstRead reads Options.Source, unless another request has done so meanwhile.
func (s *Server) firstRead(ctx context.Context) error {
	if err := s.source.acquire(ctx); err != nil {
		return err
	}
	defer s.source.release()
	if s.source.read.Load() {
		return nil
	}
	if time.Since(s.source.at) >= retrySource {
		readCtx, cancel := withCallTimeout(context.WithoutCancel(ctx), s.opts.Limits.CallTimeout)
		defer cancel()
		if s.source.err = s.refresh(readCtx); s.source.err == nil {
			return nil
		}
		s.source.at = time.Now()
		s.logger.ErrorContext(ctx, "the document cannot be served", "error", s.source.err)
	}
	if s.set.Load() != nil {
		return nil
	}
	return s.source.err
}
