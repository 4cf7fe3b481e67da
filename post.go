package mcpmount

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
)

// servePOST answers the messages that a client sends.
func (d *frontDoor) servePOST(w http.ResponseWriter, r *http.Request) {
	if !d.server.opts.Stateless && r.URL.Query().Has(sseSessionParam) {
		d.sse.ServeHTTP(w, r)
		return
	}
	body, ok := d.readBody(w, r)
	if !ok {
		return
	}
	m, err := parseEnvelope(body)
	if err != nil {
		writeError(w, http.StatusBadRequest, m.id, err.code, err.message)
		return
	}
	if !d.knows(w, r, m.id) || d.challenged(w, r, m) {
		return
	}
	if !d.gate.enter() { // not before there is a message: Shutdown would wait for who does not send it
		shuttingDown(w)
		return
	}
	leave := sync.OnceFunc(d.gate.leave)
	defer leave()
	h, inSession := d.era(r, m)
	c := caller{request: r, leave: leave}
	if inSession {
		s, ok := d.enterSession(w, r, m, &c)
		if !ok {
			return
		}
		defer s.leave()
		c.gone = s.life
	} else if m.method == "subscriptions/listen" { // which lasts like a session
		place := d.table.open(d.principalOf(r))
		if place == nil {
			tooManySessions(w, m.id)
			return
		}
		defer place.leave()
		valid, expire := whileValid(r)
		defer expire()
		r = valid
	}
	if h != d.plain {
		var cancel func()
		r, c.stream, cancel = d.stream(w, r)
		defer cancel()
		if m.calls > 0 && m.method != "initialize" { // whose answer has headers of its own
			c.stream.keepAlive(d.server.opts.KeepAlive, true)
		}
		c.request, w = r, c.stream
	}
	if !inSession {
		c.gone = d.server.goneFor(r.Context(), isModern(r))
	}
	in := d.inward(r, body, c)
	if c.opens != nil {
		lent := lend(in.Context())
		defer lent.takeBack()
		in = in.WithContext(lent)
	}
	out := newReply(w, r, m)
	h.ServeHTTP(out, in)
	if out.status == 0 && r.Context().Err() == nil {
		c.stream.begin() // the session has ended: a stream without an answer is what its other calls have
	}
	if out.settled(r) {
		c.ticket.giveAll()
	} else {
		c.ticket.expire()
	}
}

// challenged answers a call of a tool that the caller lacks scopes for, and
// reports whether it has.
func (d *frontDoor) challenged(w http.ResponseWriter, r *http.Request, m envelope) bool {
	if m.method != "tools/call" {
		return false
	}
	t := d.server.tool(m.name)
	if t == nil || !d.authorizer.challenge(w, r, t.scopes, d.server.set.Load()) {
		return false
	}
	d.observeChallenge(r, t)
	return true
}

// enterSession enters the session of m, or a new one, and notes that in c. The
// session must be left. If it reports false, it has answered.
func (d *frontDoor) enterSession(w http.ResponseWriter, r *http.Request, m envelope, c *caller) (*session, bool) {
	p := d.principalOf(r)
	id := r.Header.Get(sessionHeader)
	if id == "" {
		c.opens = d.table.open(p)
		if c.opens == nil {
			tooManySessions(w, m.id)
		}
		return c.opens, c.opens != nil
	}
	s, t, ok := d.table.enter(id, p, m.requests)
	switch {
	case s == nil:
		noSession(w, m.id)
	case !ok:
		tooManyMessages(w, m.id)
	default:
		c.ticket = t
		return s, true
	}
	return nil, false
}

// readBody checks the type of the body and reads it within the limit. The type
// is required: a page in a browser cannot send application/json to another
// origin unasked.
func (d *frontDoor) readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		writeError(w, http.StatusUnsupportedMediaType, nil, codeInvalidRequest, "Content-Type must be application/json")
		return nil, false
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		writeError(w, http.StatusUnsupportedMediaType, nil, codeInvalidRequest, "the body must not be compressed")
		return nil, false
	}
	limit := d.server.opts.Limits.MaxRequestBytes
	if r.ContentLength > limit {
		d.tooLarge(w, limit)
		return nil, false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		writeError(w, http.StatusBadRequest, nil, codeParse, "the body could not be read")
	case int64(len(body)) > limit:
		d.tooLarge(w, limit)
	default:
		return body, true
	}
	return nil, false
}

func (d *frontDoor) tooLarge(w http.ResponseWriter, limit int64) {
	w.Header().Set("Connection", "close")
	writeError(w, http.StatusRequestEntityTooLarge, nil, codeInvalidRequest, fmt.Sprintf("a message has at most %d bytes", limit))
}

// era returns the handler for a POST with the messages m, and whether it
// belongs to a session. Clients send Mcp-Method in older eras too, so that it
// decides nothing.
func (d *frontDoor) era(r *http.Request, m envelope) (h http.Handler, session bool) {
	switch {
	case isModern(r) || d.server.opts.Stateless:
		return d.statelessFor(r, m), false
	case r.Header.Get(sessionHeader) != "", m.method == "initialize":
		return d.sessions, true
	default:
		return d.statelessFor(r, m), false
	}
}

// statelessFor returns the handler that answers with SSE if the caller listens,
// wants to hear of the call meanwhile, or calls a hand-written tool, which may
// have something to say; else the one that answers with JSON.
func (d *frontDoor) statelessFor(r *http.Request, m envelope) http.Handler {
	streams := m.hears || m.batch || m.method == "tools/call" && d.server.handWritten(m.name)
	switch {
	case m.method == "subscriptions/listen", (streams || !accepts(r, "application/json")) && accepts(r, "text/event-stream"):
		return d.stateless
	default:
		return d.plain
	}
}

// inward returns r as the SDK gets it: with the body that was read, with an
// Accept header that it takes, and with the caller.
func (d *frontDoor) inward(r *http.Request, body []byte, c caller) *http.Request {
	outer := caller{request: r, opens: c.opens, stream: c.stream}
	in := r.WithContext(context.WithValue(withCaller(r.Context(), outer), d.tokenKey, c.tokenInfo()))
	in.Header = r.Header.Clone()
	in.Header.Set("Accept", "application/json, text/event-stream")
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.ContentLength = int64(len(body))
	return in
}

// names reports whether the caller of r asks for a media type by its name.
func names(r *http.Request, mediaType string) bool {
	return strings.Contains(strings.ToLower(strings.Join(r.Header.Values("Accept"), ",")), mediaType)
}

// accepts reports whether the caller of r takes a media type. Someone who does
// not say takes JSON.
func accepts(r *http.Request, mediaType string) bool {
	values := r.Header.Values("Accept")
	if len(values) == 0 {
		return mediaType == "application/json"
	}
	kind, _, _ := strings.Cut(mediaType, "/")
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			t, _, _ := strings.Cut(item, ";")
			switch strings.ToLower(strings.TrimSpace(t)) {
			case mediaType, kind + "/*", "*/*":
				return true
			}
		}
	}
	return false
}
