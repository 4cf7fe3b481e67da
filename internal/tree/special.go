package tree

// Strings are read and written eight bytes at a time, in words whose lowest byte is
// the first one.
const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// Special returns a word whose lowest bit that is set belongs to the first byte of w
// that cannot be in a JSON string as it is: a quote, a backslash or a control
// character. It returns 0 if there is none. What is above the lowest bit means nothing.
func Special(w uint64) uint64 {
	quote, backslash := w^lowBits*'"', w^lowBits*'\\'
	return (controls(w) | (quote-lowBits)&^quote | (backslash-lowBits)&^backslash) & highBits
}

// controls returns 0 in the highest bits of the bytes of w if none of them is a
// control character.
func controls(w uint64) uint64 { return (w - lowBits*' ') &^ w & highBits }

// quotes returns the highest bit of each byte of w that is a quote or a backslash.
func quotes(w uint64) uint64 {
	quote, backslash := w^lowBits*'"', w^lowBits*'\\'
	return ^((quote&^highBits + ^uint64(highBits) | quote) & (backslash&^highBits + ^uint64(highBits) | backslash)) & highBits
}

// word returns the first eight bytes of s.
func word[T string | []byte](s T) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
