package mcpmount

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf16"
)

// minRedacted is the length of a secret that is looked for in responses. A
// shorter one would be found everywhere.
const minRedacted = 6

// A redactor removes secrets from what an API returns: some echo their requests
// back. It is safe for concurrent use.
type redactor struct {
	secrets []writtenSecret
	longest int
	starts  [256]bool // the first bytes of secrets
}

// A writtenSecret is a secret in one of the ways to write it, and what takes its place.
type writtenSecret struct{ text, mask []byte }

// A jsonStyle says which characters an encoder of JSON escapes with a backslash,
// and which by their number. Characters that are not ASCII are escaped by their number.
type jsonStyle struct{ short, long string }

var jsonStyles = [...]jsonStyle{
	{`"\`, ""},
	{`"\/`, ""},             // PHP
	{`"\`, "&<>"},           // Go
	{`\`, "\"&<>'+`\u007f"}, // C#
}

// spell returns s as the style has it, with characters that are not ASCII by
// their number.
func (style jsonStyle) spell(s, digits string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		switch c := rune(u); {
		case strings.ContainsRune(style.short, c):
			out = append(out, '\\', byte(u))
		case c < ' ' || c > 0x7f || strings.ContainsRune(style.long, c):
			out = append(out, '\\', 'u', digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
		default:
			out = append(out, byte(u))
		}
	}
	return out
}

// newRedactor returns a redactor of secrets, as they are, as they are spelled in
// JSON and in UTF-16, or nil if there is nothing to remove.
func newRedactor(secrets []string) *redactor {
	var d redactor
	for _, s := range secrets {
		if len(s) < minRedacted {
			continue
		}
		d.add([]byte(s), []byte(masked))
		for _, style := range jsonStyles {
			d.add(style.spell(s, "0123456789abcdef"), []byte(masked))
			d.add(style.spell(s, "0123456789ABCDEF"), []byte(masked))
		}
		units := utf16.Encode([]rune(s))
		mask := utf16.Encode([]rune(masked))
		for _, order := range [...]binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			d.add(utf16Bytes(units, order), utf16Bytes(mask, order))
		}
		if quoted, err := json.Marshal(s); err == nil {
			d.add(quoted[1:len(quoted)-1], []byte(masked))
		}
	}
	if d.longest == 0 {
		return nil
	}
	// The longest first: one secret can be part of another.
	slices.SortStableFunc(d.secrets, func(a, b writtenSecret) int { return len(b.text) - len(a.text) })
	return &d
}

func utf16Bytes(units []uint16, order binary.AppendByteOrder) (out []byte) {
	for _, u := range units {
		out = order.AppendUint16(out, u)
	}
	return out
}

// redactorOf returns the redactor of the credentials in the request of res, which was made
// with ctx.
func redactorOf(ctx context.Context, res *http.Response) *redactor {
	to := targetFrom(ctx)
	if to == nil {
		return nil
	}
	var secrets []string
	if to.sent != nil && res.Request != nil {
		secrets = addedSecrets(res.Request.Header, to.sent)
	}
	if to.attached != nil {
		secrets = append(secrets, to.attached.secrets...)
	}
	if len(secrets) == 0 {
		return nil
	}
	slices.Sort(secrets)
	return to.redactors.of(secrets)
}

// A redactorCache keeps the redactor that was used last: most servers send the same
// secrets with every call. A nil redactorCache keeps nothing.
type redactorCache struct{ last atomic.Pointer[keptRedactor] }

type keptRedactor struct {
	secrets []string
	*redactor
}

// of returns the redactor of secrets, which stay as they are.
func (c *redactorCache) of(secrets []string) *redactor {
	if c == nil {
		return newRedactor(secrets)
	}
	if last := c.last.Load(); last != nil && slices.Equal(last.secrets, secrets) {
		return last.redactor
	}
	d := newRedactor(secrets)
	c.last.Store(&keptRedactor{secrets, d})
	return d
}

// addedSecrets returns the credentials that a RoundTripper added to a request,
// which was sent to it with the header before.
func addedSecrets(after, before http.Header) (secrets []string) {
	for name, values := range after {
		for _, value := range values {
			if slices.Contains(before[name], value) || !holdsSecret(name) {
				continue
			}
			_, token, found := strings.Cut(value, " ")
			if !found {
				secrets = append(secrets, value)
			} else { // after the name of a scheme
				secrets = append(secrets, token)
				if _, password, ok := (&http.Request{Header: http.Header{"Authorization": {value}}}).BasicAuth(); ok {
					secrets = append(secrets, password)
				}
			}
		}
	}
	return secrets
}

// holdsSecret reports whether a header is, by its name, a credential.
func holdsSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"auth", "cookie", "key", "token", "secret", "password", "credential", "session", "signature"},
		func(word string) bool { return strings.Contains(name, word) })
}

