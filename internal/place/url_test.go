package place_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/place"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	u, err := place.ParseURL("https://${region}.v.example:8443/a/${b}/c%20d?x=1%2B${y}&z=")
	require.NoError(t, err)
	assert.Equal(t, place.URL{
		Scheme: "https", Host: "${region}.v.example:8443", Path: "/a/${b}/c%20d", Query: map[string]string{"x": "1+${y}", "z": ""},
	}, u)
	u, err = place.ParseURL("${base}/x")
	require.NoError(t, err)
	assert.Equal(t, "base", u.Lead)
	for _, bad := range []string{
		"", "v.example", "ftp://v.example", "https://", "https:///x", "https://u@v.example", "https://v.example#x", "https://v.example/ x",
		"https://v example", "https://v.example/../x", "https://v.example/%2e%2e/x", "https://v.example/%zz", "https://v.example?a=1&a=2",
		"https://v.example?${a}=1", "https://v.example?a=%zz", "${base}x", "${base", "https://v..example", "https://v.example:0/",
	} {
		_, err := place.ParseURL(bad)
		assert.Error(t, err, bad)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	hosts := place.Hosts{Origins: []string{"https://api.v.example"}, Patterns: []string{"*.w.example", "x.example", "y.example:8443"}}
	for address, want := range map[string]bool{
		"https://api.v.example/x": true, "https://API.v.example:443": true, "https://api.v.example:8443": false, "http://api.v.example": false,
		"https://a.w.example": true, "https://a.b.w.example:8443": true, "https://w.example": false, "https://aw.example": false,
		"https://x.example": true, "https://x.example:1": true, "https://y.example:8443": true, "https://y.example": false,
		"https://u@x.example": false, "ftp://x.example": false, "//x.example": false, "https://evil.example": false,
	} {
		u, err := url.Parse(address)
		require.NoError(t, err)
		assert.Equal(t, want, hosts.Allows(u), address)
	}
}
