package loginhttp

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A reading is a text as it reads with its escapes undone, in lower case, and without what does not print: servers fold the case of
// what they repeat, break it across lines, and escape it for JSON, HTML or URLs, at times twice.
type reading struct {
	text string
	from []span // for each byte of text
}

// A span is the bytes of the original text that a byte of a reading comes from.
type span struct{ start, end int }

// readings are all readings of text: as it stands, and with one or two layers of escapes undone.
func readings(text string) []reading {
	all := []reading{original(text)}
	for first, layer := 0, 0; layer < 2; layer++ {
		last := len(all)
		for _, r := range all[first:last] {
			all = append(all, r.unescaped()...)
		}
		first = last
	}
	for i, r := range all {
		all[i] = folded(r)
	}
	return all
}

// original is text as it stands.
func original(text string) reading {
	from := make([]span, len(text))
	for i := range from {
		from[i] = span{i, i + 1}
	}
	return reading{text, from}
}

// unescaped is r with one layer of escapes undone, for each kind of which r may have some.
func (r reading) unescaped() []reading {
	var found []reading
	for _, kind := range escapeKinds {
		if strings.Contains(r.text, kind.lead) {
			found = append(found, r.unescape(kind.read))
		}
	}
	return found
}

// unescape undoes all escapes of one kind.
func (r reading) unescape(e escape) reading {
	var b strings.Builder
	plain := reading{from: make([]span, 0, len(r.from))}
	for i := 0; i < len(r.text); {
		meaning, length := e(r.text[i:])
		if length == 0 {
			meaning, length = r.text[i:i+1], 1
		}
		plain.from = appendN(plain.from, span{r.from[i].start, r.from[i+length-1].end}, len(meaning))
		b.WriteString(meaning)
		i += length
	}
	plain.text = b.String()
	return plain
}

// folded is what of r prints, in lower case.
func folded(r reading) reading {
	var b strings.Builder
	kept := reading{from: make([]span, 0, len(r.from))}
	for i, c := range r.text {
		if unicode.IsSpace(c) || !unicode.IsPrint(c) {
			continue
		}
		whole := span{r.from[i].start, r.from[i+runeLength(r.text[i:])-1].end}
		before := b.Len()
		b.WriteRune(unicode.ToLower(c))
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

// mark marks where value stands in r, by the bytes of the original text.
func (r reading) mark(marked []bool, value string) {
	done := 0
	for from := 0; ; from++ {
		i := strings.Index(r.text[from:], value)
		if i < 0 {
			return
		}
		from += i
		end := r.from[from+len(value)-1].end
		for j := max(done, r.from[from].start); j < end; j++ {
			marked[j] = true
		}
		done = end
	}
}
