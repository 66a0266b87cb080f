package specyaml_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec/specyaml"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReadMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"name: v\ninputs:\n  - name: u\n    secrit: true\n":                       "line 4: inputs[0].secrit is unknown; did you mean secret?",
		"name: v\nlogin:\n  - url: x\n    json: |\n      a\n      b\n    kep: {}": "line 7: login[0].kep is unknown; did you mean keep?",
		"name: &a v":            "anchors and aliases",
		"a: &x 1\nb: *x":        "anchors and aliases",
		"<<: {name: v}":         "a key must be a text",
		"{[a]: 1}":              "a key must be a text",
		"name: v\n---\nname: w": "line 2: has more than one document",
		"":                      "is empty",
		"{name: v}\nuser: u":    "line 2: did not find expected <document start>",
		"name: [":               "did not find expected node content",
		"name: v\nuse:\n  header: {A: ${x}, B: ${y}}":    "line 3: did not find expected ',' or '}'; inside { } and [ ] a value needs quotes",
		"name: v\nlogin:\n  - url: x\n   json: y":        "line 4: did not find expected '-' indicator, or line 3 is wrong; the keys of",
		"name: v\nlogin:\n\t- url: x":                    "line 3: found character that cannot start any token; YAML is indented with blanks",
		"name: v\nlogin:\n  - url: x\n\t  form: {a: b}":  "line 4: found a tab character that violates indentation; YAML is indented with blanks",
		"name: v\nuse: x: y":                             "line 2: mapping values are not allowed in this context, or line 1 is wrong; a value",
		"name: v\nuser: u\n base: b\nlife: 1h\n":         "line 3: mapping values are not allowed in this context, or line 2 is wrong",
		"name: v\n\n# c\nuser: x: y\nlife: 1h\n":         "line 4: mapping values are not allowed in this context, or line 1 is wrong",
		"name: v\nlogin:\n  - url x\n    json: y":        "line 4: mapping values are not allowed in this context, or line 3 is wrong",
		"name: v\nmake: {a: b}}\nlife: 1h\n":             "line 2: did not find expected key, or line 1 is wrong; keys of one mapping are",
		"name: v\nuser u\nbase: b\nlogin:\n  - url: x\n": "line 2: could not find expected ':'",
		"name: v\nuser: \x01\nbase: b\n":                 "line 2: control characters are not allowed",
		"name: v\nuser: \xff\nbase: b\n":                 "line 2: invalid leading UTF-8 octet",
		"name: v\nuser: 'u\nbase: b\n":                   "line 2: found unexpected end of stream",
		"name: v\nuser: \"u\\q\"\nbase: b\n":             "line 2: found unknown escape character",
		"name: v\nname: w":                               "is there twice",
		strings.Repeat("[", 500):                         "",
		"login:\n  - url: x\n    status: [yes]":          "line 3: login[0].status[0] must be a whole number, and is a text",
	} {
		_, err := specyaml.Read(strings.NewReader(text))
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, text)
		assert.ErrorContains(t, err, want)
	}
}

// The line is that of the mistake in a file of many lines too, whatever begins and ends before.
func TestLineInALongFile(t *testing.T) {
	t.Parallel()
	right := strings.Repeat("  - url: x\n    json: {a: b,\n      c: d}\n", 300)
	for wrong, want := range map[string]string{
		"   json: y":                      "line 902: did not find expected '-' indicator, or line 901 is wrong",
		"  - url: y\n    json: {a: ${b}}": "line 903: did not find expected ',' or '}'",
	} {
		_, err := specyaml.Read(strings.NewReader("login:\n" + right + wrong + "\n" + right))
		assert.ErrorContains(t, err, want)
	}
}

// YAML's own spellings of a value come out as JSON has them.
func TestReadValues(t *testing.T) {
	t.Parallel()
	spec, err := specyaml.Read(strings.NewReader(`
name: 'v'
login:
  - url: https://a.example
    json: {hex: 0x10, float: 1.50, date: 2026-01-02, "no": no, t: True, "n": ~, text: "1", block: "a\nb", 5: five}
`))
	require.NoError(t, err)
	data := spec.Login[0].JSON.(map[string]any)
	assert.Equal(t, "0x10", data["hex"])
	assert.Equal(t, "1.50", data["float"].(interface{ String() string }).String())
	assert.Equal(t, "2026-01-02", data["date"])
	assert.Equal(t, "no", data["no"])
	assert.Equal(t, true, data["t"])
	assert.Nil(t, data["n"])
	assert.Equal(t, "1", data["text"])
	assert.Equal(t, "a\nb", data["block"])
	assert.Equal(t, "five", data["5"])
}
