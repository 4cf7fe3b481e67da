package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// number returns a number within the bounds of f.
func (f *facts) number(integer bool, variant int) (any, error) {
	step := f.multiple
	if integer && (step == 0 || step != math.Trunc(step)) {
		step = 1
	}
	n := 1.0
	if step > 0 {
		n = step
	}
	if f.high != nil && (n > *f.high || n == *f.high && f.highOut) {
		n = f.below(*f.high, step)
	}
	if f.low != nil && (n < *f.low || n == *f.low && f.lowOut) {
		n = f.above(*f.low, step)
	}
	if next := n + float64(variant)*max(step, 1); f.high == nil || next < *f.high {
		n = next
	}
	if integer && math.Abs(n) < 1<<62 {
		return json.Number(strconv.FormatInt(int64(n), 10)), nil
	}
	return json.Number(strconv.FormatFloat(n, 'g', -1, 64)), nil
}

// above returns the least number from low on that is a multiple of step.
func (f *facts) above(low, step float64) float64 {
	if step == 0 {
		if f.lowOut {
			return f.between(low, low+1)
		}
		return low
	}
	n := math.Ceil(low/step) * step
	if n == low && f.lowOut {
		n += step
	}
	return n
}

// below returns the greatest number up to high that is a multiple of step.
func (f *facts) below(high, step float64) float64 {
	if step == 0 {
		if f.highOut {
			return f.between(high-1, high)
		}
		return high
	}
	n := math.Floor(high/step) * step
	if n == high && f.highOut {
		n -= step
	}
	return n
}

// between returns a number between two, and within the bounds of f.
func (f *facts) between(low, high float64) float64 {
	if f.low != nil {
		low = max(low, *f.low)
	}
	if f.high != nil {
		high = min(high, *f.high)
	}
	return (low + high) / 2
}

// text returns a string that fits the format, the patterns and the length.
func (f *facts) text(variant int) (any, error) {
	if s, ok := sample(f.format, variant); ok && f.fits(s) {
		return s, nil
	}
	if f.encoding == "base64" {
		return base64.StdEncoding.EncodeToString([]byte(f.padded("text", variant))), nil
	}
	for _, pattern := range f.patterns {
		for least := range 12 {
			s, err := match(pattern, (least+f.minChars)*min(least, 1), variant)
			if err == nil && f.fits(s) {
				return s, nil
			}
		}
		if s := f.plainMatch(variant); s != "" {
			return s, nil
		}
		return nil, fmt.Errorf("pattern %q: %w", pattern, errNoValue)
	}
	return f.padded("text", variant), nil
}

// plainMatch returns a string for patterns that could not be followed, or "".
func (f *facts) plainMatch(variant int) string {
	for _, s := range []string{"text", "Text1", "1", "a", "A", "1.0.0", "text.txt", "a@example.com", "https://example.com/a", "2024-01-02", "/text"} {
		if s = f.padded(s, variant); f.fits(s) {
			return s
		}
	}
	return ""
}

// fits reports whether s has the right length and matches what Go can compile
// of the patterns.
func (f *facts) fits(s string) bool {
	if n := utf8.RuneCountInString(s); n < f.minChars || n > f.maxChars {
		return false
	}
	for _, pattern := range f.patterns {
		if re, err := regexp.Compile(pattern); err == nil && !re.MatchString(s) {
			return false
		}
	}
	return true
}

// padded returns s with a mark of the variant, in the right length.
func (f *facts) padded(s string, variant int) string {
	if variant > 0 {
		s += strconv.Itoa(variant)
	}
	if len(s) < f.minChars {
		s = strings.Repeat("x", f.minChars-len(s)) + s
	}
	if len(s) > f.maxChars {
		s = s[len(s)-f.maxChars:]
	}
	return s
}

// sample returns a string of a format: those of JSON Schema 2020-12 and of the
// OpenAPI format registry.
func sample(format string, variant int) (string, bool) {
	n := strconv.Itoa(variant % 10)
	switch format {
	case "date":
		return "2024-05-1" + n, true
	case "date-time":
		return "2024-05-1" + n + "T10:20:30Z", true
	case "time":
		return "10:20:3" + n + "Z", true
	case "duration":
		return "P" + strconv.Itoa(variant+1) + "D", true
	case "email", "idn-email":
		return "user" + n + "@example.com", true
	case "hostname", "idn-hostname":
		return "host" + n + ".example.com", true
	case "ipv4", "ip":
		return "192.0.2.1" + n, true
	case "ipv6":
		return "2001:db8::1" + n, true
	case "cidr", "ipv4-cidr":
		return "192.0.2.0/24", true
	case "uri", "url", "iri", "uri-reference", "iri-reference":
		return "https://example.com/" + n, true
	case "uri-template":
		return "https://example.com/{id}", true
	case "uuid", "guid":
		return "3fa85f64-5717-4562-b3fc-2c963f66afa" + n, true
	case "byte":
		return base64.StdEncoding.EncodeToString([]byte("text " + n)), true
	case "json-pointer":
		return "/a/" + n, true
	case "relative-json-pointer":
		return "0/" + n, true
	case "regex":
		return "a+", true
	case "int32", "int64", "uint64", "integer":
		return strconv.Itoa(variant + 1), true
	case "decimal", "double", "float", "number":
		return strconv.Itoa(variant+1) + ".5", true
	}
	return "", false
}
