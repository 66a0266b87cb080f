// Package httpheader decides what may stand in an HTTP header field.
package httpheader

import "strings"

// ValidValue reports whether s may be a field's value. A control character other than a tab would end the line early.
func ValidValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// ValidName reports whether s is a token, as RFC 9110 section 5.1 calls the name of a field.
func ValidName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
