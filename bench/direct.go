package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// A direct is a handler that is called without a network: what it costs apart from
// connections and HTTP.
type direct struct {
	Subject string
	Era     era
	Work    string
	Samples []directSample
}

// A directSample is what a call took in one round.
type directSample struct {
	Time               time.Duration // per call
	Allocations, Bytes float64       // per call
}

// directWork is what is measured: whose route or tool it is, how, and of a server
// with how many tools.
var directWork = []struct {
	subject
	era
	work
}{
	{plainREST, rest, smallCall()},
	{inProcess, stateless, smallCall()},
	{inProcess, modern, smallCall()},
	{trivial, stateless, smallCall()},
	{trivial, modern, smallCall()},
	{goSDK, stateless, smallCall()},
	{goSDK, modern, smallCall()},
	{mcpGo, stateless, smallCall()},
	{plainREST, rest, largeAnswer()},
	{inProcess, stateless, largeAnswer()},
	{goSDK, stateless, largeAnswer()},
	{inProcess, stateless, list(1)},
	{inProcess, stateless, list(1000)},
}

// directs measures the handlers in rounds, each in another order. Each sample is a
// process of its own: next to all the others, the garbage collector would have their
// memory to go through for the garbage of the one that is called.
func (b *bench) directs(ctx context.Context) ([]*direct, error) {
	fmt.Fprintln(b.progress, "the handlers alone")
	var all []*direct
	for _, w := range directWork {
		all = append(all, &direct{Subject: w.subject.name, Era: w.era, Work: w.work.name})
	}
	for range b.rounds {
		for _, i := range rand.Perm(len(all)) {
			var s directSample
			if err := b.run(ctx, &s, "direct", strconv.Itoa(i), b.slice.String()); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", all[i].Subject, all[i].Work, err)
			}
			all[i].Samples = append(all[i].Samples, s)
		}
	}
	return all, nil
}

// measureDirect is the child process: one sample. args are the index of the work, and
// the time to do it for.
func measureDirect(args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("direct has %d arguments, not an index and a time", len(args))
	}
	i, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil || i >= uint64(len(directWork)) {
		return fmt.Errorf("there is no direct work %q", args[0])
	}
	d, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	w := directWork[i]
	c, err := newCaller(w.subject, w.era, w.work)
	if err != nil {
		return err
	}
	if _, err := c.sample(d / 2); err != nil { // warms up
		return err
	}
	s, err := c.sample(d)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(s)
}

// A caller calls a handler with the same request again and again.
type caller struct {
	handler http.Handler
	request *http.Request // without its body
	body    string
	want    expectation

	// What a call needs is not made anew for each: the handler is what is measured.
	sent    http.Request
	content sentBody
	answer  recorder
}

// A sentBody is the body of a request.
type sentBody struct{ strings.Reader }

func (*sentBody) Close() error { return nil }

func newCaller(s subject, e era, w work) (*caller, error) {
	handler, err := s.handler(spec{Tools: w.tools})
	if err != nil {
		return nil, err
	}
	if w, err = w.solved(); err != nil {
		return nil, err
	}
	c := &caller{handler: handler, body: w.body, answer: recorder{header: http.Header{}}}
	method, path, header := w.method, w.path, [][2]string{}
	if e != rest {
		method, path, c.body, header = http.MethodPost, s.path(e), w.message.body(e), w.header(e, "")
	}
	// What net/http says of a connection, since servers look at it.
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	ctx := context.WithValue(context.Background(), http.LocalAddrContextKey, net.Addr(local))
	if c.request, err = http.NewRequestWithContext(ctx, method, "http://127.0.0.1:8080"+path, nil); err != nil {
		return nil, err
	}
	c.request.RemoteAddr, c.request.RequestURI = "127.0.0.1:40000", path
	c.request.ContentLength = int64(len(c.body))
	for _, field := range header {
		c.request.Header.Set(field[0], field[1])
	}
	c.want = expectation{mark: []byte(w.mark)}
	c.call()
	if err := w.check(e, c.response(), !s.textOnly); err != nil {
		return nil, err
	}
	c.want = expect(w, c.response())
	return c, nil
}

// call calls the handler.
func (c *caller) call() {
	clear(c.answer.header)
	c.answer.status, c.answer.body = http.StatusOK, c.answer.body[:0]
	c.content.Reset(c.body)
	c.sent = *c.request // handlers may have changed it
	c.sent.Body = &c.content
	c.handler.ServeHTTP(&c.answer, &c.sent)
}

func (c *caller) response() response {
	head := "Content-Type: " + c.answer.header.Get("Content-Type") + "\r\n"
	return response{status: c.answer.status, head: []byte(head), body: c.answer.body}
}

// sample calls the handler for about d, and checks each answer.
func (c *caller) sample(d time.Duration) (directSample, error) {
	before, cpu := currentMemory(), processTime()
	calls := 0
	for begin := time.Now(); calls == 0 || time.Since(begin) < d; calls++ {
		c.call()
		if err := c.want.check(response{status: c.answer.status, body: c.answer.body}); err != nil {
			return directSample{}, err
		}
	}
	took, after := processTime()-cpu, currentMemory()
	return directSample{
		Time:        took / time.Duration(calls),
		Allocations: float64(after.Allocations-before.Allocations) / float64(calls),
		Bytes:       float64(after.Bytes-before.Bytes) / float64(calls),
	}, nil
}

// processTime is the time that this process has run, that of its collector of
// garbage included; where the system does not tell, the time that has passed.
func processTime() time.Duration {
	t, err := cpuTime(os.Getpid())
	if err != nil {
		return time.Duration(time.Now().UnixNano())
	}
	return t
}
