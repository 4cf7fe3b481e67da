package mcpmount

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/mcpmount/mcpmount/internal/tree"
)

// servePOST answers the messages that a client sends.
func (d *frontDoor) servePOST(w http.ResponseWriter, r *http.Request, head *letterhead) {
	if !d.server.opts.Stateless && hasSSESession(r) {
		d.sse.ServeHTTP(w, r)
		return
	}
	body, ok := d.readBody(w, r, head)
	if !ok {
		return
	}
	defer d.buffers.put(body)
	m, err := parseEnvelope(&body.parser, body.bytes)
	if err != nil {
		writeError(w, http.StatusBadRequest, m.id, err.code, err.message)
		return
	}
	if m.method == "tools/call" {
		m.tool = d.server.tool(m.name)
		d.server.unwrap(&m)
	}
	if !d.knows(w, head.version, m.id) || d.challenged(w, r, &m) {
		return
	}
	if !d.gate.enter() { // not before there is a message: Shutdown would wait for who does not send it
		shuttingDown(w)
		return
	}
	if d.handle(w, r, head, &m, body) {
		body.parser.Recycle()
	}
}

// handle answers the message m, which body holds. It reports whether it did so without
// the SDK, which may keep parts of what it gets.
func (d *frontDoor) handle(w http.ResponseWriter, r *http.Request, head *letterhead, m *envelope, body *buffer) (alone bool) {
	c := caller{request: r, bare: head.bare}
	listens := m.method == "subscriptions/listen"
	if listens {
		c.inside = &visit{gate: &d.gate}
	}
	defer d.gate.depart(c.inside)
	h := d.handlerFor(head, m)
	switch {
	case h == d.sessions:
		s, ok := d.enterSession(w, r, head.session, m, &c)
		if !ok {
			return false
		}
		defer s.leave()
		c.gone, c.session = s.life, s
		s.hear(m)
	case listens && !d.streams(w):
		noStream(w, http.StatusNotImplemented, m.id)
		return false
	case listens: // which lasts like a session
		valid, end := d.reserve(w, r, m)
		if valid == nil {
			return false
		}
		defer end()
		r = valid
	}
	if d.fast.serve(w, r, head, m, body, &c, h) {
		return true
	}
	d.delegate(w, r, *m, body.bytes, c, h)
	return false
}

// reserve takes a place in the session table for the message m, until the function that it
// returns is called. The request that it returns ends when the credential of r does. If
// there is no place, it has answered, and returns nil.
func (d *frontDoor) reserve(w http.ResponseWriter, r *http.Request, m *envelope) (*http.Request, func()) {
	place := d.table.open(d.principalOf(r))
	if place == nil {
		tooManySessions(w, m.id)
		return nil, nil
	}
	valid, expire := whileValid(r)
	return valid, func() {
		expire()
		place.leave()
	}
}

