package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// A spinner has connections that one goroutine serves, and does not sleep when nothing
// has arrived. Who sends an answer over loopback to somebody who sleeps pays for waking
// him, which over a network is no matter of the server; and the slower a server is, the
// more of its clients sleep.
type spinner struct {
	epoll int
	conns []spun
	ready []unix.EpollEvent
}

// A spun is a connection of a spinner.
type spun struct {
	fd     int
	unsent []byte // of the request
	sent   time.Time
	arrival
}

// newSpinner takes connections over from the runtime, which would ask for their
// arrivals too.
func newSpinner(conns []*connection) (*spinner, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	s := &spinner{epoll: epoll, ready: make([]unix.EpollEvent, 64)}
	for i, c := range conns {
		fd, err := descriptor(c.net)
		if err != nil {
			s.close()
			return nil, err
		}
		c.close()
		s.conns = append(s.conns, spun{fd: fd, arrival: newArrival()})
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(i)}
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
			s.close()
			return nil, fmt.Errorf("epoll: %w", err)
		}
	}
	return s, nil
}

// descriptor returns another descriptor of a connection.
func descriptor(c net.Conn) (fd int, err error) {
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	dupErr := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(err, dupErr)
}

func (s *spinner) close() {
	for _, c := range s.conns {
		_ = unix.Close(c.fd)
	}
	_ = unix.Close(s.epoll)
}

// spin is run without sleep.
func (f *fleet) spin(ctx context.Context, d time.Duration) (*run, error) {
	total, conns := &run{}, f.awake.conns
	begin := time.Now()
	end := begin.Add(d)
	for i := range conns {
		if err := conns[i].send(f.requests[i%len(f.requests)]); err != nil {
			return total, err
		}
	}
	for busy := len(conns); busy > 0; {
		events, err := f.awake.poll(ctx)
		if err != nil {
			return total, err
		}
		if len(events) == 0 && time.Since(end) > time.Minute {
			return total, errors.New("there is no response for a minute")
		}
		for _, event := range events {
			ended, err := f.advance(int(event.Fd), end, total)
			if err != nil {
				return total, err
			}
			if ended {
				busy--
			}
		}
	}
	total.took = time.Since(begin)
	return total, nil
}

// advance continues the exchange of connection i, and begins the next one unless it has
// come to the end.
func (f *fleet) advance(i int, end time.Time, total *run) (ended bool, err error) {
	c := &f.awake.conns[i]
	res, complete, err := c.proceed()
	if err != nil || !complete {
		return false, err
	}
	at := time.Now()
	if err := f.want[i%len(f.want)].check(res); err != nil {
		return false, err
	}
	total.latency.add(at.Sub(c.sent))
	total.received += int64(len(res.body))
	if !at.Before(end) {
		return true, nil
	}
	return false, c.send(f.requests[i%len(f.requests)])
}

// poll returns what has happened since it was called last, which may be nothing.
func (s *spinner) poll(ctx context.Context) ([]unix.EpollEvent, error) {
	n, err := unix.EpollWait(s.epoll, s.ready, 0)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return s.ready[:max(n, 0)], context.Cause(ctx)
}

// send begins to send a request.
func (c *spun) send(request []byte) error {
	c.begin()
	c.sent, c.unsent = time.Now(), request
	return c.flush()
}

// flush sends what can be sent of the request.
func (c *spun) flush() error {
	for len(c.unsent) > 0 {
		n, err := unix.Write(c.fd, c.unsent)
		switch {
		case err == nil:
			c.unsent = c.unsent[n:]
		case errors.Is(err, unix.EAGAIN):
			return nil
		case !errors.Is(err, unix.EINTR):
			return fmt.Errorf("send the request: %w", err)
		}
	}
	return nil
}

// proceed sends and reads what it can, and returns the response if that is complete. An
// event is reported once: what is there has to be read until there is no more, unless
// the response is complete, which nothing follows.
func (c *spun) proceed() (res response, complete bool, err error) {
	if err := c.flush(); err != nil {
		return res, false, err
	}
	for {
		space := c.space()
		n, err := unix.Read(c.fd, space)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return res, false, nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return res, false, fmt.Errorf("read the response: %w", err)
		case n == 0:
			return res, false, fmt.Errorf("read the response: %w", io.ErrUnexpectedEOF)
		}
		c.add(n)
		if res, complete, err = c.response(); complete || err != nil {
			return res, complete, err
		}
	}
}
