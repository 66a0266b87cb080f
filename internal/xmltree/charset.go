package xmltree

import (
	"errors"
	"io"
	"strings"
)

// windows1252 is what the bytes 0x80 to 0x9f are in the charset that browsers take ISO-8859-1 for. The other bytes are the
// characters of the same number.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// ErrCharset is that a document is in a charset that is not read.
var ErrCharset = errors.New("its charset is none of UTF-8, ISO-8859-1 and windows-1252")

// decoded is a document in another charset than UTF-8: ASCII, ISO-8859-1 and windows-1252 are read.
func decoded(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "utf8":
		return in, nil
	case "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252":
	default:
		return nil, ErrCharset
	}
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	text := make([]rune, len(data))
	for i, c := range data {
		if text[i] = rune(c); c >= 0x80 && c <= 0x9f {
			text[i] = windows1252[c-0x80]
		}
	}
	return strings.NewReader(string(text)), nil
}
