package mcpmount

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
)

// A reply is the response to a message. The SDK's handlers refuse messages in
// plain text and without an id, which clients cannot tie to what they sent: a
// reply makes JSON-RPC errors of that. And it leaves the priming event nameless.
type reply struct {
	http.ResponseWriter
	message envelope
	modern  bool // the message is of 2026-07-28 or newer

	status  int
	refused bool // the body is the text of a refusal
}

// primeName is how the SDK names the event with which a stream begins. To the
// specification it is a message without data (MCP 2025-11-25,
// basic/transports), and clients warn of names that they do not know.
const primeName = "event: prime\n"

func newReply(w http.ResponseWriter, r *http.Request, m envelope) *reply {
	return &reply{ResponseWriter: w, message: m, modern: isModern(r)}
}

// Unwrap is looked for by [http.ResponseController].
func (p *reply) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// WriteHeader is part of [http.ResponseWriter].
func (p *reply) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
		p.refused = status >= 400 && strings.HasPrefix(p.Header().Get("Content-Type"), "text/plain")
	}
	if !p.refused {
		p.ResponseWriter.WriteHeader(status)
	}
}

// Write is part of [http.ResponseWriter]. A refusal comes as a single write.
func (p *reply) Write(b []byte) (int, error) {
	if p.status == 0 {
		p.status = http.StatusOK
	}
	if !p.refused {
		event := bytes.TrimPrefix(b, []byte(primeName))
		n, err := p.ResponseWriter.Write(event)
		return n + len(b) - len(event), err
	}
	p.refuse(strings.TrimSpace(string(b)))
	return len(b), nil
}

// refuse writes the error for a refusal with the given text. Clients older than
// 2026-07-28 take any status but success for the end of the connection, which
// an unknown method is not; and an unknown notification is nothing to answer:
// JSON-RPC 2.0 section 4.1.
func (p *reply) refuse(text string) {
	m, w := p.message, p.ResponseWriter
	unknown := !p.modern && m.method != "" && strings.HasSuffix(text, strconv.Quote(m.method)+" unsupported")
	switch {
	case unknown && m.id == nil:
		p.Header().Del("Content-Type")
		w.WriteHeader(http.StatusAccepted)
	case unknown:
		writeError(w, http.StatusOK, m.id, codeMethodNotFound, "unknown method "+strconv.Quote(m.method))
	case p.status >= 500:
		writeError(w, p.status, m.id, codeInternal, text)
	default:
		writeError(w, p.status, m.id, codeInvalidRequest, text)
	}
}

// settled reports whether nothing of the messages is under way any more: they
// were answered or refused, and not just accepted.
func (p *reply) settled(r *http.Request) bool {
	return r.Context().Err() == nil && p.status != http.StatusAccepted
}