// delegate has the handler h of the SDK answer the message m of c, which body holds.
func (d *frontDoor) delegate(w http.ResponseWriter, r *http.Request, m envelope, body []byte, c caller, h http.Handler) {
	if c.session != nil && c.opens == nil {
		c.ticket = c.session.ticket(m.requests)
	}
	if c.session != nil && m.id != nil && m.method != "" {
		id := idOf(m.id)
		if !c.session.underWay.begin(id, nil) {
			c.ticket.giveAll()
			duplicateID(w, m.id)
			return
		}
		defer c.session.underWay.end(id)
	}
	if h != d.plain { // the answer may be a stream
		var cancel func()
		r, c.stream, cancel = d.stream(w, r)
		defer cancel()
		if m.calls > 0 && m.method != "initialize" { // whose answer has headers of its own
			c.stream.keepAlive(d.server.opts.KeepAlive, true)
		}
		c.request, w = r, c.stream
	}
	if c.session == nil {
		c.gone = d.server.goneFor(r.Context(), isModern(r)) // again: the stream has an end of its own
	}
	in := d.inward(r, d.concealed(r, &m, body), c)
	if c.opens != nil {
		lent := lend(in.Context(), d.tokenKey)
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
func (d *frontDoor) challenged(w http.ResponseWriter, r *http.Request, m *envelope) bool {
	if m.tool == nil || !d.authorizer.challenge(w, r, m.tool.scopes, d.server.set.Load()) {
		return false
	}
	d.observeChallenge(r, m.tool, m)
	return true
}

// concealed returns the message m, which body holds, as the SDK gets it. The SDK compares
// the arguments with the headers before it asks whether the caller may know the tool,
// and its error would name arguments: those of a hidden tool are left out.
func (d *frontDoor) concealed(r *http.Request, m *envelope, body []byte) []byte {
	if !isModern(r) || m.tool == nil || !m.tool.mirrors || d.authorizer.grants(r.Context(), m.tool.scopes) {
		return body
	}
	params := slices.DeleteFunc(slices.Clone(m.params.Members), func(p tree.Member) bool { return p.Key == "arguments" })
	params = append(params, tree.Member{Key: "arguments", Value: tree.NewArray()}) // with which the SDK compares nothing
	members := []tree.Member{
		{Key: "jsonrpc", Value: tree.NewString("2.0")}, {Key: "method", Value: tree.NewString(m.method)}, {Key: "params", Value: tree.NewObject(params...)},
	}
	if m.id != nil {
		members = append(members, tree.Member{Key: "id", Value: m.id})
	}
	return tree.NewObject(members...).JSON()
}

// enterSession enters the session with the given id, which must be left. If id is "", m
// opens one, which c then names. If it reports false, it has answered.
func (d *frontDoor) enterSession(w http.ResponseWriter, r *http.Request, id string, m *envelope, c *caller) (*session, bool) {
	p := d.principalOf(r)
	if id == "" {
		c.opens = d.table.open(p)
		if c.opens == nil {
			tooManySessions(w, m.id)
		}
		return c.opens, c.opens != nil
	}
	s, ok := d.table.enter(id, p, m.requests)
	switch {
	case s == nil:
		noSession(w, m.id)
	case !ok:
		tooManyMessages(w, m.id)
	default:
		return s, true
	}
	return nil, false
}

// readBody checks the type of the body and reads it within the limit. The type
// is required: a page in a browser cannot send application/json to another
// origin unasked. The buffer goes back to the pool when nobody needs the body.
func (d *frontDoor) readBody(w http.ResponseWriter, r *http.Request, head *letterhead) (*buffer, bool) {
	if !isJSONMessage(head.contentType) {
		writeError(w, http.StatusUnsupportedMediaType, nil, codeInvalidRequest, "Content-Type must be application/json")
		return nil, false
	}
	if head.coding != "" && !strings.EqualFold(head.coding, "identity") {
		writeError(w, http.StatusUnsupportedMediaType, nil, codeInvalidRequest, "Content-Encoding: the body must not be compressed, send it as it is")
		return nil, false
	}
	limit := d.server.opts.Limits.MaxRequestBytes
	if r.ContentLength > limit {
		d.tooLarge(w, limit, ownLimit)
		return nil, false
	}
	body := d.buffers.get(r.ContentLength)
	err := body.read(r.Body, r.ContentLength, limit)
	switch {
	case err != nil:
		d.unreadable(w, err)
	case int64(len(body.bytes)) > limit:
		d.tooLarge(w, limit, ownLimit)
	default:
		return body, true
	}
	d.buffers.put(body)
	return nil, false
}

// unreadable answers a message whose body ended with err.
func (d *frontDoor) unreadable(w http.ResponseWriter, err error) {
	if cut := new(http.MaxBytesError); errors.As(err, &cut) {
		d.tooLarge(w, cut.Limit, "http.MaxBytesReader in front of the MCP server")
		return
	}
	writeError(w, http.StatusBadRequest, nil, codeParse, "the body could not be read to its end: send the message again")
}

// isJSONMessage reports whether a Content-Type is that of a message.
func isJSONMessage(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "application/json"
}

// ownLimit is where an operator finds the limit of messages.
const ownLimit = "Limits.MaxRequestBytes, --max-request-bytes"

// tooLarge refuses a message with more bytes than limit, which an operator can change where
// owner says.
func (d *frontDoor) tooLarge(w http.ResponseWriter, limit int64, owner string) {
	d.large.give("limit", fmt.Sprintf("%d bytes (%s)", limit, owner))
	w.Header().Set("Connection", "close")
	writeError(w, http.StatusRequestEntityTooLarge, nil, codeInvalidRequest, fmt.Sprintf(
		"the message has more than %d bytes: send less in one message, such as a smaller file, which takes a third more in base64; the operator can allow more (%s)", limit, owner))
}

// handlerFor returns the handler of the SDK that a POST with the messages m belongs to.
// Clients send Mcp-Method in older eras too, so that it decides nothing. Outside of sessions
// the answer is a stream if the caller listens, wants to hear of the call meanwhile, or calls a
// hand-written tool, which may have something to say; else it is JSON.
func (d *frontDoor) handlerFor(head *letterhead, m *envelope) http.Handler {
	hasSessions := head.era() == legacy && !d.server.opts.Stateless
	if hasSessions && (head.session != "" || m.method == "initialize") {
		return d.sessions
	}
	streams := m.hears || m.batch || m.method == "tools/call" && m.tool == nil && d.server.handWritten(m.name)
	switch {
	case m.method == "subscriptions/listen", (streams || !head.accepts("application/json")) && head.accepts("text/event-stream"):
		return d.streaming
	}
	return d.plain
}

// inward returns r as the SDK gets it: with the body that was read, with an
// Accept header that it takes, and with the caller.
func (d *frontDoor) inward(r *http.Request, body []byte, c caller) *http.Request {
	outer := caller{request: r, opens: c.opens, stream: c.stream}
	in := r.WithContext(context.WithValue(withCaller(r.Context(), outer), d.tokenKey, c.tokenInfo()))
	in.Header = r.Header.Clone()
	in.Header.Set("Accept", mcpAccept)
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.ContentLength = int64(len(body))
	return in
}

// names reports whether the caller of r asks for a media type by its name.
func names(r *http.Request, mediaType string) bool {
	return strings.Contains(strings.ToLower(strings.Join(r.Header["Accept"], ",")), mediaType)
}

// mcpAccept is the Accept header that MCP has clients send, with all that is asked for
// here.
const mcpAccept = "application/json, text/event-stream"

// accepts reports whether the caller takes a media type. Someone who does
// not say takes JSON.
func (h *letterhead) accepts(mediaType string) bool {
	if len(h.accept) == 0 {
		return mediaType == "application/json"
	}
	kind, _, _ := strings.Cut(mediaType, "/")
	for _, value := range h.accept {
		if value == mcpAccept {
			return true
		}
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