func (d *redactor) add(secret, mask []byte) {
	if !slices.ContainsFunc(d.secrets, func(s writtenSecret) bool { return bytes.Equal(s.text, secret) }) {
		d.secrets = append(d.secrets, writtenSecret{secret, mask})
		d.longest = max(d.longest, len(secret))
		d.starts[secret[0]] = true
	}
}

// text returns s without secrets.
func (d *redactor) text(s string) string {
	if d == nil {
		return s
	}
	for _, secret := range d.secrets {
		s = strings.ReplaceAll(s, string(secret.text), string(secret.mask))
	}
	return s
}

// reader returns r without secrets. A secret that is cut by the end of r is
// not found.
func (d *redactor) reader(r io.Reader) io.Reader {
	if d == nil {
		return r
	}
	return &redactedReader{redactor: d, r: r, chunk: firstRedactChunk, next: make([]int, len(d.secrets))}
}

type redactedReader struct {
	*redactor
	r     io.Reader
	chunk int    // how much is read at once
	in    []byte // what was read and not yet searched
	out   []byte // what was searched and not yet returned
	space []byte // the memory of out, for the next time
	next  []int  // for each secret, where it comes next in what is searched; -1 if not known
	done  error  // why nothing more can be read
}

// How much is read at once: at first little, since most responses are short.
const (
	firstRedactChunk = 2 << 10
	redactChunk      = 32 << 10
)

func (r *redactedReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.done != nil {
			return 0, r.done
		}
		r.fill()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// fill reads once and moves on what cannot be the beginning of a secret.
func (r *redactedReader) fill() {
	r.in = slices.Grow(r.in, r.chunk)
	n, err := r.r.Read(r.in[len(r.in) : len(r.in)+r.chunk])
	if n == r.chunk {
		r.chunk = redactChunk
	}
	in, out := r.in[:len(r.in)+n], slices.Grow(r.space[:0], len(r.in)+n)
	r.done = err
	for i := range r.next {
		r.next[i] = -1
	}
	pos := 0
	for {
		at, secret := r.first(in, pos)
		if at > len(in)-r.longest {
			begun := len(in) // where a secret may begin whose rest has not been read, or was cut off
			if err != io.EOF {
				begun -= r.begun(in[pos:])
			}
			if at >= begun {
				out = append(out, in[pos:begun]...)
				pos = begun
				break
			}
		}
		out = append(append(out, in[pos:at]...), secret.mask...)
		pos = at + len(secret.text)
	}
	r.out, r.space = out, out
	r.in = r.in[:copy(r.in[:cap(r.in)], in[pos:])]
}

// first returns the first secret in b from pos on, and where it is: at the end of b if there
// is none. Each secret is searched for again only when pos has passed it: a response may
// consist of secrets.
func (r *redactedReader) first(b []byte, pos int) (at int, secret writtenSecret) {
	at = len(b)
	for i, s := range r.secrets {
		if r.next[i] < pos {
			r.next[i] = len(b)
			if found := bytes.Index(b[pos:], s.text); found >= 0 {
				r.next[i] = pos + found
			}
		}
		if r.next[i] < at {
			at, secret = r.next[i], s
		}
	}
	return at, secret
}

// begun returns how many bytes at the end of b may be the beginning of a
// secret.
func (r *redactor) begun(b []byte) int {
	for n := min(r.longest-1, len(b)); n > 0; n-- {
		tail := b[len(b)-n:]
		if r.starts[tail[0]] && slices.ContainsFunc(r.secrets, func(s writtenSecret) bool { return bytes.HasPrefix(s.text, tail) }) {
			return n
		}
	}
	return 0
}
