package loginhttp_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// echo is what an error keeps of text, which a vendor answers to call.
func echo(t *testing.T, call loginhttp.Call, text string) *vendorlogin.Error {
	t.Helper()
	e := endpoint(answering(400, "{}"))
	e.Classify = func(*loginhttp.Answer) *vendorlogin.Error {
		return &vendorlogin.Error{Code: text, Message: text, Fields: []vendorlogin.FieldError{{Field: text, Reason: text}}}
	}
	_, err := e.Do(t.Context(), call, nil)
	own := failure(t, err)
	require.Equal(t, own.Message, own.Fields[0].Reason)
	return own
}

// A vendor repeats what it was sent, in one way or another; none of it is left.
func TestEchoedValuesAreTakenOut(t *testing.T) {
	t.Parallel()
	const password = "Hush puppy&<p>\"ä\\+'ß😀\tword/%"
	call := loginhttp.Call{
		Op: "login", Method: "POST",
		Query: url.Values{"recovery": {"recovery-code-1"}},
		Header: http.Header{
			"Authorization": {"Bearer header-token"}, "X-Api-Key": {"example api key"},
			"Cookie":     {"access-token=cookie-1; refresh-token=\"cookie-2\""},
			"X-Upstream": {"Basic " + base64.StdEncoding.EncodeToString([]byte("basic-user:basic-password"))},
		},
		Body: map[string]any{"password": password, "otp": 321673, "nested": []any{map[string]any{"deep": "deep-value"}}},
	}
	asJSON, err := json.Marshal(password)
	require.NoError(t, err)
	escaped := strings.NewReplacer("ä", `\u00e4`, "ß", `\u00df`, "😀", `\ud83d\ude00`).Replace(string(asJSON))
	for name, text := range map[string]string{
		"raw":              password,
		"query":            url.QueryEscape(password),
		"query, lower":     strings.ToLower(url.QueryEscape(password)),
		"path":             url.PathEscape(password),
		"json":             string(asJSON),
		"go":               strconv.QuoteToASCII(password),
		"json, ascii":      escaped,
		"json in json":     strconv.Quote(escaped),
		"query in json":    strings.ReplaceAll(url.QueryEscape(password), "%", `\u0025`),
		"json in html":     html.EscapeString(string(asJSON)),
		"html":             html.EscapeString(password),
		"html, named":      strings.ReplaceAll(html.EscapeString(password), "&#34;", "&quot;"),
		"upper":            strings.ToUpper("header-token"),
		"number":           "321673",
		"deep":             "deep-value",
		"query value":      "recovery-code-1",
		"bearer":           "header-token",
		"header":           "example api key",
		"cookie":           "cookie-1",
		"quoted cookie":    "cookie-2",
		"basic user":       "basic-user",
		"basic password":   "basic-password",
		"with zero widths": "deep\u200b-va\x00lue",
		"across lines":     "example\napi  key",
		"twice":            "deep-valuedeep-value",
		"inside":           "xxdeep-valuexx",
		"overlapping":      "cookie-1cookie-2deep-valuerecovery-code-1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := echo(t, call, "refused: "+text+" is wrong")
			assert.True(t, strings.HasPrefix(own.Message, "refused: "), own.Message)
			assert.True(t, strings.HasSuffix(own.Message, " is wrong"), own.Message)
			assert.Contains(t, own.Message, "[redacted]")
			assertHides(t, own, password, text, strings.ToLower(text), "puppy", "word", "cookie", "header-t", "deep", "value",
				"recovery-c", "basic-", "321673", "api key")
		})
	}
}

func TestOtherWordsStay(t *testing.T) {
	t.Parallel()
	own := echo(t, login(), " Too many attempts,\r\n\ttry\u00a0again in 5 minutes. ")
	assert.Equal(t, "Too many attempts, try again in 5 minutes.", own.Message)
	own = echo(t, loginhttp.Call{Body: map[string]any{"a": "", "b": "x", "c": "yz", "d": true, "e": nil}}, "x yz true null")
	assert.Equal(t, "x yz true null", own.Message)
}

