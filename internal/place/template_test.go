package place_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/place"
)

// values are by name. One that begins with "!" cannot be read.
type values map[string]string

func (v values) Value(_ context.Context, name string) (string, bool, error) {
	value := v[name]
	if value == "!" {
		return "", false, errors.New("cannot be read")
	}
	return value, value != "", nil
}

func (v values) Typed(name string) bool { return name == "number" }

func TestParse(t *testing.T) {
	t.Parallel()
	for template, want := range map[string][]place.Part{
		"":              nil,
		"a":             {{Text: "a"}},
		"${a}":          {{Name: "a"}},
		"x${a}y${b-c}z": {{Text: "x"}, {Name: "a"}, {Text: "y"}, {Name: "b-c"}, {Text: "z"}},
		"$${a}${b}":     {{Text: "${a}"}, {Name: "b"}},
		"$a$":           {{Text: "$a$"}},
	} {
		parts, err := place.Parse(template)
		require.NoError(t, err)
		assert.Equal(t, want, parts, template)
	}
	for _, bad := range []string{"${", "${}", "${a", "${a b}", "${1}", "x${a.b}", "${a}${"} {
		_, err := place.Parse(bad)
		assert.Error(t, err, bad)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	known := values{"a": "1", "b": "${a}", "bad": "!"}
	for template, want := range map[string]string{"${a}-${b}": "1-${a}", "$${a}": "${a}", "none": "none", "${gone}": "", "x${gone}": ""} {
		filled, ok, err := place.Fill(t.Context(), template, known, place.AsItIs)
		require.NoError(t, err)
		assert.Equal(t, want, filled)
		assert.Equal(t, want != "", ok)
	}
	_, _, err := place.Fill(t.Context(), "${bad}", known, place.AsItIs)
	require.Error(t, err)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	filled, ok, err := place.JSON(t.Context(), map[string]any{"n": "${number}", "t": "n${number}", "gone": "${gone}",
		"l": []any{"${gone}", 1}},
		values{"number": "7"})
	require.NoError(t, err)
	assert.True(t, ok)
	object := filled.(map[string]any)
	assert.Equal(t, []any{1}, object["l"])
	assert.Equal(t, "n7", object["t"])
	assert.NotContains(t, object, "gone")
	assert.EqualValues(t, "7", object["n"])
}

// A scheme that the value begins with is written once, also where the template has a literal "${" in its scheme.
func TestHeaderScheme(t *testing.T) {
	t.Parallel()
	get := values{"token": "bearer t-1", "short": "x"}
	for template, want := range map[string]string{
		"Bearer ${token}": "Bearer t-1", "Basic ${token}": "Basic bearer t-1", "Bearer ${short}": "Bearer x", "$${$${ ${short}": "${${ x",
		"${token}": "bearer t-1",
	} {
		header, err := place.Header(t.Context(), map[string]string{"X-K": template}, nil, nil, get)
		require.NoError(t, err)
		assert.Equal(t, want, header.Get("X-K"), template)
	}
}
