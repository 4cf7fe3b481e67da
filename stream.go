package mcpmount

import (
	"bufio"
	"bytes"
	"errors"
	"iter"
	"unicode/utf8"
)

// A records has the records of a stream that have arrived.
type records struct {
	to *listener

	text   []byte // each record on a line
	array  []byte // "[a,b": the records that are JSON
	count  int
	others int // how many are not JSON
}

// readRecords reads a stream as it comes, and tells the listener of each record.
func readRecords(kind mediaKind, b *bodyReader, to *listener) *records {
	rs := &records{to: to, array: []byte{'['}}
	switch kind {
	case kindEvents:
		rs.readEvents(b)
	case kindSequence:
		rs.readSequence(b)
	default:
		for line := range lines(b) {
			rs.add(line)
		}
	}
	to.end()
	return rs
}

// value returns the records as a JSON array if all of them are JSON, or nil.
func (rs *records) value() []byte {
	if rs.others > 0 {
		return nil
	}
	return append(rs.array, ']')
}

func (rs *records) add(record []byte) {
	record = bytes.TrimSpace(record)
	if len(record) == 0 {
		return
	}
	if !utf8.Valid(record) {
		record = bytes.ToValidUTF8(record, []byte("\uFFFD"))
	}
	rs.count++
	rs.text = append(append(rs.text, record...), '\n')
	switch {
	case isJSON(record):
		if len(rs.array) > 1 {
			rs.array = append(rs.array, ',')
		}
		rs.array = append(rs.array, record...)
	case string(record) != "[DONE]": // how APIs of language models end a stream
		rs.others++
	}
	rs.to.hear(record, rs.count)
}

// readSequence reads JSON texts that follow a record separator: RFC 7464. A
// record that is complete on its first line, as nearly all are, is not kept
// until the next one begins.
func (rs *records) readSequence(b *bodyReader) {
	const separator = 0x1e
	var record []byte
	for line := range lines(b) {
		for {
			piece, next, found := bytes.Cut(line, []byte{separator})
			if len(record) == 0 && !found && isJSON(piece) {
				rs.add(piece)
				break
			}
			record = append(append(record, piece...), '\n')
			if !found {
				break
			}
			rs.add(record)
			record, line = record[:0], next
		}
	}
	if b.complete() {
		rs.add(record)
	}
}

// readEvents reads the data of server-sent events:
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation.
// Other than there, the last event need not end with an empty line.
func (rs *records) readEvents(b *bodyReader) {
	var data []byte
	for text := range lines(b) {
		for line := range bytes.SplitSeq(text, []byte{'\r'}) {
			if len(line) == 0 {
				rs.add(data)
				data = data[:0]
			}
			field, value, _ := bytes.Cut(line, []byte{':'})
			if string(field) == "data" {
				data = append(append(data, bytes.TrimPrefix(value, []byte{' '})...), '\n')
			}
		}
	}
	if b.complete() {
		rs.add(data)
	}
}

// lines returns the lines of b without their ends, and without the byte order
// mark. A line that was cut off is left out.
func lines(b *bodyReader) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		r := bufio.NewReader(b)
		var long []byte // the line so far, if it is longer than the buffer of r
		for first := true; ; {
			line, err := r.ReadSlice('\n')
			full := errors.Is(err, bufio.ErrBufferFull)
			if len(long) > 0 || full {
				long = append(long, line...)
				line = long
			}
			if full {
				continue
			}
			if err != nil && (!b.complete() || len(line) == 0) {
				return
			}
			if first {
				line = bytes.TrimPrefix(line, []byte("\ufeff"))
			}
			line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
			if !yield(line) || err != nil {
				return
			}
			long, first = long[:0], false
		}
	}
}
