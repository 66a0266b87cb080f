package loginhttp_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A Retry-After is heeded with every status, and capped at an hour. It says nothing about whether the request was processed.
func TestRetryAfterOfEveryFailure(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 400, 401, 403, 404, 408, 423, 429, 500, 502, 503, 504} {
		for value, want := range map[string]time.Duration{"1800": 30 * time.Minute, "86400": time.Hour, "soon": 0} {
			synctest.Test(t, func(t *testing.T) {
				_, err := endpoint(responding(status, `{}`, "Retry-After", value)).Do(t.Context(), login(), nil)
				own := failure(t, err)
				if want == 0 {
					assert.Zero(t, own.RetryAt)
				} else {
					assert.Equal(t, time.Now().Add(want).Round(0), own.RetryAt)
				}
				assert.Equal(t, status == 429 || status == 503 && want > 0, own.Unprocessed)
			})
		}
	}
}

// A failure with status 200, and a success that cannot be read, may say when to come back too.
func TestRetryAfterOfAFailingSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := endpoint(responding(200, `<html>`, "Retry-After", "300"))
		_, err := e.Do(t.Context(), login(), &struct{}{})
		assert.Equal(t, time.Now().Add(5*time.Minute).Round(0), failure(t, err).RetryAt)

		e.Classify = func(*loginhttp.Answer) *vendorlogin.Error { return &vendorlogin.Error{Kind: vendorlogin.ErrForbidden} }
		_, err = e.Do(t.Context(), login(), nil)
		assert.Equal(t, time.Now().Add(5*time.Minute).Round(0), failure(t, err).RetryAt)
	})
}

// Of two times to come back the later one holds: the vendor's own words, and its header.
func TestRetryAfterCountsFromTheResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &vendor{respond: func(int, *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Second)
			return reply(429, "", "Retry-After", "60"), nil
		}}
		_, err := endpoint(v).Do(t.Context(), login(), nil)
		assert.Equal(t, time.Minute, time.Until(failure(t, err).RetryAt))
	})
}

func TestTheLaterRetryAtHolds(t *testing.T) {
	t.Parallel()
	for _, own := range []time.Duration{time.Minute, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			e := endpoint(responding(400, `{}`, "Retry-After", "300"))
			e.Classify = func(*loginhttp.Answer) *vendorlogin.Error {
				return &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, RetryAt: time.Now().Add(own)}
			}
			_, err := e.Do(t.Context(), login(), nil)
			assert.WithinDuration(t, time.Now().Add(max(own, 5*time.Minute)), failure(t, err).RetryAt, 0)
			assert.False(t, failure(t, err).Unprocessed)
		})
	}
}
