package loginhttp_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestExpiryField(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]time.Time{
		`3600`:                               sentAt.Add(time.Hour),
		`3600.5`:                             sentAt.Add(time.Hour + 500*time.Millisecond),
		`3.6e3`:                              sentAt.Add(time.Hour),
		`"3600"`:                             sentAt.Add(time.Hour),
		`" 3600.0 "`:                         sentAt.Add(time.Hour),
		`0.5`:                                sentAt.Add(500 * time.Millisecond),
		` 1 `:                                sentAt.Add(time.Second),
		`315360000`:                          sentAt.Add(315360000 * time.Second),
		`"2026-05-01T13:00:00Z"`:             sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01T15:00:00+02:00"`:        sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01T13:00:00.123456789Z"`:   time.Date(2026, 5, 1, 13, 0, 0, 123456789, time.UTC),
		`"2026-05-01T13:00:00"`:              sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01T13:00:00.123456"`:       time.Date(2026, 5, 1, 13, 0, 0, 123456000, time.UTC),
		`"2026-05-01 13:00:00"`:              sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01 13:00:00.5"`:            time.Date(2026, 5, 1, 13, 0, 0, 500e6, time.UTC),
		`"2026-05-01 15:00:00+02:00"`:        sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01T15:00:00+0200"`:         sentAt.Add(time.Hour).Truncate(time.Second),
		`"\u0032026-05-01T13:00:00Z"`:        sentAt.Add(time.Hour).Truncate(time.Second),
		`"2020-05-01T13:00:00Z"`:             time.Date(2020, 5, 1, 13, 0, 0, 0, time.UTC),
		``:                                   {},
		`null`:                               {},
		`""`:                                 {},
		`"`:                                  {},
		`0`:                                  {},
		`"0"`:                                {},
		`-1`:                                 {},
		`"-3600"`:                            {},
		`1777640400`:                         time.Unix(1777640400, 0),
		`"1777640400"`:                       time.Unix(1777640400, 0),
		`100000000000`:                       time.Unix(1e11, 0),
		`253402300799`:                       time.Unix(253402300799, 0),
		`"253402300799"`:                     time.Unix(253402300799, 0),
		`260000000000`:                       time.UnixMilli(260000000000),
		`99999999999`:                        time.Unix(99999999999, 0),
		`1777640400.5`:                       time.UnixMilli(1777640400500),
		`1777640400500`:                      time.UnixMilli(1777640400500),
		`"1777640400500"`:                    time.UnixMilli(1777640400500),
		`1e9`:                                sentAt.Add(1e9 * time.Second),
		`1777640400000000`:                   {}, // microseconds: the year 58,300
		`"3600s"`:                            sentAt.Add(time.Hour),
		`"3600.5s"`:                          sentAt.Add(time.Hour + 500*time.Millisecond),
		`"1h"`:                               sentAt.Add(time.Hour),
		`"1h30m"`:                            sentAt.Add(90 * time.Minute),
		`"0:30:00"`:                          sentAt.Add(30 * time.Hour),
		`"0:00:30"`:                          sentAt.Add(30 * time.Minute),
		`"14:00:00"`:                         sentAt.Add(14 * 24 * time.Hour),
		`"2026-05-01T13:00Z"`:                sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01T13:00"`:                 sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01T14:00:00+01"`:           sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01 14:00+01"`:              sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01T18:30+0530"`:            sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01t13:00:00z"`:             sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01T13:00:00,123Z"`:         time.Date(2026, 5, 1, 13, 0, 0, 123e6, time.UTC),
		`"2026-05-01T13:00:00.1234567891Z"`:  time.Date(2026, 5, 1, 13, 0, 0, 123456789, time.UTC),
		`"2026-05-01 13:00:00 gmt"`:          sentAt.Add(time.Hour).Truncate(time.Second),
		`"Thu, 01 Jan 1970 00:00:00 GMT"`:    {},
		`"Thu, 01 Jan 1970 02:00:00 +0200"`:  {},
		`"1970-01-01T00:00:00Z"`:             {},
		`253402300799000`:                    time.Unix(253402300799, 0),
		`253402300800000`:                    {},
		`"277777h46m40s"`:                    sentAt.Add(1e9 * time.Second),
		`"277777h46m41s"`:                    {},
		`"2026-05-01 13:00:00 UTC"`:          sentAt.Add(time.Hour).Truncate(time.Second),
		`"2026-05-01 15:00:00 +0200"`:        sentAt.Add(time.Hour).Truncate(time.Second),
		`"Fri, 01 May 2026 13:00:00 GMT"`:    sentAt.Add(time.Hour).Truncate(time.Second),
		`"Fri, 01 May 2026 15:00:00 +0200"`:  sentAt.Add(time.Hour).Truncate(time.Second),
		`"Friday, 01-May-26 13:00:00 GMT"`:   sentAt.Add(time.Hour).Truncate(time.Second),
		`"Fri May  1 13:00:00 2026"`:         sentAt.Add(time.Hour).Truncate(time.Second),
		`"0s"`:                               {},
		`"-1h"`:                              {},
		`"0:00:00"`:                          {},
		`"-1:00:00"`:                         {},
		`"99999:00:00"`:                      {},
		`"65535:65535:65535"`:                {},
		`"1:2"`:                              {},
		`"1:2:3:4"`:                          {},
		`"2562047h"`:                         {}, // 292 years
		`"9e9s"`:                             {},
		`9223372036854775807`:                {},
		`18446744073709551616`:               {},
		`1e300`:                              {},
		`1e3000`:                             {},
		`"1e3000"`:                           {},
		`"NaN"`:                              {},
		`"Inf"`:                              {},
		`"0x10"`:                             {},
		`"1_000"`:                            {},
		`true`:                               {},
		`{"seconds":1}`:                      {},
		`[3600]`:                             {},
		`"tomorrow"`:                         {},
		`"2026-05-01"`:                       {},
		`"0001-01-01T00:00:00Z"`:             {},
		`"1969-12-31T23:59:59Z"`:             {},
		`"2026-13-01T13:00:00Z"`:             {},
		`"12026-05-01T13:00:00Z"`:            {},
		`"2026-05-01T13:00:00Z and so on"`:   {},
		`3600 3600`:                          {},
		`"` + strings.Repeat("9", 400) + `"`: {},
	} {
		a := answered(0, true)
		got := a.Expiry(json.RawMessage(raw), "", 0)
		if want.IsZero() {
			assert.Equal(t, sentAt.Add(time.Minute), a.Expiry(json.RawMessage(raw), "", time.Minute), raw)
		}
		assert.True(t, want.Equal(got), "%s: %v", raw, got)
	}
}

func TestExpiryFieldOfAnAnswerMadeByHand(t *testing.T) {
	t.Parallel()
	var a loginhttp.Answer
	assert.Zero(t, a.Expiry(json.RawMessage(`3600`), "", 0), "from when?")
	assert.Zero(t, a.Expiry(nil, "", time.Hour))
	assert.True(t, time.Unix(1777640400, 0).Equal(a.Expiry(json.RawMessage(`1777640400`), "", 0)))
}
