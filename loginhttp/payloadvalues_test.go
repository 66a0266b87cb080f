package loginhttp_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A body that cannot be read to its end is one value.
func TestEchoOfAWholeBody(t *testing.T) {
	t.Parallel()
	body := "<l><!x<p>example password</p></l>"
	call := loginhttp.Call{Op: "login", Method: "POST", Body: []byte(body), Header: http.Header{"Content-Type": {"text/xml"}}}
	assert.Equal(t, "no [redacted] here", echo(t, call, "no "+body+" here").Message)
}

// What is in a body, of whatever kind, and in Secrets does not come back in an error.
func TestEchoedBodies(t *testing.T) {
	t.Parallel()
	typed := func(name string) http.Header { return http.Header{"Content-Type": {name}} }
	for name, call := range map[string]loginhttp.Call{
		"form":          {Form: url.Values{"password": {"example password"}}},
		"bytes, form":   {Body: []byte("password=example+password"), Header: typed("application/x-www-form-urlencoded")},
		"bytes, JSON":   {Body: []byte(`{"password":"example password"}`), Header: typed("application/json")},
		"bytes, XML":    {Body: []byte(`<l><p>example password</p></l>`), Header: typed("text/xml")},
		"XML attribute": {Body: []byte(`<l p="example password"/>`), Header: typed("text/xml")},
		"sloppy XML":    {Body: []byte(`<l a=b><p>example password</p></l>`), Header: typed("text/xml")},
		"broken XML":    {Body: []byte(`<l><p>example password</l>`), Header: typed("text/xml")},
		"bytes, text":   {Body: []byte(`example password`), Header: typed("text/plain")},
		"Secrets":       {Body: []byte(`MAC of it`), Header: typed("text/plain"), Secrets: []string{"example password"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call.Op, call.Method = "login", "POST"
			own := echo(t, call, "no user with example password, example&#32;password or example+password")
			assertHides(t, own, "example password", "example&#32;password", "example+password")
			assert.Contains(t, own.Message, "no user with [redacted]")
		})
	}
}
