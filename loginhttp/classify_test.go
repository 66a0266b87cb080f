package loginhttp_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A redirect names where to, and nothing that could have been sent.
func TestRedirectTarget(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"https://example-user:example-password@other.example.net/in?password=example-password#x": "redirects to https://other.example.net/in",
		"/v1/login/?q=example-password":              "redirects to https://api.example.com/v1/login/",
		"//other.example.net/example-password/x":     "redirects to https://other.example.net/[redacted]/x",
		"http://api.example.com/EXAMPLE%2Dpassword/": "redirects to http://api.example.com/[redacted]/",
		"mailto:example-password":                    "redirects to mailto:",
		"/a%2Fb/c":                                   "redirects to https://api.example.com/a%2Fb/c",
		"http://[bad/example-password":               "a redirect, which is not followed",
		"http://x/%zzexample-password":               "a redirect, which is not followed",
		"":                                           "a redirect, which is not followed",
	} {
		for _, status := range []int{300, 301, 302, 303, 304, 307, 308, 399} {
			v := responding(status, "example-password", "Location", location)
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

func TestErrorText(t *testing.T) {
	t.Parallel()
	_, err := endpoint(responding(401, "")).Do(t.Context(), login(), nil)
	assert.EqualError(t, err, "example (ops@example.com): login: wrong credentials (401, POST api.example.com/v1/login)")

	_, err = endpoint(responding(502, "<!DOCTYPE html><p>Bad Gateway")).Do(t.Context(), login(), nil)
	assert.EqualError(t, err, "example (ops@example.com): login: unavailable (502, POST api.example.com/v1/login): an HTML page")
}

// A 4xx that the vendor did not write says so, since its status alone would name another kind.
func TestErrorTextOfAnotherServer(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                     "unavailable (404, POST api.example.com/v1/login): not in the vendor's format",
		"404 page not found\n": "unavailable (404, POST api.example.com/v1/login): not in the vendor's format",
		"<html></html>":        "unavailable (404, POST api.example.com/v1/login): an HTML page",
		`{"error": "none"}`:    "invalid request (404, POST api.example.com/v1/login)",
	} {
		_, err := endpoint(responding(404, body)).Do(t.Context(), login(), nil)
		assert.EqualError(t, err, "example (ops@example.com): login: "+want)
	}
	for status, body := range map[int]string{500: "no", 503: "no", 425: `{"error": "early"}`} {
		_, err := endpoint(responding(status, body)).Do(t.Context(), login(), nil)
		assertKind(t, vendorlogin.ErrUnavailable, err)
		assert.NoError(t, failure(t, err).Err, "the status says it all")
	}
}

func TestClassifyReadsTheVendorsWords(t *testing.T) {
	t.Parallel()
	e := endpoint(responding(400, `{"code":"session/0","message":"No such user.","field":"email"}`))
	calls := 0
	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
		calls++
		var body struct{ Code, Message, Field string }
		assert.NoError(t, json.Unmarshal(a.Body, &body))
		return &vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials, Code: body.Code, Message: body.Message,
			Fields: []vendorlogin.FieldError{{Field: body.Field, Reason: "unknown"}}}
	}
	answer, err := e.Do(t.Context(), login(), nil)
	require.NotNil(t, answer)
	assert.Equal(t, 400, answer.Status)
	assert.Equal(t, &vendorlogin.Error{
		Account: account, Op: "login", Kind: vendorlogin.ErrInvalidCredentials, Request: "POST api.example.com/v1/login", Status: 400,
		Code: "session/0", Message: "No such user.", Fields: []vendorlogin.FieldError{{Field: "email", Reason: "unknown"}},
	}, err)
	assert.Equal(t, 1, calls)
}

func TestClassifyMayNameTheOp(t *testing.T) {
	t.Parallel()
	e := endpoint(responding(400, `{}`))
	e.Classify = func(*loginhttp.Answer) *vendorlogin.Error {
		return &vendorlogin.Error{Op: "select", Kind: vendorlogin.ErrForbidden, Unprocessed: true}
	}
	_, err := e.Do(t.Context(), login(), nil)
	assert.Equal(t, "select", failure(t, err).Op)
	assert.True(t, failure(t, err).Unprocessed)
}

