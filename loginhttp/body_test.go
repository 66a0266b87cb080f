package loginhttp_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// What is sent for each kind of body, and under which Content-Type.
func TestBodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body     any
		form     url.Values
		given    string
		sent     string
		sentType string
	}{
		"nothing":                  {nil, nil, "", "", ""},
		"nothing, typed":           {nil, nil, "application/json", "", "application/json"},
		"JSON":                     {map[string]int{"a": 1}, nil, "", `{"a":1}`, "application/json"},
		"JSON, typed":              {map[string]int{"a": 1}, nil, "application/json; charset=utf-8", `{"a":1}`, "application/json; charset=utf-8"},
		"JSON of a vendor":         {map[string]int{"a": 1}, nil, "application/vnd.api+json", `{"a":1}`, "application/vnd.api+json"},
		"raw JSON":                 {json.RawMessage(`{"a":1}`), nil, "", `{"a":1}`, "application/json"},
		"form":                     {nil, url.Values{"p": {"a b&c=+ä"}, "u": {"x"}}, "", "p=a+b%26c%3D%2B%C3%A4&u=x", "application/x-www-form-urlencoded"},
		"form, typed":              {nil, url.Values{"u": {"x"}}, "application/x-www-form-urlencoded;charset=UTF-8", "u=x", "application/x-www-form-urlencoded;charset=UTF-8"},
		"empty form":               {nil, url.Values{}, "", "", "application/x-www-form-urlencoded"},
		"bytes of JSON":            {[]byte(` {"a":1}`), nil, "application/json", ` {"a":1}`, "application/json"},
		"bytes of a form":          {[]byte("a=1&b=%20"), nil, "application/x-www-form-urlencoded", "a=1&b=%20", "application/x-www-form-urlencoded"},
		"bytes of XML":             {[]byte("<a/>"), nil, "text/xml", "<a/>", "text/xml"},
		"bytes of XML with a mark": {[]byte("\ufeff\n<a/>"), nil, "application/soap+xml", "\ufeff\n<a/>", "application/soap+xml"},
		"text":                     {[]byte(`{"a"`), nil, "text/plain", `{"a"`, "text/plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := answering(204, "")
			call := loginhttp.Call{Op: "login", Method: "POST", Body: test.body, Form: test.form, Header: http.Header{}}
			if test.given != "" {
				call.Header["content-type"] = []string{test.given}
			}
			_, err := endpoint(v).Do(t.Context(), call, nil)
			require.NoError(t, err)
			require.Equal(t, 1, v.count())
			assert.Equal(t, test.sent, v.requests[0].body)
			assert.Equal(t, test.sentType, v.requests[0].Header.Get("Content-Type"))
		})
	}
}

