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
		"nothing":        {nil, nil, "", "", ""},
		"nothing, typed": {nil, nil, "application/json", "", "application/json"},
		"JSON":           {map[string]int{"a": 1}, nil, "", `{"a":1}`, "application/json"},
		"JSON, typed": {map[string]int{"a": 1}, nil, "application/json; charset=utf-8", `{"a":1}`,
			"application/json; charset=utf-8"},
		"JSON of a vendor": {map[string]int{"a": 1}, nil, "application/vnd.api+json", `{"a":1}`, "application/vnd.api+json"},
		"raw JSON":         {json.RawMessage(`{"a":1}`), nil, "", `{"a":1}`, "application/json"},
		"form": {nil, url.Values{"p": {"a b&c=+ä"}, "u": {"x"}}, "", "p=a+b%26c%3D%2B%C3%A4&u=x",
			"application/x-www-form-urlencoded"},
		"form, typed": {nil, url.Values{"u": {"x"}}, "application/x-www-form-urlencoded;charset=UTF-8", "u=x",
			"application/x-www-form-urlencoded;charset=UTF-8"},
		"empty form":    {nil, url.Values{}, "", "", "application/x-www-form-urlencoded"},
		"bytes of JSON": {[]byte(` {"a":1}`), nil, "application/json", ` {"a":1}`, "application/json"},
		"bytes of a form": {[]byte("a=1&b=%20"), nil, "application/x-www-form-urlencoded", "a=1&b=%20",
			"application/x-www-form-urlencoded"},
		"bytes of XML":             {[]byte("<a/>"), nil, "text/xml", "<a/>", "text/xml"},
		"bytes of XML with a mark": {[]byte("\ufeff\n<a/>"), nil, "application/soap+xml", "\ufeff\n<a/>", "application/soap+xml"},
		"text":                     {[]byte(`{"a"`), nil, "text/plain", `{"a"`, "text/plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := responding(204, "")
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
			v := responding(200, `{}`)
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

// A password may look like the escape for bytes that are not UTF-8, and may hold U+FFFD.
func TestDoSendsPasswordsThatLookEscaped(t *testing.T) {
	t.Parallel()
	for _, password := range []string{`\ufffd`, `\\ufffd`, "\ufffd", `a\ufffd\`} {
		v := responding(200, `{}`)
		_, err := endpoint(v).Do(t.Context(), loginhttp.Call{Op: "login", Method: "POST", Body: map[string]string{"p": password}}, nil)
		require.NoError(t, err, password)
		var body map[string]string
		require.NoError(t, json.Unmarshal([]byte(v.requests[0].body), &body))
		assert.Equal(t, password, body["p"])
	}
}

// FuzzBytesBody sends anything under any Content-Type: it goes out as it is, or not at all.
func FuzzBytesBody(f *testing.F) {
	f.Add([]byte(`{"a":"b"}`), "application/json; charset=utf-8")
	f.Add([]byte("a=b&c=%20"), "application/x-www-form-urlencoded")
	f.Add([]byte("<l p='a'><p>b</p></l>"), "text/xml")
	f.Add([]byte("a"), "multipart/form-data; boundary=x")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		v := responding(400, `{"message":"no"}`)
		e := endpoint(v)
		e.Classify = func(*loginhttp.Answer) *vendorlogin.Error { return &vendorlogin.Error{Message: string(body)} }
		call := loginhttp.Call{Op: "login", Method: "POST", Body: body, Header: http.Header{"Content-Type": {contentType}}}
		_, err := e.Do(t.Context(), call, nil)
		own := failure(t, err)
		if v.count() == 0 {
			require.Equal(t, vendorlogin.ErrInvalidRequest, own.Kind)
			require.True(t, own.Unprocessed)
			return
		}
		require.Equal(t, string(body), v.requests[0].body)
		require.Equal(t, contentType, v.requests[0].Header.Get("Content-Type"))
	})
}