func TestClassifyWithoutKindMeansTheStatus(t *testing.T) {
	t.Parallel()
	shared := &vendorlogin.Error{Code: "c", Message: "m"}
	e := endpoint(responding(403, `{}`))
	e.Classify = func(*loginhttp.Answer) *vendorlogin.Error { return shared }
	_, err := e.Do(t.Context(), login(), nil)
	assertKind(t, vendorlogin.ErrForbidden, err)
	assert.Equal(t, "c", failure(t, err).Code)
	assert.Equal(t, &vendorlogin.Error{Code: "c", Message: "m"}, shared, "what Classify gave must not be changed")

	e.Classify = func(*loginhttp.Answer) *vendorlogin.Error { return nil }
	_, err = e.Do(t.Context(), login(), nil)
	assertKind(t, vendorlogin.ErrForbidden, err)
}

// Some vendors fail with 200.
func TestClassifyJudgesSuccessToo(t *testing.T) {
	t.Parallel()
	var out struct{ ErrorCode string }
	e := endpoint(responding(200, `{"errorCode":"AUTH_1001"}`))
	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
		return &vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials, Code: "AUTH_1001"}
	}
	_, err := e.Do(t.Context(), login(), &out)
	assertKind(t, vendorlogin.ErrInvalidCredentials, err)
	assert.Equal(t, 200, failure(t, err).Status)
	assert.Empty(t, out.ErrorCode)

	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error { return &vendorlogin.Error{Code: "X"} }
	_, err = e.Do(t.Context(), login(), &out)
	assertKind(t, vendorlogin.ErrBadResponse, err)

	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error { return nil }
	_, err = e.Do(t.Context(), login(), &out)
	require.NoError(t, err)
	assert.Equal(t, "AUTH_1001", out.ErrorCode)
}

func TestClassifyIsNotAskedAboutRedirects(t *testing.T) {
	t.Parallel()
	e := endpoint(responding(302, `{}`, "Location", "/x"))
	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
		return &vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials}
	}
	_, err := e.Do(t.Context(), login(), nil)
	assertKind(t, vendorlogin.ErrBadResponse, err)
}

// A redirect that means success is read like a 200.
func TestSuccessOtherThan2xx(t *testing.T) {
	t.Parallel()
	e := endpoint(responding(302, `{"token": "t"}`, "Location", "/x"))
	call := login()
	call.Success = []int{303, 302}
	var out struct{ Token string }
	_, err := e.Do(t.Context(), call, &out)
	require.NoError(t, err)
	assert.Equal(t, "t", out.Token)
	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
		return &vendorlogin.Error{Kind: vendorlogin.ErrForbidden, Code: "c"}
	}
	_, err = e.Do(t.Context(), call, nil)
	assertKind(t, vendorlogin.ErrForbidden, err)
	call.Success = []int{303}
	_, err = e.Do(t.Context(), call, nil)
	assertKind(t, vendorlogin.ErrBadResponse, err)
}

func TestVendorWordsAreBounded(t *testing.T) {
	t.Parallel()
	e := endpoint(responding(400, "{}"))
	long := strings.Repeat("é\n\x00\u202e\xff ", 10_000)
	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
		return &vendorlogin.Error{Code: long, Message: long, Err: errors.New(long),
			Fields: slicesRepeat(vendorlogin.FieldError{Field: long, Reason: long}, 1000)}
	}
	_, err := e.Do(t.Context(), login(), nil)
	own := failure(t, err)
	assert.Equal(t, 256, len([]rune(own.Message)))
	assert.LessOrEqual(t, len([]rune(own.Code)), 64)
	assert.LessOrEqual(t, len(own.Fields), 16)
	assert.LessOrEqual(t, len([]rune(own.Fields[0].Field)), 64)
	assert.Equal(t, 256, len([]rune(own.Fields[0].Reason)))
	assert.LessOrEqual(t, len([]rune(own.Err.Error())), 256)
	for _, text := range []string{own.Message, own.Code, own.Err.Error(), own.Error()} {
		assert.NotContains(t, text, "\n")
		assert.NotContains(t, text, "\x00")
		assert.NotContains(t, text, "\u202e")
	}
	assert.Less(t, len(own.Error()), 4096)
}

func slicesRepeat[T any](v T, n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	return s
}
