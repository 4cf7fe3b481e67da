package mcpmount

import "net/http"

// keepHeader keeps the header as it is now. Most headers are small and do not change after
// this, so that there is no need for a copy: setSent finds out.
func (x *exchange) keepHeader() {
	x.fields = x.fieldRoom()
	for name, values := range x.header {
		if len(values) != 1 || len(x.fields) == cap(x.fields) {
			x.sent = x.header.Clone()
			return
		}
		x.fields = append(x.fields, field{name, values[0]})
	}
}

// maxFields is how many fields of a header are kept one by one; a larger header is cloned.
const maxFields = 3

// fieldRoom returns memory for the fields: that of the call, if the call cannot end before
// they are used.
func (x *exchange) fieldRoom() []field {
	if x.here && x.call.room != nil {
		return x.call.room.fields[:0]
	}
	return make([]field, 0, maxFields)
}

// A field is one field of a header, which has a single value.
type field struct{ name, value string }

// setSent sets the header that was kept.
func (x *exchange) setSent(returned bool) {
	if x.sent != nil {
		return
	}
	same := returned && len(x.header) == len(x.fields)
	for _, f := range x.fields {
		values := x.header[f.name]
		same = same && len(values) == 1 && values[0] == f.value
	}
	if same {
		x.sent = x.header
		return
	}
	x.sent = make(http.Header, len(x.fields))
	for _, f := range x.fields {
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
