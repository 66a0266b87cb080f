package loginhttp

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	minSent    = 3       // characters; anything shorter is found in every text
	maxText    = 4 << 10 // bytes of a text that are looked at
	maxMessage = 256     // characters that are kept of a text
	maxName    = 64      // and of a code, or of the name of a field
)

// A scrubber takes out of the vendor's words what was sent to the vendor, in whatever way it is written there.
type scrubber struct {
	values  []string // folded
	longest int      // bytes
}

// addHeader adds a header's value, and what of it stands alone: the credentials after a scheme, each cookie's value.
func (s *scrubber) addHeader(name, value string) {
	s.add(value)
	if name == "Cookie" {
		for pair := range strings.SplitSeq(value, ";") {
			_, cookie, _ := strings.Cut(pair, "=")
			s.add(strings.Trim(strings.TrimSpace(cookie), `"`))
		}
		return
	}
	scheme, credentials, _ := strings.Cut(strings.TrimSpace(value), " ")
	s.add(credentials)
	if strings.EqualFold(scheme, "basic") {
		user, _ := base64.StdEncoding.DecodeString(credentials) // what is none is sent all the same
		name, password, _ := strings.Cut(string(user), ":")
		for _, part := range []string{name, password} {
			s.add(part)
			plain, _ := url.QueryUnescape(part) // OAuth escapes both, RFC 6749 section 2.3.1
			s.add(plain)
		}
	}
}

// add adds a value, as it is and in the encodings that hide it from a reader alone.
func (s *scrubber) add(value string) {
	if utf8.RuneCountInString(folded(original(value)).text) < minSent {
		return
	}
	raw := []byte(value)
	for _, written := range []string{
		value, strings.ReplaceAll(value, " ", "+"), fmt.Sprintf("%x", raw),
		base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
	} {
		written = folded(original(written)).text
		if !slices.Contains(s.values, written) {
			s.values = append(s.values, written)
			s.longest = max(s.longest, len(written))
		}
	}
}

// clean is text on one line, without what was sent, and of at most limit characters, in this order: cut first, a value could lose
// the end by which it is known.
func (s *scrubber) clean(text string, limit int) string {
	cut := len(text) > maxText
	text = strings.ToValidUTF8(text[:min(len(text), maxText)], "\ufffd")
	sent := s.find(text)
	if cut {
		for i := max(0, len(text)-maxEscape*s.longest); i < len(text); i++ {
			sent[i] = true // a value may have been cut here
		}
	}
	return firstRunes(strings.TrimSpace(oneLine(without(text, sent))), limit)
}

// find marks the bytes of text that are part of something sent. Values may overlap.
func (s *scrubber) find(text string) []bool {
	sent := make([]bool, len(text))
	for _, r := range readings(text) {
		for _, value := range s.values {
			r.mark(sent, value)
		}
	}
	return sent
}

// without is text with each run of marked bytes replaced.
func without(text string, marked []bool) string {
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !marked[i]:
			b.WriteByte(text[i])
		case i == 0 || !marked[i-1]:
			b.WriteString(printedSecret)
		}
	}
	return b.String()
}

// oneLine puts text on one line: white space becomes a single blank, and what does not print goes.
func oneLine(text string) string {
	var b strings.Builder
	blank := false
	for _, r := range text {
		if unicode.IsSpace(r) {
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
			continue
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			blank = false
		}
	}
	return b.String()
}

// firstRunes is at most n characters of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
