package loginhttp

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestJSONNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0": 0, "-1": -1, "1.5": 1.5, "1e9": 1e9, "1E+2": 100, "9": 9} {
		got, ok := jsonNumber(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "-", "e", "01", "+1", ".5", "1.", "null", "true", `"1"`, "[1]", "1 2", "0x1", "1e999"} {
		_, ok := jsonNumber(text)
		assert.False(t, ok, text)
	}
}
