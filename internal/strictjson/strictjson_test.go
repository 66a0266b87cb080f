package strictjson_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/internal/strictjson"
)

type inner struct {
	Name string `json:"name"`
}

type file struct {
	Text   string            `json:"text"`
	Loose  string            `json:"loose" scalar:"true"`
	Number int               `json:"number"`
	Flag   bool              `json:"flag"`
	For    time.Duration     `json:"for"`
	Texts  []string          `json:"texts"`
	Map    map[string]string `json:"map"`
	Inner  *inner            `json:"inner"`
	List   []inner           `json:"list"`
	Any    any               `json:"any"`
	hidden int
}

func TestDecode(t *testing.T) {
	t.Parallel()
	var got file
	lines, mistakes := strictjson.Decode([]byte(`{"text": "a", "loose": 5, "number": 7, "flag": true, "for": "2d",
"texts": "one", "map": {"n": 1, "b": true},
"inner": {"name": "i"}, "list": [{"name": "l"}], "any": {"x": [1, null]}}`), &got)
	assert.Empty(t, mistakes)
	assert.Equal(t, 3, lines["list[0].name"])
	assert.Equal(t, []any{"a", "5", 7, true, 48 * time.Hour}, []any{got.Text, got.Loose, got.Number, got.Flag, got.For})
	assert.Equal(t, []string{"one"}, got.Texts)
	assert.Equal(t, map[string]string{"n": "1", "b": "true"}, got.Map)
	assert.Equal(t, "i", got.Inner.Name)
	assert.Equal(t, []inner{{"l"}}, got.List)
	assert.Zero(t, got.hidden)
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]strictjson.Mistake{
		`{"txet": 1}`: {Path: "txet", Reason: "is unknown; did you mean text?"},
		`{"hidden": 1}`: {Path: "hidden", Reason: "is unknown; known are any, flag, for, inner, list, loose, map, number, " +
			"text, texts"},
		`{"text": 1}`:              {Path: "text", Reason: "must be a text, and is a number"},
		`{"number": 1.5}`:          {Path: "number", Reason: "must be a whole number, and is a number"},
		`{"list": {"name": "x"}}`:  {Path: "list", Reason: "must be a list, and is an object"},
		`{"inner": []}`:            {Path: "inner", Reason: "must be an object, and is a list"},
		`{"map": {"a": {}}}`:       {Path: "map.a", Reason: "must be a text, and is an object"},
		`{"text": "", "text": ""}`: {Path: "text", Reason: "is there twice"},
		`{"for": 5}`:               {Path: "for", Reason: `must be a duration such as "90s", "1h30m" or "30d"`},
		`{`:                        {Path: "", Reason: "ends too early"},
		`{"text": nul}`:            {Path: "", Reason: "is not JSON"},
	} {
		var got file
		_, mistakes := strictjson.Decode([]byte(text), &got)
		assert.Equal(t, []strictjson.Mistake{want}, mistakes, text)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	assert.Empty(t, strictjson.Nearest("name", nil))
	known := []string{"make", "name", "user", "base"}
	for name, want := range map[string]string{
		"nmae": "; did you mean name?", "User": "; did you mean user?", "bas": "; did you mean base?",
		"maka": "; did you mean make?", "bass": "; did you mean base?", "nine": "; known are base, make, name, user",
		"xyzzyx": "; known are base, make, name, user", "": "; known are base, make, name, user",
	} {
		assert.Equal(t, want, strictjson.Nearest(name, known), name)
	}
}
