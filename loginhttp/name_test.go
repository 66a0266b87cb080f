package loginhttp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ops@example.com", "a b", "ö"} {
		require.NoError(t, loginhttp.Name("example", "Username", name))
	}
	for name, reason := range map[string]string{
		"": "is required", " \t": "is required", "\u00a0": "is required",
		"a\nb": "holds a control character", "a\x00": "holds a control character", "a\t": "holds a control character",
		" a": "has blanks around it", "a ": "has blanks around it", "a\u00a0": "has blanks around it",
	} {
		err := loginhttp.Name("example", "Username", name)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%q", name)
		assert.ErrorContains(t, err, "Username "+reason, "%q", name)
	}
}
