// Package spelling finds what was meant by a word that is not known.
package spelling

import (
	"strconv"
	"strings"
)

// maxWord bounds the words that are compared, in bytes.
const maxWord = 200

// Nearest returns the word of known that was most likely meant by word: the one
// with the fewest letters to change, whatever their case, if these are at most a
// third of them. The first of several wins; "" means that none is near.
func Nearest(word string, known []string) string {
	if len(word) > maxWord {
		return ""
	}
	folded := strings.ToLower(word)
	best, most := "", max(1, len(word)/3)+1
	for _, candidate := range known {
		if difference := len(candidate) - len(word); difference >= most || -difference >= most {
			continue
		}
		if d := distance(folded, strings.ToLower(candidate)); d < most {
			best, most = candidate, d
		}
	}
	return best
}

// DidYouMean returns a question that ends a message: Nearest in quotes, or "" if
// there is none.
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return "; did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}

// distance returns how many bytes have to be changed, added or removed to make b
// of a; two neighbours that are swapped count as one.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
