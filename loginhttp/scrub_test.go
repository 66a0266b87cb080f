package loginhttp_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
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

// echo is what an error keeps of text, with which a vendor responds to call.
func echo(t *testing.T, call loginhttp.Call, text string) *vendorlogin.Error {
	t.Helper()
	e := endpoint(responding(400, "{}"))
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
		"base64":           base64.StdEncoding.EncodeToString([]byte(password)),
		"base64 for URLs":  base64.RawURLEncoding.EncodeToString([]byte(password)),
		"hex":              fmt.Sprintf("%x", password),
		"upper hex":        strings.ToUpper(fmt.Sprintf("%x", "header-token")),
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
	own = echo(t, loginhttp.Call{Body: map[string]any{"a": "", "b": "x", "c": "y z", "d": true, "e": nil}}, "x yz true null")
	assert.Equal(t, "x yz true null", own.Message)
}

// A query writes blanks as "+".
func TestEchoedBlanks(t *testing.T) {
	t.Parallel()
	call := loginhttp.Call{Op: "login", Method: "POST", Path: "/token", Form: url.Values{"grant_type": {"password"}, "password": {"p w+d 7"}}}
	_, err := endpoint(responding(400, `{"error":"invalid_grant","error_description":"wrong p+w+d+7"}`)).Do(t.Context(), call, nil)
	e, _ := errors.AsType[*vendorlogin.Error](err)
	assert.Equal(t, "wrong [redacted]", e.Message)
}

// Values that are said to be public are words like others, unless they are a secret too.
func TestPublicValuesStay(t *testing.T) {
	t.Parallel()
	call := loginhttp.Call{
		Op: "login", Method: "POST", Path: "/token", Query: url.Values{"kind": {"login"}}, Header: http.Header{"Soapaction": {"session"}},
		Form: url.Values{"grant_type": {"password"}, "password": {"pear"}, "user": {"apple"}},
	}
	text := func(call loginhttp.Call) string {
		_, err := endpoint(responding(400, `{"error":"invalid_grant","error_description":"apple pear password login session"}`)).
			Do(t.Context(), call, nil)
		e, _ := errors.AsType[*vendorlogin.Error](err)
		return e.Message
	}
	assert.Equal(t, "[redacted] [redacted] [redacted] [redacted] [redacted]", text(call))
	call.Public = []string{"password", "login", "session"}
	assert.Equal(t, "[redacted] [redacted] password login session", text(call))
	call.Secrets = []string{"password"}
	assert.Equal(t, "[redacted] [redacted] [redacted] login session", text(call))
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

// However long the value is, and whatever was sent beside it.
func TestLongValuesAtTheCut(t *testing.T) {
	t.Parallel()
	for _, length := range []int{200, 2000, 5000} {
		secret := strings.Repeat("example-", length/8) + "password"
		call := loginhttp.Call{Body: map[string]string{"password": secret}, Header: http.Header{"X-Device": {"short"}}}
		own := echo(t, call, strings.Repeat(" ", 4<<10-length/2)+secret)
		assert.NotContains(t, own.Message, "example")
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

// A value that ends in what is escaped ends there in its echo too.
func TestEchoedEscapesAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, password := range []string{`abc"def"`, `abc\`, `abc/`, `abc'`, "abc`", `abc&`, `abc<>`, "abc%", "abc+"} {
		quoted, err := json.Marshal(password)
		require.NoError(t, err)
		twice, err := json.Marshal(string(quoted))
		require.NoError(t, err)
		call := loginhttp.Call{Op: "login", Method: "POST", Body: map[string]string{"password": password}}
		for _, text := range []string{
			string(quoted[1 : len(quoted)-1]), string(twice[3 : len(twice)-3]), url.QueryEscape(password), html.EscapeString(password),
			strings.ReplaceAll(password, "/", `\/`), strings.ReplaceAll(password, "'", `\'`), strings.ReplaceAll(password, "`", "\\`"),
		} {
			assert.Equal(t, "no user [redacted] here", echo(t, call, "no user "+text+" here").Message, text)
		}
	}
}

// A value that is escaped twice, and cut off with the text, is known by what is left of it.
func TestDoublyEscapedValuesAtTheCut(t *testing.T) {
	t.Parallel()
	const secret = "example-password"
	call := loginhttp.Call{Body: map[string]string{"password": secret}}
	for _, escape := range []func(rune) string{
		func(c rune) string { return fmt.Sprintf(`\u005cu%04x`, c) },
		func(c rune) string { return fmt.Sprintf("&#x26;#x%x;", c) },
		func(c rune) string { return fmt.Sprintf("%%25%02x", c) },
	} {
		escaped := ""
		for _, c := range secret {
			escaped += escape(c)
		}
		for kept := 1; kept <= len(escaped); kept += 3 {
			own := echo(t, call, "x"+strings.Repeat(" ", 4<<10-kept-1)+escaped)
			require.NotContains(t, own.Message, escape('e'))
			require.Contains(t, own.Message, "x")
		}
	}
}

// A Bearer token is not read as Basic's user and password, though it may decode like them.
func TestHeadersAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	call := login()
	call.Header = http.Header{"cookie": {`a=cookie-secret; b="quoted-secret" ; c=1`}, "authorization": {" Bearer spaced-token"}}
	own := echo(t, call, "cookie-secret, quoted-secret and spaced-token")
	assert.Equal(t, "[redacted], [redacted] and [redacted]", own.Message)
}

func TestBytesThatAreNotUTF8(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a\ufffdb", echo(t, login(), "a\xff\xfeb").Message)
}

func TestBearerIsNotBasic(t *testing.T) {
	t.Parallel()
	pair := base64.StdEncoding.EncodeToString([]byte("visitor:example"))
	for scheme, want := range map[string]string{"Bearer": "the visitor is unknown", "basic": "the [redacted] is unknown"} {
		call := loginhttp.Call{Op: "login", Header: http.Header{"Authorization": {scheme + " " + pair}}}
		assert.Equal(t, want, echo(t, call, "the visitor is unknown").Message)
	}
}

// OAuth escapes a client's id and secret before it makes Basic of them. An echo may have them as they were before.
func TestEscapedBasic(t *testing.T) {
	t.Parallel()
	pair := base64.StdEncoding.EncodeToString([]byte("example%20client:pass%2Bword%3A1"))
	call := loginhttp.Call{Op: "login", Header: http.Header{"Authorization": {"Basic " + pair}}}
	assert.Equal(t, "no [redacted] with [redacted]", echo(t, call, "no example client with pass+word:1").Message)
	assert.Equal(t, "no [redacted]", echo(t, call, "no example%20client").Message)
	call.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("50%zz:ex%ample")))
	assert.Equal(t, "no [redacted] with [redacted]", echo(t, call, "no 50%zz with ex%ample").Message, "what OAuth has not escaped")
}
