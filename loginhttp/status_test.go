package loginhttp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// What a status means where the vendor's words say no more.
func TestStatusKinds(t *testing.T) {
	t.Parallel()
	want := map[int]error{
		401: vendorlogin.ErrInvalidCredentials, 403: vendorlogin.ErrForbidden, 429: vendorlogin.ErrRateLimited,
		407: vendorlogin.ErrUnavailable, 408: vendorlogin.ErrUnavailable, 421: vendorlogin.ErrUnavailable,
		425: vendorlogin.ErrUnavailable, 499: vendorlogin.ErrUnavailable,
		199: vendorlogin.ErrBadResponse, 600: vendorlogin.ErrBadResponse, 999: vendorlogin.ErrBadResponse,
	}
	for status := 300; status < 600; status++ {
		switch {
		case want[status] != nil:
		case status < 400:
			want[status] = vendorlogin.ErrBadResponse
		case status < 500:
			want[status] = vendorlogin.ErrInvalidRequest
		default:
			want[status] = vendorlogin.ErrUnavailable
		}
	}
	for status, kind := range want {
		for _, op := range []string{"login", "refresh", "otp", "resend", "select", "logout"} {
			v := answering(status, `{"message":"no"}`)
			call := login()
			call.Op = op
			answer, err := endpoint(v).Do(t.Context(), call, &struct{}{})
			if op == "refresh" && status == 401 {
				assertKind(t, vendorlogin.ErrRefreshRejected, err)
			} else {
				assertKind(t, kind, err)
			}
			own := failure(t, err)
			assert.Equal(t, vendorlogin.Error{
				Account: account, Op: op, Kind: own.Kind, Err: own.Err, Status: status,
				Request: "POST api.example.com/v1/login", Unprocessed: status == 429,
			}, *own)
			assert.Equal(t, 1, v.count(), "%d must be sent once", status)
			assert.Equal(t, status, answer.Status)
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	_, err := endpoint(answering(401, "")).Do(t.Context(), login(), nil)
	assert.EqualError(t, err, "example (ops@example.com): login: wrong credentials (401, POST api.example.com/v1/login)")

	_, err = endpoint(answering(502, "<!DOCTYPE html><p>Bad Gateway")).Do(t.Context(), login(), nil)
	assert.EqualError(t, err, "example (ops@example.com): login: unavailable (502, POST api.example.com/v1/login): an HTML page")
}

func TestClassifyReadsTheVendorsWords(t *testing.T) {
	t.Parallel()
	e := endpoint(answering(400, `{"code":"session/0","message":"No such user.","field":"email"}`))
	calls := 0
	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
		calls++
		var body struct{ Code, Message, Field string }
		assert.NoError(t, json.Unmarshal(a.Body, &body))
		return &vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials, Code: body.Code, Message: body.Message,
			Fields: []vendorlogin.FieldError{{Field: body.Field, Reason: "unknown"}}}
	}
	_, err := e.Do(t.Context(), login(), nil)
	assert.Equal(t, &vendorlogin.Error{
		Account: account, Op: "login", Kind: vendorlogin.ErrInvalidCredentials, Request: "POST api.example.com/v1/login", Status: 400,
		Code: "session/0", Message: "No such user.", Fields: []vendorlogin.FieldError{{Field: "email", Reason: "unknown"}},
	}, err)
	assert.Equal(t, 1, calls)
}

func TestClassifyWithoutKindMeansTheStatus(t *testing.T) {
	t.Parallel()
	shared := &vendorlogin.Error{Code: "c", Message: "m"}
	e := endpoint(answering(403, `{}`))
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
	e := endpoint(answering(200, `{"errorCode":"AUTH_1001"}`))
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
	e := endpoint(answering(302, `{}`, "Location", "/x"))
	e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
		return &vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials}
	}
	_, err := e.Do(t.Context(), login(), nil)
	assertKind(t, vendorlogin.ErrBadResponse, err)
}

func TestVendorWordsAreBounded(t *testing.T) {
	t.Parallel()
	e := endpoint(answering(400, "{}"))
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

// When to come back, by every form of Retry-After.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const never = 0
	for value, want := range map[string]time.Duration{
		"":                          never,
		"soon":                      never,
		"1e3":                       never,
		"1.2.3":                     never,
		"0x10":                      never,
		"-":                         never,
		"NaN":                       never,
		"120, 240":                  never,
		"Fri, 31 Dec 1999":          never,
		"0":                         time.Second,
		"-5":                        time.Second,
		"-18446744073709551616":     time.Second,
		"0.2":                       time.Second,
		"1.5":                       2 * time.Second,
		" 7 ":                       7 * time.Second,
		"+7":                        7 * time.Second,
		"300":                       5 * time.Minute,
		"3600":                      time.Hour,
		"3601":                      time.Hour,
		"9223372036":                time.Hour,
		"18446744073709551":         time.Hour,
		"18446744073709551616":      time.Hour,
		strings.Repeat("9", 400):    time.Hour,
		"DATE+90":                   90 * time.Second,
		"DATE+0":                    time.Second,
		"DATE-90":                   time.Second,
		"DATE+7200":                 time.Hour,
		"SERVER+90":                 90 * time.Second, // by the vendor's clock, ten minutes ahead of ours
		"Fri, 31 Dec 9999 23:59:59": never,
	} {
		for _, status := range []int{429, 503} {
			synctest.Test(t, func(t *testing.T) {
				header := []string{"Retry-After", value}
				if value == "" {
					header = nil
				}
				var seconds int
				if n, _ := fmt.Sscanf(value, "DATE%d", &seconds); n == 1 {
					header[1] = time.Now().Add(time.Duration(seconds) * time.Second).UTC().Format(http.TimeFormat)
				}
				if n, _ := fmt.Sscanf(value, "SERVER%d", &seconds); n == 1 {
					server := time.Now().Add(10 * time.Minute).UTC()
					header = []string{"Date", server.Format(http.TimeFormat), "Retry-After", server.Add(90 * time.Second).Format(time.RFC850)}
				}
				call := login()
				call.Once = true
				_, err := endpoint(answering(status, "", header...)).Do(t.Context(), call, nil)
				own := failure(t, err)
				if want == never {
					assert.Zero(t, own.RetryAt, value)
				} else {
					assert.Equal(t, time.Now().Add(want).Round(0), own.RetryAt, value)
				}
				assert.Equal(t, status == 429 || want != never, own.Unprocessed)
			})
		}
	}
}

func TestRetryAfterIsForThrottlingOnly(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 500, 502} {
		e := endpoint(answering(status, "", "Retry-After", "300"))
		_, err := e.Do(t.Context(), login(), nil)
		own := failure(t, err)
		assert.Zero(t, own.RetryAt)
		assert.False(t, own.Unprocessed)
	}
	e := endpoint(answering(400, "", "Retry-After", "300"))
	e.Classify = func(*loginhttp.Answer) *vendorlogin.Error {
		return &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited}
	}
	_, err := e.Do(t.Context(), login(), nil)
	assert.NotZero(t, failure(t, err).RetryAt)
	assert.False(t, failure(t, err).Unprocessed)
}
