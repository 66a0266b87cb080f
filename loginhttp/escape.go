package loginhttp

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxEscape is about how many bytes one byte becomes when it is escaped twice.
const maxEscape = 12

// An escape reads the escape sequence that s begins with, if it does, and how long it is.
type escape func(s string) (meaning string, length int)

// escapeKinds are the ways to escape that are known, and what each sequence of theirs begins with or has in it.
var escapeKinds = []struct {
	lead string
	read escape
}{{`\`, backslash}, {"%", percent}, {"+", plus}, {"&", entity}}

// backslash reads an escape as in the strings of JSON and of most programming languages.
func backslash(s string) (string, int) {
	if len(s) < 2 || s[0] != '\\' {
		return "", 0
	}
	switch s[1] {
	case 'u':
		return utf16Escape(s)
	case 'U':
		return codePoint(s, 10)
	case 'x':
		return codePoint(s, 4)
	case 'n', 'r', 't', 'b', 'f', 'v', 'a', '0':
		return " ", 2
	case '"', '\'', '\\', '/', '`':
		return s[1:2], 2
	}
	return "", 0
}

// utf16Escape reads \u and four hex digits, or two of these that belong together.
func utf16Escape(s string) (string, int) {
	first, ok := hex(s, 2, 6)
	if !ok {
		return "", 0
	}
	if utf16.IsSurrogate(rune(first)) && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if second, ok := hex(s, 8, 12); ok {
			return string(utf16.DecodeRune(rune(first), rune(second))), 12
		}
	}
	return string(rune(first)), 6
}

// codePoint reads the hex digits from the third byte to the given end.
func codePoint(s string, end int) (string, int) {
	code, ok := hex(s, 2, end)
	if !ok {
		return "", 0
	}
	return string(rune(code)), end
}

// percent reads an escape as in a URL.
func percent(s string) (string, int) {
	if s[0] != '%' {
		return "", 0
	}
	b, ok := hex(s, 1, 3)
	if !ok {
		return "", 0
	}
	return string([]byte{byte(b)}), 3
}

// plus reads an escape as in the query of a URL.
func plus(s string) (string, int) {
	if s[0] == '+' {
		return " ", 1
	}
	return percent(s)
}

// entity reads an escape as in HTML.
func entity(s string) (string, int) {
	if s[0] != '&' {
		return "", 0
	}
	end := strings.IndexByte(s[:min(len(s), 12)], ';') + 1
	if meaning := html.UnescapeString(s[:end]); meaning != s[:end] {
		return meaning, end
	}
	return "", 0
}

// hex reads the hex digits s[start:end].
func hex(s string, start, end int) (uint64, bool) {
	if len(s) < end {
		return 0, false
	}
	n, err := strconv.ParseUint(s[start:end], 16, 32)
	return n, err == nil
}
