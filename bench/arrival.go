package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// An arrival is a response of which more and more is there.
type arrival struct {
	in     []byte // what was read
	head   int    // where the body begins; 0 if that is not there
	length int    // of the body; negative if it is in chunks
	next   int    // where the next chunk begins
	body   []byte // of the chunks before
}

// A response is valid until the next one is read.
type response struct {
	status int
	head   []byte
	body   []byte
}

func newArrival() arrival { return arrival{in: make([]byte, 0, 8<<10)} }

// begin makes a ready for the next response.
func (a *arrival) begin() { a.in, a.head, a.body = a.in[:0], 0, a.body[:0] }

// space returns where to read more.
func (a *arrival) space() []byte {
	if len(a.in) == cap(a.in) {
		a.in = append(a.in, make([]byte, cap(a.in))...)[:len(a.in)]
	}
	return a.in[len(a.in):cap(a.in)]
}

// add says that n bytes were read into the space.
func (a *arrival) add(n int) { a.in = a.in[:len(a.in)+n] }

// response returns the response, and whether it is complete.
func (a *arrival) response() (res response, complete bool, err error) {
	if a.head == 0 {
		if err := a.readHead(); err != nil || a.head == 0 {
			return res, false, err
		}
	}
	res.head = a.in[:a.head-2]
	res.status, _ = strconv.Atoi(string(a.in[9:12])) // readHead has seen that it is a number
	if a.length >= 0 {
		if len(a.in) < a.head+a.length {
			return res, false, nil
		}
		res.body = a.in[a.head : a.head+a.length]
		return res, true, nil
	}
	complete, err = a.readChunks()
	res.body = a.body
	return res, complete, err
}

// readHead looks for where the body begins, and how long it is.
func (a *arrival) readHead() error {
	end := bytes.Index(a.in, []byte("\r\n\r\n"))
	if end < 0 {
		return nil
	}
	head := response{head: a.in[:end+2]}
	if end < 12 {
		return fmt.Errorf("response %q is not HTTP", head.head)
	}
	if _, err := strconv.Atoi(string(a.in[9:12])); err != nil {
		return fmt.Errorf("response %.20q has no status", head.head)
	}
	a.length, a.head, a.next = 0, end+4, end+4
	var err error
	if length := head.header("Content-Length"); length != nil {
		var n uint64
		n, err = strconv.ParseUint(string(length), 10, 31)
		a.length = int(n)
	} else if bytes.EqualFold(head.header("Transfer-Encoding"), []byte("chunked")) {
		a.length = -1
	}
	return err
}

// readChunks appends the chunks that are there to the body, and reports whether there
// is the last one.
func (a *arrival) readChunks() (complete bool, err error) {
	for {
		line := bytes.Index(a.in[a.next:], []byte("\r\n"))
		if line < 0 {
			return false, nil
		}
		size, err := strconv.ParseInt(string(a.in[a.next:a.next+line]), 16, 32)
		if err != nil || size < 0 {
			return false, fmt.Errorf("chunk size %.20q is not a number", a.in[a.next:a.next+line])
		}
		from := a.next + line + 2
		end := from + int(size)
		if len(a.in) < end+2 {
			return false, nil
		}
		if size == 0 {
			return true, nil
		}
		a.body = append(a.body, a.in[from:end]...)
		a.next = end + 2
	}
}

// header returns the value of a field, or nil.
func (r response) header(name string) []byte {
	for line := range bytes.Lines(r.head) {
		if len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name)) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
	}
	return nil
}
