package loginhttp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// sane fails for a time that a vendor cannot mean.
func sane(t *testing.T, at time.Time) {
	require.True(t, at.IsZero() || at.Year() > 1600 && at.Year() < 11000, "%v", at)
}

func FuzzExpiry(f *testing.F) {
	f.Add([]byte(nil), jwt(`{"exp":1777651200,"iat":1777640000}`), "Fri, 01 May 2026 13:00:00 GMT", int64(0))
	f.Add([]byte(`3600`), jwt(`{"exp":"1777651200.5"}`), "", int64(3600))
	f.Add([]byte(`"2026-05-01T13:00:00.5Z"`), jwt(`{"exp":253402300799,"iat":1}`), "Fri, 31 Dec 9999 23:59:59 GMT", int64(-1))
	for _, raw := range []string{`"3600s"`, `1e9`, `-1`, `null`, `"0:30:00"`, `"2026-05-01 13:00"`, `"\u0032"`, `{}`, `1777651200000`} {
		f.Add([]byte(raw), "...", "x", int64(1))
	}
	f.Fuzz(func(t *testing.T, raw []byte, token, date string, life int64) {
		a := &loginhttp.Answer{SentAt: sentAt, Header: http.Header{"Date": {date}}}
		before := bytes.Clone(raw)
		life %= 100 * 365 * 24 * 3600
		sane(t, a.Expiry(raw, token, time.Duration(life)*time.Second))
		require.Equal(t, before, raw)
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "-1", "1.5", "300", "18446744073709551", "1e9", "Fri, 01 May 2026 13:00:00 GMT", "Friday, 01-May-26 13:00:00 GMT"} {
		f.Add(value, "")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		call := login()
		call.Once = true // no pauses here
		start := time.Now().Round(0)
		_, err := endpoint(answering(429, "", "Retry-After", value, "Date", date)).Do(t.Context(), call, nil)
		own := failure(t, err)
		if own.RetryAt.IsZero() {
			return
		}
		require.False(t, own.RetryAt.Before(start.Add(time.Second)), "%v", own.RetryAt.Sub(start))
		require.False(t, own.RetryAt.After(time.Now().Add(time.Hour)), "%v", own.RetryAt.Sub(start))
	})
}

// FuzzDo answers anything to a login. What comes back is a value or an *Error, bounded, on one line, without the password.
func FuzzDo(f *testing.F) {
	f.Add(200, `{"access":"a","n":1}`, "application/json", "", "")
	f.Add(400, `{"message":"password fuzzed-password is wrong","code":"x"}`, "", "", "")
	f.Add(401, "<html>fuzzed%2Dpassword", "text/html", "", "")
	f.Add(302, "", "", "https://x.example/fuzzed-password?fuzzed-password", "")
	f.Add(429, `{"message":"\\u0066uzzed-password"}`, "", "", "300")
	f.Add(200, "&#102;uzzed-password\x00\u2028\xff", "", "", "")
	f.Fuzz(func(t *testing.T, status int, body, contentType, location, retryAfter string) {
		v := answering(status, body, "Content-Type", contentType, "Location", location, "Retry-After", retryAfter)
		e := endpoint(v)
		e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
			var own struct{ Code, Message string }
			if json.Unmarshal(a.Body, &own) != nil {
				own.Message = string(a.Body)
			}
			if a.Status == 200 && own.Code == "" {
				return nil
			}
			return &vendorlogin.Error{Code: own.Code, Message: own.Message, Fields: []vendorlogin.FieldError{{Field: own.Message, Reason: own.Code}}}
		}
		call := loginhttp.Call{Op: "login", Method: "POST", Path: "/login", Body: map[string]string{"password": "fuzzed-password"}, Once: true}
		var out struct {
			Access string
			N      int
			List   []map[string]json.Number
		}
		_, err := e.Do(t.Context(), call, &out)
		require.Equal(t, 1, v.count())
		if err == nil {
			require.Equal(t, 200, status)
			return
		}
		own := failure(t, err)
		require.NotNil(t, own.Kind)
		require.LessOrEqual(t, utf8.RuneCountInString(own.Message), 256)
		assertHides(t, err, "fuzzed-password")
		for _, text := range []string{own.Error(), own.Message, own.Code} {
			require.True(t, utf8.ValidString(text))
			require.Less(t, strings.IndexFunc(text, unicode.IsControl), 0)
		}
	})
}

// FuzzTransportError fails with anything.
func FuzzTransportError(f *testing.F) {
	f.Add("dial https://api.example.com/login?password=fuzzed-password: refused", "x")
	f.Add("net/http: \"fuzzed-password\"", "fuzzed\npassword")
	f.Fuzz(func(t *testing.T, outer, inner string) {
		cause := fmt.Errorf("%s: %w", outer, errors.Join(errors.New(inner), io.ErrNoProgress))
		call := loginhttp.Call{Op: "login", Method: "POST", Path: "/login", Body: map[string]string{"password": "fuzzed-password"}}
		_, err := endpoint(failing(cause)).Do(t.Context(), call, nil)
		own := failure(t, err)
		require.ErrorIs(t, err, io.ErrNoProgress)
		assertHides(t, err, "fuzzed-password")
		require.True(t, utf8.ValidString(own.Error()))
		require.Less(t, strings.IndexFunc(own.Error(), unicode.IsControl), 0)
		require.LessOrEqual(t, utf8.RuneCountInString(own.Err.Error()), 256)
	})
}

// FuzzBody reads anything as the bytes of a body, in pieces, with any length announced.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"access":"a"}`), int64(14), uint8(3))
	f.Add([]byte(`{}`), int64(-1), uint8(1))
	f.Fuzz(func(t *testing.T, body []byte, length int64, piece uint8) {
		v := &vendor{answer: func(int, *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, ContentLength: length, Body: io.NopCloser(&pieces{body, int(piece) + 1})}, nil
		}}
		answer, err := endpoint(v).Do(t.Context(), login(), nil)
		require.NoError(t, err)
		require.Equal(t, string(body), string(answer.Body))
	})
}

// pieces gives its bytes a few at a time.
type pieces struct {
	left []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[:min(p.size, len(p.left))])
	p.left = p.left[n:]
	return n, nil
}

func FuzzBaseURL(f *testing.F) {
	for _, given := range []string{"https://api.example.com/v1/", "HTTP://LOCALHOST:80", "https://[::1]:443//", "https://a:b@c", "https://x/%2F#", "x"} {
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
		require.NotContains(t, got, "@")
		require.NotContains(t, got, "?")
		require.NotContains(t, got, "#")
		v := answering(204, "")
		_, err = loginhttp.Endpoint{Account: vendorlogin.Account{Endpoint: got}, HTTPClient: &http.Client{Transport: v}, AllowPlainHTTP: plain}.
			Do(t.Context(), loginhttp.Call{Op: "login", Path: "/login"}, nil)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(v.requests[0].URL.String(), got+"/login"))
	})
}
