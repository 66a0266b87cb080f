package strictjson

import (
	"slices"
	"strings"
)

// Nearest says which of the known names was probably meant, or else what is known.
func Nearest(name string, known []string) string {
	best, least := "", max(2, len(name)/2)
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d <= least && (best == "" || d < least) {
			best, least = k, d
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	return "; known are " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}

// distance is how many letters must be changed, added or taken away to make b of a.
func distance(a, b string) int {
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
