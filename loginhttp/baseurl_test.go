package loginhttp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://api.example.com":            "https://api.example.com",
		"HTTPS://API.Example.COM":            "https://api.example.com",
		"https://api.example.com/":           "https://api.example.com",
		"https://api.example.com//":          "https://api.example.com",
		"https://api.example.com/API/v1/":    "https://api.example.com/API/v1",
		"https://api.example.com/a%2Fb/c%20": "https://api.example.com/a%2Fb/c%20",
		"https://api.example.com:443/v1":     "https://api.example.com/v1",
		"https://api.example.com:8443":       "https://api.example.com:8443",
		"https://api.example.com:80":         "https://api.example.com:80",
		"https://[2001:DB8::1]:443/":         "https://[2001:db8::1]",
		"http://localhost":                   "http://localhost",
		"http://LOCALHOST:80/":               "http://localhost",
		"http://127.0.0.1:8080/v1":           "http://127.0.0.1:8080/v1",
		"http://127.8.9.1":                   "http://127.8.9.1",
		"http://[::1]:8080":                  "http://[::1]:8080",
	} {
		got, err := loginhttp.BaseURL(given, "", false)
		require.NoError(t, err, given)
		assert.Equal(t, want, got)
		again, err := loginhttp.BaseURL(got, "", false)
		require.NoError(t, err, got)
		assert.Equal(t, got, again)
	}
}

func TestBaseURLDefault(t *testing.T) {
	t.Parallel()
	got, err := loginhttp.BaseURL("", "https://API.example.com/", false)
	require.NoError(t, err)
	assert.Equal(t, "https://api.example.com", got)
	got, err = loginhttp.BaseURL("http://api.example.com", "https://other.example.com", true)
	require.NoError(t, err)
	assert.Equal(t, "http://api.example.com", got)
}

func TestBaseURLRejections(t *testing.T) {
	t.Parallel()
	for given, reason := range map[string]string{
		"":                                      "is required",
		"://":                                   "is not a URL",
		"https://api.example.com\n":             "is not a URL",
		" https://api.example.com":              "is not a URL",
		"https://exam ple.com":                  "is not a URL",
		"https://%zz/":                          "is not a URL",
		"https://ops:example-password@%zz/":     "is not a URL",
		"https://[::1":                          "is not a URL",
		"https://api.example.com:port":          "is not a URL",
		"api.example.com":                       `does not begin with "https://"`,
		"api.example.com:443":                   `does not begin with "https://"`,
		"/v1":                                   `does not begin with "https://"`,
		"//api.example.com":                     `does not begin with "https://"`,
		"ftp://api.example.com":                 `does not begin with "https://"`,
		"javascript:alert(1)":                   `does not begin with "https://"`,
		"https:api.example.com":                 "has no valid host",
		"https://":                              "has no valid host",
		"https:///v1":                           "has no valid host",
		"https://b\u00fccher.example":           "has a host that is not ASCII",
		"https://b%c3%bccher.example":           "has a host that is not ASCII",
		"https://\xed":                          "has a host that is not ASCII",
		"https://[fe80::1%25eth0]":              "has a host that is not ASCII",
		"https://:443":                          "has no valid host",
		"https://api.example.com:":              "has no valid host",
		"https://api.example.com:0":             "has no valid host",
		"https://api.example.com:65536":         "has no valid host",
		"https://api.example.com?":              "has a query",
		"https://api.example.com/?a=example":    "has a query",
		"https://api.example.com#":              "has a fragment",
		"https://api.example.com/#/login":       "has a fragment",
		"https://ops:example-password@host.com": "holds a user name or a password",
		"https://example-password@host.com":     "holds a user name or a password",
		"https://@host.com":                     "holds a user name or a password",
		"http://api.example.com":                "is plain http: credentials go over https only, unless AllowPlainHTTP is set",
		"http://10.0.0.1":                       "is plain http: credentials go over https only, unless AllowPlainHTTP is set",
		"http://localhost.example.com":          "is plain http: credentials go over https only, unless AllowPlainHTTP is set",
		"http://127.0.0.1.example.com":          "is plain http: credentials go over https only, unless AllowPlainHTTP is set",
		"http://127.1":                          "is plain http: credentials go over https only, unless AllowPlainHTTP is set",
		"http://0.0.0.0":                        "is plain http: credentials go over https only, unless AllowPlainHTTP is set",
		"http://[::]":                           "is plain http: credentials go over https only, unless AllowPlainHTTP is set",
	} {
		got, err := loginhttp.BaseURL(given, "", false)
		assert.Empty(t, got)
		assertKind(t, vendorlogin.ErrInvalidRequest, err)
		own := failure(t, err)
		assert.Equal(t, []vendorlogin.FieldError{{Field: "BaseURL", Reason: reason}}, own.Fields, given)
		assert.True(t, own.Unprocessed)
		assertHides(t, err, "example-password", "ops", "host.com")
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	err := loginhttp.Invalid("example", "Email", "is required")
	assert.EqualError(t, err, "example: new: invalid request: Email is required")
	assertKind(t, vendorlogin.ErrInvalidRequest, err)
}

func FuzzBaseURL(f *testing.F) {
	for _, given := range []string{"https://api.example.com/v1/", "HTTP://LOCALHOST:80", "https://[::1]:443//", "https://a:b@c",
		"https://x/%2F#", "http://0/0@", "x"} {
		f.Add(given, true)
	}
	f.Fuzz(func(t *testing.T, given string, plain bool) {
		got, err := loginhttp.BaseURL(given, "", plain)
		if err != nil {
			failure(t, err)
			return
		}
		again, err := loginhttp.BaseURL(got, "", plain)
		require.NoError(t, err)
		require.Equal(t, got, again)
		base, err := url.Parse(got)
		require.NoError(t, err)
		require.Nil(t, base.User) // an "@" in the path is none
		require.NotContains(t, got, "?")
		require.NotContains(t, got, "#")
		v := responding(204, "")
		_, err = loginhttp.Endpoint{Account: vendorlogin.Account{Endpoint: got}, HTTPClient: &http.Client{Transport: v}, AllowPlainHTTP: plain}.
			Do(t.Context(), loginhttp.Call{Op: "login", Path: "/login"}, nil)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(v.requests[0].URL.String(), got+"/login"))
	})
}
