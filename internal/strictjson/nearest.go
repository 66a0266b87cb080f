package strictjson

import (
	"slices"
	"strings"
)

// Nearest says which of the known names was probably meant, or else what is known.
func Nearest(name string, known []string) string {
	known = slices.Sorted(slices.Values(known))
	best, least := "", max(1, (len(name)-1)/2)+1 // two other letters of four make another word
	for _, k := range known {
		d := distance(strings.ToLower(name), strings.ToLower(k))
		if len(name) > 2 && strings.HasPrefix(strings.ToLower(k), strings.ToLower(name)) {
			d = min(d, 1)
		}
		if d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	if len(known) == 0 {
		return ""
	}
	return "; known are " + strings.Join(known, ", ")
}

// distance is how many letters must be changed, added or taken away to make b of a. The same letters in another order are one.
func distance(a, b string) int {
	if letters(a) == letters(b) && a != b {
		return 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left, diagonal := i+1, i
		for j := range len(b) {
			next := diagonal
			if a[i] != b[j] {
				next = 1 + min(diagonal, row[j+1], left)
			}
			diagonal, row[j], left = row[j+1], left, next
		}
		row[len(b)] = left
	}
	return row[len(b)]
}

// letters are those of a word in alphabetical order.
func letters(word string) string { return string(slices.Sorted(slices.Values([]byte(word)))) }
