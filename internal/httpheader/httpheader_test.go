package httpheader_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
)

func TestValidValue(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"": true, "Bearer a.b-c_d": true, "a\tb": true, "ä": true, "~": true,
		"a\nb": false, "a\rb": false, "a\x00": false, "\x1f": false, "\x7f": false,
	} {
		assert.Equal(t, want, httpheader.ValidValue(value), "%q", value)
	}
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"X-Api-Key": true, "a!#$%&'*+.^_`|~9": true,
		"": false, "a b": false, `a"b`: false, "a:b": false, "a\x7f": false, "ä": false, "a\n": false,
	} {
		assert.Equal(t, want, httpheader.ValidName(name), "%q", name)
	}
}
