package adaptertest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vendorlogin/vendorlogin"
)

func testRedirect(t *testing.T, v Contract) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		elsewhere := Reply(status, "", "Location", "https://example.com/login?next=secret")
		v.each(t, elsewhere, func(op string, e *vendorlogin.Error) {
			assert.Equal(t, vendorlogin.ErrBadResponse, e.Kind, "%s: %d", op, status)
			assert.NotContains(t, e.Error(), "secret")
		})
	}
}

// What is a success and no token names what it lacks: somebody has to find out why.
func testNoToken(t *testing.T, v Contract) {
	for _, body := range []string{
		`{"next":"accept-terms","session":"s-1"}`, `{"accessTokens":"renamed","data":{"token_value":"x"}}`, `{}`,
	} {
		v.each(t, Reply(200, body), func(op string, e *vendorlogin.Error) {
			assert.Equal(t, vendorlogin.ErrBadResponse, e.Kind, body)
			require.Len(t, e.Fields, 1, body)
			assert.Contains(t, e.Error(), e.Fields[0].Field, "it says what is missing")
		})
	}
	v.each(t, Reply(200, `<!doctype html><title>Sign in</title>`, "Content-Type", "text/html"), func(op string, e *vendorlogin.Error) {
		assert.Equal(t, vendorlogin.ErrBadResponse, e.Kind)
	})
}

func testByteOrderMark(t *testing.T, v Contract) {
	marked := func(r Responder) Responder {
		return func(req *http.Request) (*http.Response, error) {
			resp, err := r(req)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(strings.NewReader("\ufeff" + string(body)))
			resp.ContentLength = -1
			return resp, err
		}
	}
	token, err := v.login(t, marked(v.Token("abc")))
	require.NoError(t, err)
	assert.Equal(t, "abc", token.Access.Reveal())
	for _, status := range []int{400, 401} {
		_, plain := v.login(t, Reply(status, v.Wrong))
		_, err = v.login(t, marked(Reply(status, v.Wrong)))
		want, got := VendorError(t, plain), VendorError(t, err)
		assert.Equal(t, []any{want.Kind, want.Code, want.Message}, []any{got.Kind, got.Code, got.Message})
	}
}

func testRetryAfter(t *testing.T, v Contract) {
	for _, status := range []int{400, 401, 403, 404, 423, 429, 500, 502, 503} {
		for _, body := range []string{v.Undecided, v.Wrong, "<html>", ""} {
			before := time.Now()
			v.each(t, Reply(status, body, "Retry-After", "1800"), func(op string, e *vendorlogin.Error) {
				assert.WithinRange(t, e.RetryAt, before.Add(1799*time.Second), time.Now().Add(1801*time.Second), "%s: %d %s", op, status, body)
			})
		}
	}
}

// Three seconds of a deployment must not look like a rejection.
func testPages(t *testing.T, v Contract) {
	for _, status := range []int{400, 403, 404, 405, 409, 410, 422, 502, 503} {
		for _, body := range []string{
			"", " ", "<html>closed</html>", "default backend - 404", `{"status":"maintenance"}`, `[]`, `"no"`, `null`,
		} {
			v.each(t, Reply(status, body), func(op string, e *vendorlogin.Error) {
				assert.Equal(t, vendorlogin.ErrUnavailable, e.Kind, "%s: %d %s", op, status, body)
			})
		}
	}
	for _, status := range []int{407, 408, 421, 425, 499} {
		v.each(t, Reply(status, ""), func(op string, e *vendorlogin.Error) {
			assert.Equal(t, vendorlogin.ErrUnavailable, e.Kind, "%s: %d", op, status)
		})
	}
	v.each(t, Reply(401, ""), func(op string, e *vendorlogin.Error) {
		assert.Contains(t, []error{vendorlogin.ErrInvalidCredentials, vendorlogin.ErrRefreshRejected}, e.Kind, "a 401 stays a rejection")
	})
}

// In the vendor's own format a status means what it says.
func testStatuses(t *testing.T, v Contract) {
	for status, kind := range map[int]error{
		403: vendorlogin.ErrForbidden, 404: vendorlogin.ErrInvalidRequest, 409: vendorlogin.ErrInvalidRequest, 429: vendorlogin.ErrRateLimited,
		500: vendorlogin.ErrUnavailable, 502: vendorlogin.ErrUnavailable, 408: vendorlogin.ErrUnavailable,
	} {
		_, err := v.login(t, Reply(status, v.Undecided))
		assert.Equal(t, kind, VendorError(t, err).Kind, status)
	}
}

// A refresh that the vendor rejects in its own format is a decision: a Client logs in at once after one of these kinds.
func testRejectedRefresh(t *testing.T, v Contract) {
	decisions := []error{
		vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidCredentials, vendorlogin.ErrForbidden, vendorlogin.ErrInvalidRequest,
	}
	for _, status := range []int{400, 401, 403, 404, 410, 419, 422, 440, 498} {
		v.each(t, Reply(status, v.Undecided), func(op string, e *vendorlogin.Error) {
			assert.Contains(t, decisions, e.Kind, "%s: %d", op, status)
			assert.Equal(t, status, e.Status)
			assert.False(t, e.Unprocessed)
		})
	}
}

// The Date of one server may be off: a token's iat that agrees with the local clock wins.
func testClocks(t *testing.T, v Contract) {
	for _, off := range []time.Duration{0, time.Hour, -time.Hour} {
		now := time.Now().Truncate(time.Second)
		date := now.Add(off).UTC().Format(http.TimeFormat)
		token, err := v.login(t, v.Token(JWTFor("a", now, now.Add(time.Hour)), "Date", date))
		require.NoError(t, err)
		assert.WithinDuration(t, now.Add(time.Hour), token.ExpiresAt, 5*time.Second, fmt.Sprint("Date off by ", off))
	}
}
