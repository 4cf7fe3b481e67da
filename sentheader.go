package mcpmount

import "net/http"

// keepHeader keeps the header as it is now. Most are small, and do not change any
// more: that is seen when the handler has returned.
func (x *exchange) keepHeader() {
	for name, values := range x.header {
		if len(values) != 1 || x.kept == len(x.fields) {
			x.sent = x.header.Clone()
			return
		}
		x.fields[x.kept] = field{name, values[0]}
		x.kept++
	}
}

// A field is one of a header.
type field struct{ name, value string }

// setSent sets the header that was kept.
func (x *exchange) setSent(returned bool) {
	if x.sent != nil {
		return
	}
	same := returned && len(x.header) == x.kept
	for _, f := range x.fields[:x.kept] {
		values := x.header[f.name]
		same = same && len(values) == 1 && values[0] == f.value
	}
	if same {
		x.sent = x.header
		return
	}
	x.sent = make(http.Header, x.kept)
	for _, f := range x.fields[:x.kept] {
		x.sent[f.name] = []string{f.value}
	}
}

// sniff sets the Content-Type when the handler did not, as net/http does.
func (x *exchange) sniff() {
	if len(x.buf) == 0 {
		return
	}
	if _, typed := x.sent["Content-Type"]; !typed && x.sent.Get("Content-Encoding") == "" {
		x.sent.Set("Content-Type", http.DetectContentType(x.buf))
	}
}