// Values are taken out before a text is cut: cut first, half a value would be left, and not be known.
func TestEchoedValuesAtTheCut(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("example-", 6) + "password"
	call := loginhttp.Call{Body: map[string]string{"password": secret}}
	for _, limit := range []int{64, 256, 4 << 10} {
		for before := limit - len(secret) - 1; before <= limit+1; before++ {
			for _, text := range []string{
				strings.Repeat(".", max(0, before)) + secret + "...",
				strings.Repeat(secret, max(0, before)/len(secret)) + strings.Repeat(" ", max(0, before)%len(secret)) + secret + secret,
			} {
				own := echo(t, call, text)
				require.NotContains(t, own.Message+own.Code, "example")
				require.NotContains(t, own.Message+own.Code, "word")
				require.LessOrEqual(t, len(own.Message), 256)
			}
		}
	}
}

// Two values may overlap in the text.
func TestOverlappingValues(t *testing.T) {
	t.Parallel()
	call := loginhttp.Call{Body: []string{"abcdef", "defghi", "hix"}}
	assert.Equal(t, "[redacted]", echo(t, call, "abcdefghix").Message)
	assert.Equal(t, "[redacted]z", echo(t, call, "abcdefdefghiz").Message)
	call = loginhttp.Call{Body: []string{"abcabc"}}
	assert.Equal(t, "[redacted]", echo(t, call, "abcabcabc").Message)
}

// A redirect names where to, and nothing that could have been sent.
func TestRedirectTarget(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"https://example-user:example-password@other.example.net/in?password=example-password#x": "redirects to https://other.example.net/in",
		"/v1/login/?q=example-password":              "redirects to https://api.example.com/v1/login/",
		"//other.example.net/example-password/x":     "redirects to https://other.example.net/[redacted]/x",
		"http://api.example.com/EXAMPLE%2Dpassword/": "redirects to http://api.example.com/[redacted]/",
		"mailto:example-password":                    "redirects to mailto:",
		"http://[bad/example-password":               "a redirect, which is not followed",
		"http://x/%zzexample-password":               "a redirect, which is not followed",
		"":                                           "a redirect, which is not followed",
	} {
		for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
			v := answering(status, "example-password", "Location", location)
			_, err := endpoint(v).Do(t.Context(), login(), &struct{}{})
			assertKind(t, vendorlogin.ErrBadResponse, err)
			own := failure(t, err)
			assert.EqualError(t, own.Err, want, location)
			assert.Equal(t, status, own.Status)
			assert.False(t, own.Unprocessed)
			assert.Equal(t, 1, v.count())
			assertHides(t, err, "example-password", "example-user")
			assert.NotContains(t, err.Error(), "?")
		}
	}
}

// An answer that is no JSON is described, never quoted.
func TestUndecodable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ body, contentType, want string }{
		{"", "", "an empty body"},
		{" \n", "application/json", "an empty body"},
		{"<!DOCTYPE html><b>secret-token</b>", "", "an HTML page"},
		{"\n<HTML>secret-token", "application/json", "an HTML page"},
		{"secret-token", "text/html; charset=utf-8", "an HTML page"},
		{"secret-token", "text/plain", "not JSON at byte 1 of 12"},
		{`{"access":"secret-tok`, "", "not JSON at byte 21 of 21"},
		{`{"access":"secret-token"} secret`, "", "not JSON at byte 27 of 32"},
		{`{"access":987654321}`, "", "JSON of another shape: a wrong number at byte 19 of 20"},
		{`{"access":{"secret-token":1}}`, "", "JSON of another shape: a wrong object at byte 11 of 29"},
		{`["secret-token"]`, "", "JSON of another shape: a wrong array at byte 1 of 16"},
		{`"secret-token"`, "", "JSON of another shape: a wrong string at byte 14 of 14"},
		{`{"own":"secret-token"}`, "", "JSON of another shape"},
		{strings.Repeat("[", 20_000), "", "not JSON at byte 10001 of 20000"},
	} {
		var out struct {
			Access string
			Own    failingUnmarshaler
		}
		answer, err := endpoint(answering(200, test.body, "Content-Type", test.contentType)).Do(t.Context(), login(), &out)
		assertKind(t, vendorlogin.ErrBadResponse, err)
		assert.EqualError(t, failure(t, err).Err, test.want, test.body)
		assert.Equal(t, 200, failure(t, err).Status)
		assert.Equal(t, test.body, string(answer.Body))
		assertHides(t, err, "secret", "987654321")
	}
}

type failingUnmarshaler struct{}

func (failingUnmarshaler) UnmarshalJSON(data []byte) error { return fmt.Errorf("cannot read %s", data) }
