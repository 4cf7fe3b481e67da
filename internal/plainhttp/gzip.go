package plainhttp

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// unzip makes res the response that its compressed one stands for, if it is
// compressed: as [http.Transport] does.
func (t *Transport) unzip(res *http.Response) {
	coding := res.Header["Content-Encoding"]
	if res.Body == http.NoBody || len(coding) == 0 || !strings.EqualFold(coding[0], "gzip") {
		return
	}
	delete(res.Header, "Content-Encoding")
	delete(res.Header, "Content-Length")
	res.ContentLength, res.Uncompressed = -1, true
	res.Body = &unzipped{ReadCloser: res.Body, t: t}
}

// unzipped is a body that is decompressed while it is read. It can be closed while
// it is read, which leaves the reader to the one who reads.
type unzipped struct {
	io.ReadCloser // compressed
	t             *Transport
	r             *gzip.Reader // nil before the first byte and after the last
	err           error        // of reading on
}

// Read is part of [io.Reader].
func (u *unzipped) Read(p []byte) (n int, err error) {
	if u.r == nil && u.err == nil {
		u.begin()
	}
	if u.err != nil {
		return 0, u.err
	}
	n, u.err = u.r.Read(p)
	if u.err != nil {
		u.t.zips.Put(u.r)
		u.r = nil
	}
	return n, u.err
}

func (u *unzipped) begin() {
	r, ok := u.t.zips.Get().(*gzip.Reader)
	if !ok {
		r = new(gzip.Reader)
	}
	if u.err = r.Reset(u.ReadCloser); u.err == nil {
		u.r = r
	}
}
