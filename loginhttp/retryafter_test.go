package loginhttp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "-1", "1.5", "300", "18446744073709551", "1e9", "Fri, 01 May 2026 13:00:00 GMT",
		"Friday, 01-May-26 13:00:00 GMT"} {
		f.Add(value, "")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		call := login()
		call.Once = true // no pauses here
		start := time.Now().Round(0)
		_, err := endpoint(responding(429, "", "Retry-After", value, "Date", date)).Do(t.Context(), call, nil)
		own := failure(t, err)
		if own.RetryAt.IsZero() {
			return
		}
		require.False(t, own.RetryAt.Before(start.Add(time.Second)), "%v", own.RetryAt.Sub(start))
		require.False(t, own.RetryAt.After(time.Now().Add(time.Hour)), "%v", own.RetryAt.Sub(start))
	})
}

// A time is in whole seconds: the part of one that is begun is waited for too.
func TestRetryAfterWithinASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(500 * time.Millisecond)
		at := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
		_, err := endpoint(responding(429, "", "Retry-After", at)).Do(t.Context(), login(), nil)
		assert.Equal(t, time.Now().Add(90*time.Second).Round(0), failure(t, err).RetryAt)
	})
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
				_, err := endpoint(responding(status, "", header...)).Do(t.Context(), call, nil)
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
