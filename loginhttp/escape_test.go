package loginhttp

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEscapes(t *testing.T) {
	t.Parallel()
	type meant struct {
		meaning string
		length  int
	}
	for _, c := range []struct {
		read escape
		text string
		want meant
	}{
		{backslash, `\n`, meant{" ", 2}}, {backslash, `\r`, meant{" ", 2}}, {backslash, `\t`, meant{" ", 2}}, {backslash, `\b`, meant{" ", 2}},
		{backslash, `\f`, meant{" ", 2}}, {backslash, `\v`, meant{" ", 2}}, {backslash, `\a`, meant{" ", 2}}, {backslash, `\0`, meant{" ", 2}},
		{backslash, `\"x`, meant{`"`, 2}}, {backslash, `\\`, meant{`\`, 2}}, {backslash, `\q`, meant{}}, {backslash, `\`, meant{}},
		{backslash, `n`, meant{}}, {backslash, `xn`, meant{}},
		{backslash, `\x41b`, meant{"A", 4}}, {backslash, `\x4`, meant{}}, {backslash, `\xzz`, meant{}},
		{backslash, `\U0001F600x`, meant{"😀", 10}}, {backslash, `\U0001F60`, meant{}},
		{backslash, `\u0041`, meant{"A", 6}}, {backslash, `\u004`, meant{}}, {backslash, `\u004g`, meant{}},
		{backslash, `\ud83d\ude00`, meant{"😀", 12}}, {backslash, `\ud83d\ude0`, meant{"\ufffd", 6}}, {backslash, `\ud83d`, meant{"\ufffd", 6}},
		{backslash, `\ud83dxude000`, meant{"\ufffd", 6}}, {backslash, `\ud83d\xde000`, meant{"\ufffd", 6}},
		{backslash, `\ud83d\ude0g`, meant{"\ufffd", 6}},
		{backslash, `\u0041\u0042`, meant{"A", 6}},
		{percent, "%41b", meant{"A", 3}}, {percent, "%4", meant{}}, {percent, "%4g", meant{}}, {percent, "a", meant{}},
		{plus, "+", meant{" ", 1}}, {plus, "%2B", meant{"+", 3}}, {plus, "a", meant{}},
		{entity, "&amp;x", meant{"&", 5}}, {entity, "&#65;", meant{"A", 5}}, {entity, "&qqq;", meant{}}, {entity, "&amp", meant{}},
		{entity, "&", meant{}}, {entity, "a;", meant{}}, {entity, "&;", meant{}}, {entity, "&aaaaaaaaaaaaaa;", meant{}},
	} {
		meaning, length := c.read(c.text)
		assert.Equal(t, c.want, meant{meaning, length}, c.text)
	}
}
