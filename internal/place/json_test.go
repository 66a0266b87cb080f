package place_test

import (
	"encoding/json"
	"encoding/xml"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/place"
)

// A value in a text that is JSON or XML of its own is escaped for that; in any other text it stands as it is.
func TestInText(t *testing.T) {
	t.Parallel()
	const value = "u\",\"admin\":\"1\\</u><a>&'\n"
	get := values{"v": value, "n": "7"}
	for _, template := range []string{
		`{"x":"${v}"}`, ` {"x": "${v}"} `, `{"x":"${v}","n":${n}}`, `{"x":"${v}","l":"$${v}"}`,
	} {
		var got struct{ X string }
		require.NoError(t, json.Unmarshal([]byte(fill(t, template, get)), &got), template)
		assert.Equal(t, value, got.X)
	}
	var list []string
	require.NoError(t, json.Unmarshal([]byte(fill(t, `["${v}"]`, get)), &list))
	assert.Equal(t, []string{value}, list)
	for _, template := range []string{
		`<r><x>${v}</x></r>`, "\n<r>\n<x>${v}</x></r>\n", `<?xml version="1.0"?><r><x>${v}</x></r>`, `<r x="${v}"/>`,
	} {
		var got struct {
			X string `xml:"x"`
			A string `xml:"x,attr"`
		}
		require.NoError(t, xml.Unmarshal([]byte(fill(t, template, get)), &got), template)
		assert.Equal(t, value, got.X+got.A)
	}
	for _, template := range []string{"${v}", "x${v}", `{${v}}`, `<${v}>`, "{ ${v}", `"${v}"`, "a < ${v} >"} {
		assert.Contains(t, fill(t, template, get), value, template)
	}
}

func fill(t *testing.T, template string, get place.Values) string {
	filled, ok, err := place.Fill(t.Context(), template, get, place.InText(template))
	require.NoError(t, err)
	require.True(t, ok)
	return filled
}
