package mcpmount

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpmount/mcpmount/internal/tree"
)

const (
	// maxProgressBytes bounds how much of a record is shown as progress.
	maxProgressBytes = 1 << 10

	// The first promptRecords are reported at once; after them, one in each
	// progressInterval: a short response can have very many records.
	promptRecords    = 20
	progressInterval = 100 * time.Millisecond
)

// logLevelKey is where a client of 2026-07-28 says from which level on it wants
// to hear log messages: basic, "_meta". Older ones use logging/setLevel. The
// protocol is going to do without log messages, and until then has them.
const logLevelKey = "io.modelcontextprotocol/logLevel"

// A listener hears of a response while it comes. Its zero value, and nil, hear
// nothing.
type listener struct {
	// progress reports the n-th record or line: the first ones, some of the others,
	// and the last one. Nil if the caller did not ask for progress.
	progress func(message string, n int)
	pace     pace
	untold   []byte // the last record, if it was not reported
	count    int    // its number

	// log passes on records that are lines of a log: the first ones and some of the
	// others.
	log     func(level mcp.LoggingLevel, line []byte)
	logPace pace
}

// A pace says which of many records are reported.
type pace struct {
	told int       // how many were
	at   time.Time // when the last one was
}

// admits reports whether a record is reported now, and counts it if so.
func (p *pace) admits() bool {
	if p.told >= promptRecords && time.Since(p.at) < progressInterval {
		return false
	}
	p.told, p.at = p.told+1, time.Now()
	return true
}

// newListener returns a listener that tells the caller of req, through the session of req.
// It is nil if req has none.
func newListener(ctx context.Context, req *mcp.CallToolRequest) *listener {
	if req.Session == nil {
		return nil
	}
	l := &listener{log: func(level mcp.LoggingLevel, line []byte) {
		// The SDK drops what is below the level that the client chose, and all
		// of it if it chose none.
		params := &mcp.LoggingMessageParams{Level: level, Logger: req.Params.Name, Data: json.RawMessage(line)}
		_ = req.Session.Log(ctx, params) //nolint:staticcheck // deprecated with log messages themselves
	}}
	if token := req.Params.GetProgressToken(); token != nil {
		l.progress = func(message string, n int) {
			// A client that cannot be told still gets the result.
			_ = req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
				ProgressToken: token, Message: message, Progress: float64(n),
			})
		}
	}
	return l
}

// hear is called with each record and its number, which grows.
func (l *listener) hear(record []byte, n int) {
	if l == nil {
		return
	}
	if l.log != nil {
		if level := levelOf(record); level != "" && l.logPace.admits() {
			l.log(level, record)
		}
	}
	switch {
	case l.progress == nil:
	case l.pace.admits():
		l.progress(shorten(string(record), maxProgressBytes), n)
		l.untold = l.untold[:0]
	default:
		l.untold, l.count = append(l.untold[:0], record[:min(len(record), maxProgressBytes+utf8.UTFMax)]...), n
	}
}

// hush keeps the contents of records from being reported, but not that they arrive.
func (l *listener) hush() {
	if l == nil {
		return
	}
	if tell := l.progress; tell != nil {
		l.progress = func(_ string, n int) { tell("", n) }
	}
	l.log = nil
}

// end is called when no more records come.
func (l *listener) end() {
	if l != nil && len(l.untold) > 0 {
		l.progress(shorten(string(l.untold), maxProgressBytes), l.count)
		l.untold = nil
	}
}

// maxLogBytes bounds the lines of a log that are passed on as such.
const maxLogBytes = 8 << 10

// levelOf returns the level of a record that is a line of a structured log: a
// JSON object with a level and a message, as the loggers of most languages write
// it. Else it returns "".
func levelOf(record []byte) mcp.LoggingLevel {
	if len(record) > maxLogBytes || len(record) == 0 || record[0] != '{' || !bytes.Contains(record, []byte(`"level"`)) {
		return ""
	}
	n, err := tree.ParseJSON(record, tree.Limits{})
	if err != nil || !n.Get("message").Is(tree.String) && !n.Get("msg").Is(tree.String) {
		return ""
	}
	return logLevel(n.Get("level").Str())
}

// logLevel returns the level of RFC 5424 section 6.2.1 that a logger's name of a
// level stands for, or "".
func logLevel(name string) mcp.LoggingLevel {
	switch name = strings.ToLower(name); name {
	case "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency":
		return mcp.LoggingLevel(name)
	case "trace":
		return "debug"
	case "warn":
		return "warning"
	case "err":
		return "error"
	case "fatal", "panic", "crit":
		return "critical"
	}
	return ""
}

// A lineHearer tells a listener of the lines of a text that is written to it.
type lineHearer struct {
	to    *listener
	line  []byte // the beginning of the current line, as far as it is shown
	count int
}

// hearsLines reports whether the lines of the text in res are reported: only if its length is
// not known, since it may then come slowly. The lines of an HTML page say nothing.
func (l *listener) hearsLines(media mediaType, res *http.Response) bool {
	return l != nil && l.progress != nil && media.kind == kindText && media.name != "text/html" && res.ContentLength < 0
}

// Write is part of [io.Writer]. It never fails.
func (h *lineHearer) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, next, ended := bytes.Cut(rest, []byte{'\n'})
		if room := maxProgressBytes + utf8.UTFMax - len(h.line); room > 0 {
			h.line = append(h.line, line[:min(len(line), room)]...)
		}
		if ended {
			h.end()
		}
		rest = next
	}
	return len(p), nil
}

// end tells of the line that has ended, if there is anything on it.
func (h *lineHearer) end() {
	if line := bytes.TrimSpace(h.line); len(line) > 0 {
		h.count++
		h.to.hear(bytes.ToValidUTF8(line, []byte("\uFFFD")), h.count)
	}
	h.line = h.line[:0]
}

// close reports the last line, which need not have an end.
func (h *lineHearer) close() {
	h.end()
	h.to.end()
}