// A body that its Content-Type contradicts holds no credentials for the vendor: that must not cost an attempt.
func TestContradictingBodies(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	secret := vendorlogin.NewSecret("x").String()
	for name, test := range map[string]struct {
		body  any
		form  url.Values
		given []string
		field string
	}{
		"values":               {url.Values{"a": {"b"}}, nil, nil, "Body"},
		"values, typed":        {url.Values{"a": {"b"}}, nil, []string{form}, "Body"},
		"string":               {"a=b", nil, nil, "Body"},
		"string, typed":        {"a=b", nil, []string{form}, "Body"},
		"reader":               {strings.NewReader("a=b"), nil, nil, "Body"},
		"buffer":               {bytes.NewBufferString("a=b"), nil, []string{form}, "Body"},
		"JSON as a form":       {map[string]string{"a": "b"}, nil, []string{form}, "Content-Type"},
		"JSON as XML":          {map[string]string{"a": "b"}, nil, []string{"text/xml"}, "Content-Type"},
		"JSON as multipart":    {map[string]string{"a": "b"}, nil, []string{"multipart/form-data; boundary=x"}, "Content-Type"},
		"form as JSON":         {nil, url.Values{"a": {"b"}}, []string{"application/json"}, "Content-Type"},
		"both":                 {map[string]string{"a": "b"}, url.Values{"a": {"b"}}, nil, "Form"},
		"bytes without a type": {[]byte(`{"a":1}`), nil, nil, "Content-Type"},
		"bytes, form as JSON":  {[]byte(`a=b`), nil, []string{"application/json"}, "Content-Type"},
		"bytes, JSON as form":  {[]byte(` {"a":1}`), nil, []string{form}, "Content-Type"},
		"bytes, list as form":  {[]byte(`[1]`), nil, []string{form}, "Content-Type"},
		"bytes, XML as form":   {[]byte("<a/>"), nil, []string{form}, "Content-Type"},
		"bytes, no form":       {[]byte("a=%zz"), nil, []string{form}, "Content-Type"},
		"bytes, JSON as XML":   {[]byte(`{"a":1}`), nil, []string{"application/xml"}, "Content-Type"},
		"no bytes":             {[]byte{}, nil, []string{"application/json"}, "Content-Type"},
		"no media type":        {map[string]string{"a": "b"}, nil, []string{"json; ="}, "Content-Type"},
		"two":                  {map[string]string{"a": "b"}, nil, []string{"application/json", form}, "Content-Type"},
		"bytes with a Secret":  {[]byte(`{"a":"` + secret + `"}`), nil, []string{"application/json"}, "Body"},
		"form with a Secret":   {nil, url.Values{"password": {secret}}, nil, "password"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := answering(200, `{}`)
			call := loginhttp.Call{Op: "login", Method: "POST", Body: test.body, Form: test.form}
			if test.given != nil {
				call.Header = http.Header{"Content-Type": test.given}
			}
			_, err := endpoint(v).Do(t.Context(), call, nil)
			assertKind(t, vendorlogin.ErrInvalidRequest, err)
			assert.Equal(t, test.field, failure(t, err).Fields[0].Field)
			assert.True(t, failure(t, err).Unprocessed)
			assert.Zero(t, v.count())
		})
	}
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

// Base sends one call to another host, under the rules of Account.Endpoint.
func TestBase(t *testing.T) {
	t.Parallel()
	v := answering(401, `{}`)
	call := login()
	call.Base = "https://login.example.net/oauth/"
	answer, err := endpoint(v).Do(t.Context(), call, nil)
	assert.Equal(t, "https://login.example.net/oauth/login", v.requests[0].URL.String())
	assert.Equal(t, "POST login.example.net/oauth/login", failure(t, err).Request)
	assert.Equal(t, account, failure(t, err).Account)
	assert.Equal(t, "POST login.example.net/oauth/login", endpoint(v).Missing(call, answer, "token").Request)

	for _, bad := range []string{"http://login.example.net", "https://u:example-password@login.example.net", "https://login.example.net?a=b", "login.example.net", "//x"} {
		call.Base = bad
		_, err = endpoint(v).Do(t.Context(), call, nil)
		assertKind(t, vendorlogin.ErrInvalidRequest, err)
		assert.Equal(t, "Base", failure(t, err).Fields[0].Field)
		assertHides(t, err, "example-password")
	}
	assert.Equal(t, 1, v.count())

	e := endpoint(v)
	e.AllowPlainHTTP, call.Base = true, "http://login.example.net"
	_, _ = e.Do(t.Context(), call, nil)
	e.AllowPlainHTTP, call.Base = false, "http://127.0.0.1:1"
	_, _ = e.Do(t.Context(), call, nil)
	assert.Equal(t, 3, v.count())
}

// XML and text are read as they are.
func TestBodyAsBytes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"<token>a</token>", "", "plain", `"quoted"`} {
		var out []byte
		answer, err := endpoint(answering(200, body)).Do(t.Context(), login(), &out)
		require.NoError(t, err)
		assert.Equal(t, body, string(out))
		assert.Equal(t, body, string(answer.Body))
	}
}

// Missing names the request as Do does.
func TestMissing(t *testing.T) {
	t.Parallel()
	own := endpoint(nil).Missing(loginhttp.Call{Op: "login", Path: "/login"}, &loginhttp.Answer{Status: 200}, "token")
	assert.Equal(t, "GET api.example.com/v1/login", own.Request)
	assert.EqualError(t, own, "example (ops@example.com): login: bad response (200, GET api.example.com/v1/login): token")
}
