package httpcookie_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/httpcookie"
)

func TestIsDeletion(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for line, want := range map[string]bool{
		"a=b":            false,
		"a=":             true,
		`a=""`:           true,
		"a=b; Max-Age=0": true,
		"a=b; Max-Age=-1; Expires=Sat, 28 Nov 2026 13:00:00 GMT":     true,
		"a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT":     false,
		"a=b; Expires=Sat, 28 Nov 2026 12:00:01 GMT":                 false,
		"a=b; Expires=Sat, 28 Nov 2026 11:59:59 GMT":                 true,
		"a=deleted; Expires=Thu, 01-Jan-1970 00:00:01 GMT":           true,
		"a=deleted; Expires=Thu, 01-Jan-70 00:00:01 GMT":             true,
		"a=deleted; Expires=Thursday, 01-Jan-70 00:00:00 GMT":        true,
		"a=deleted; Expires=Thu, 1 Jan 1970 00:00:00 GMT":            true,
		"a=deleted; Expires=Thu, 01 Jan 1970 00:00:00 gmt":           true,
		"a=deleted; Expires=Thu, 01 Jan 1970 00:00:00 utc":           true,
		"a=deleted; Expires=Thu, 01 Jan 1970 00:00:00 +0000":         true,
		"a=deleted; Expires=Thu Jan  1 00:00:00 1970":                true,
		"a=deleted; Expires=1970-01-01T00:00:00Z":                    true,
		"a=deleted; Expires=Mon, 01 Jan 0001 00:00:00 GMT":           true,
		"a=deleted; Expires=0":                                       true,
		"a=deleted; Expires=-1":                                      true,
		"a=b; Expires=Saturday, 28-Nov-26 13:00:00 GMT":              false,
		"a=b; Expires=Sat, 28-Nov-2026 13:00:00 GMT":                 false,
		"a=b; Expires=2026-11-28T13:00:00Z":                          false,
		"a=b; Expires=when the cows come home":                       false,
		"a=b; Expires=Sat, 28 Nov 2026 13:00:00 GMT; Path=/; Secure": false,
	} {
		c, err := http.ParseSetCookie(line)
		require.NoError(t, err, line)
		assert.Equal(t, want, httpcookie.IsDeletion(c, now), line)
	}
}
