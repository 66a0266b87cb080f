package loginhttp

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxEscape is about how many bytes one byte becomes when it is escaped twice.
const maxEscape = 12

// A view is a text as it reads with its escapes undone, in lower case, and with nothing in it but what leaves ink: servers fold
// the case of what they repeat, break it across lines, and escape it for JSON, HTML or URLs, at times twice.
type view struct {
	text string
	from []span // for each byte of text
}

// A span is the bytes of the original text that a byte of a view comes from.
type span struct{ start, end int }

// newView is the view of a text as it stands.
func newView(text string) view { return inked(original(text)) }

// views are all readings of text: as it stands, and with one or two layers of escapes undone.
func views(text string) []view {
	readings := []view{original(text)}
	for first, layer := 0, 0; layer < 2; layer++ {
		last := len(readings)
		for _, reading := range readings[first:last] {
			readings = append(readings, reading.undone()...)
		}
		first = last
	}
	for i, reading := range readings {
		readings[i] = inked(reading)
	}
	return readings
}

func original(text string) view {
	from := make([]span, len(text))
	for i := range from {
		from[i] = span{i, i + 1}
	}
	return view{text, from}
}

// undone is v with one layer of escapes undone, for each sort of which v may have some.
func (v view) undone() []view {
	var readings []view
	for _, sort := range []struct {
		lead string
		read escape
	}{{`\`, backslash}, {"%", percent}, {"+", plus}, {"&", entity}} {
		if strings.Contains(v.text, sort.lead) {
			readings = append(readings, v.undo(sort.read))
		}
	}
	return readings
}

// An escape reads the escape sequence that s begins with, if it does, and how long it is.
type escape func(s string) (meaning string, length int)

// undo undoes all escapes of one sort.
func (v view) undo(e escape) view {
	var b strings.Builder
	undone := view{from: make([]span, 0, len(v.from))}
	for i := 0; i < len(v.text); {
		meaning, length := e(v.text[i:])
		if length == 0 {
			meaning, length = v.text[i:i+1], 1
		}
		undone.from = appendN(undone.from, span{v.from[i].start, v.from[i+length-1].end}, len(meaning))
		b.WriteString(meaning)
		i += length
	}
	undone.text = b.String()
	return undone
}

// inked leaves of v what prints, in lower case.
func inked(v view) view {
	var b strings.Builder
	kept := view{from: make([]span, 0, len(v.from))}
	for i, r := range v.text {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			continue
		}
		whole := span{v.from[i].start, v.from[i+runeLength(v.text[i:])-1].end}
		before := b.Len()
		b.WriteRune(unicode.ToLower(r))
		kept.from = appendN(kept.from, whole, b.Len()-before)
	}
	kept.text = b.String()
	return kept
}

// runeLength is how many bytes the first character of s takes.
func runeLength(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func appendN(spans []span, s span, n int) []span {
	for range n {
		spans = append(spans, s)
	}
	return spans
}

// mark marks where value stands in v, by the bytes of the original text.
func (v view) mark(marked []bool, value string) {
	done := 0
	for from := 0; ; from++ {
		i := strings.Index(v.text[from:], value)
		if i < 0 {
			return
		}
		from += i
		end := v.from[from+len(value)-1].end
		for j := max(done, v.from[from].start); j < end; j++ {
			marked[j] = true
		}
		done = end
	}
}

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
	if meaning := html.UnescapeString(s[:end]); end > 0 && meaning != s[:end] {
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
