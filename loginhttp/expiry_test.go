package loginhttp_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// sentAt is when the requests of these tests went out, by our clock.
var sentAt = time.Date(2026, 5, 1, 12, 0, 0, 500e6, time.UTC)

// answered is an answer at once, of a vendor whose clock is ahead of ours by this much; told says whether it has a Date.
func answered(ahead time.Duration, told bool) *loginhttp.Answer {
	a := &loginhttp.Answer{Status: 200, SentAt: sentAt, Header: http.Header{}}
	if told {
		a.Header.Set("Date", sentAt.Add(ahead).Format(http.TimeFormat))
	}
	return a
}

// jwt is a token with this payload.
func jwt(payload string) string {
	return "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2lnbmF0dXJl"
}

func unix(d time.Duration) int64 { return sentAt.Add(d).Unix() }

func TestExpiryReadsTheToken(t *testing.T) {
	t.Parallel()
	exp := unix(time.Hour)
	whole := time.Unix(exp, 0)
	padded := base64.URLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d, "é":"??>>"}`, exp))
	for name, test := range map[string]struct {
		token string
		want  time.Time
	}{
		"int":           {jwt(fmt.Sprintf(`{"exp":%d}`, exp)), whole},
		"float":         {jwt(fmt.Sprintf(`{"exp":%d.25}`, exp)), whole.Add(250 * time.Millisecond)},
		"exponent":      {jwt(`{"exp":1.7776512e9}`), time.Unix(1777651200, 0)},
		"string":        {jwt(fmt.Sprintf(`{"exp":"%d"}`, exp)), whole},
		"other claims":  {jwt(fmt.Sprintf(`{"sub":"a","exp":%d,"aud":["b"],"nbf":{"exp":1}}`, exp)), whole},
		"padding":       {"h." + padded + ".s", whole},
		"no signature":  {jwt(fmt.Sprintf(`{"exp":%d}`, exp)[:0] + fmt.Sprintf(`{"exp":%d}`, exp)), whole},
		"expired":       {jwt(fmt.Sprintf(`{"exp":%d}`, unix(-time.Hour))), time.Unix(unix(-time.Hour), 0)},
		"year 9999":     {jwt(`{"exp":253402300799}`), time.Unix(253402300799, 0)},
		"odd iat":       {jwt(fmt.Sprintf(`{"exp":%d,"iat":"soon"}`, exp)), whole},
		"64 KiB":        {jwt(fmt.Sprintf(`{"exp":%d,"x":"%s"}`, exp, strings.Repeat("x", 48_000))), whole},
		"no exp":        {jwt(`{"sub":"a"}`), time.Time{}},
		"null":          {jwt(`{"exp":null}`), time.Time{}},
		"zero":          {jwt(`{"exp":0}`), time.Time{}},
		"negative":      {jwt(`{"exp":-5}`), time.Time{}},
		"year 10000":    {jwt(`{"exp":253402300800}`), time.Time{}},
		"milliseconds":  {jwt(`{"exp":1777651200000}`), time.Time{}},
		"huge":          {jwt(`{"exp":1e300}`), time.Time{}},
		"too huge":      {jwt(`{"exp":1e3000}`), time.Time{}},
		"overflow":      {jwt(`{"exp":9223372036854775808}`), time.Time{}},
		"bool":          {jwt(`{"exp":true}`), time.Time{}},
		"word":          {jwt(`{"exp":"tomorrow"}`), time.Time{}},
		"hex":           {jwt(`{"exp":"0x69F49540"}`), time.Time{}},
		"infinite":      {jwt(`{"exp":"Infinity"}`), time.Time{}},
		"object":        {jwt(`{"exp":{"s":1}}`), time.Time{}},
		"array":         {jwt(`[1777651200]`), time.Time{}},
		"not JSON":      {jwt(`exp=1777651200`), time.Time{}},
		"empty":         {"", time.Time{}},
		"opaque":        {"q1W2e3", time.Time{}},
		"two parts":     {strings.TrimSuffix(jwt(`{"exp":1777651200}`), ".c2lnbmF0dXJl"), time.Time{}},
		"four parts":    {jwt(`{"exp":1777651200}`) + ".x", time.Time{}},
		"bad base64":    {"h.!!!!.s", time.Time{}},
		"more than 64K": {jwt(fmt.Sprintf(`{"exp":%d,"x":"%s"}`, exp, strings.Repeat("x", 64<<10))), time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := answered(0, true)
			assert.True(t, test.want.Equal(a.Expiry(test.token, 0)), "%v", a.Expiry(test.token, 0))
			if test.want.IsZero() {
				assert.Equal(t, sentAt.Add(24*time.Hour), a.Expiry(test.token, 24*time.Hour))
			}
		})
	}
}

// Times are the vendor's; where its clock and ours differ, they are shifted to ours.
func TestExpiryIsCorrected(t *testing.T) {
	t.Parallel()
	type minutes = time.Duration
	const m = time.Minute
	for name, test := range map[string]struct {
		ahead    minutes // the vendor's clock before ours
		date     bool
		iat      bool
		reused   minutes // how long ago the token was issued
		life     minutes
		wantLife minutes // counted from sentAt
	}{
		"right":                      {0, true, true, 0, 60 * m, 60 * m},
		"right, nothing told":        {0, false, false, 0, 60 * m, 60 * m},
		"ours is behind":             {10 * m, true, false, 0, 60 * m, 60 * m},
		"ours is ahead":              {-10 * m, true, false, 0, 60 * m, 60 * m},
		"ours is behind, by iat":     {10 * m, false, true, 0, 60 * m, 60 * m},
		"ours is ahead, by iat":      {-10 * m, false, true, 0, 60 * m, 60 * m},
		"ours is ahead, short life":  {-10 * m, false, true, 0, 5 * m, 5 * m},
		"ours is far ahead":          {-10 * 365 * 24 * 60 * m, false, true, 0, 60 * m, 60 * m},
		"Date goes before iat":       {10 * m, true, true, 5 * m, 60 * m, 55 * m},
		"an old token given again":   {0, true, true, 30 * m, 60 * m, 30 * m},
		"an old token, without Date": {0, false, true, 30 * m, 60 * m, 30 * m},
		"nothing to know it from":    {10 * m, false, false, 0, 60 * m, 70 * m},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := answered(test.ahead, test.date)
			payload := map[string]any{"exp": unix(test.ahead - test.reused + test.life)}
			if test.iat {
				payload["iat"] = unix(test.ahead - test.reused)
			}
			data, err := json.Marshal(payload)
			assert.NoError(t, err)
			assert.WithinDuration(t, sentAt.Add(test.wantLife), a.Expiry(jwt(string(data)), 0), time.Second)

			if test.date && test.reused == 0 {
				field, ok := a.ExpiryField(fmt.Appendf(nil, "%q", sentAt.Add(test.ahead+test.life).Format(time.RFC3339Nano)))
				assert.True(t, ok)
				assert.WithinDuration(t, sentAt.Add(test.wantLife), field, time.Second)
			}
		})
	}
}

// A Date is in whole seconds and was written somewhat later than the request: that is no wrong clock.
func TestSmallDifferencesAreNone(t *testing.T) {
	t.Parallel()
	exp := unix(time.Hour)
	for _, ahead := range []time.Duration{-2 * time.Second, -time.Second, 0, time.Second, 2 * time.Second} {
		for _, told := range []bool{false, true} {
			got := answered(ahead, told).Expiry(jwt(fmt.Sprintf(`{"exp":%d,"iat":%d}`, exp, unix(ahead))), 0)
			assert.True(t, time.Unix(exp, 0).Equal(got), "%v: %v", ahead, got)
		}
	}
	for _, date := range []string{"", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"} {
		a := answered(0, false)
		a.Header.Set("Date", date)
		assert.True(t, time.Unix(exp, 0).Equal(a.Expiry(jwt(fmt.Sprintf(`{"exp":%d}`, exp)), 0)), date)
	}
}

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
		`1777651200`:                         {}, // a time, not a lifetime
		`1777651200000`:                      {},
		`9223372036854775807`:                {},
		`18446744073709551616`:               {},
		`1e300`:                              {},
		`1e3000`:                             {},
		`"1e3000"`:                           {},
		`"NaN"`:                              {},
		`"Inf"`:                              {},
		`"0x10"`:                             {},
		`"1_000"`:                            {},
		`"1h"`:                               {},
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
		`"Fri, 01 May 2026 13:00:00 GMT"`:    {},
		`3600 3600`:                          {},
		`"3600`:                              {},
		`"` + strings.Repeat("9", 400) + `"`: {},
	} {
		got, ok := answered(0, true).ExpiryField(json.RawMessage(raw))
		assert.Equal(t, !want.IsZero(), ok, raw)
		assert.True(t, want.Equal(got), "%s: %v", raw, got)
	}
	_, ok := answered(0, true).ExpiryField(nil)
	assert.False(t, ok)
}

// An Answer that somebody made by hand, without times, is no reason to panic or to invent a century.
func TestExpiryOfABareAnswer(t *testing.T) {
	t.Parallel()
	a := &loginhttp.Answer{Header: http.Header{"Date": {"Fri, 01 May 2026 13:00:00 GMT"}}}
	assert.True(t, time.Unix(1777651200, 0).Equal(a.Expiry(jwt(`{"exp":1777651200,"iat":1777640000}`), 0)))
	assert.True(t, (&loginhttp.Answer{}).Expiry("", 0).IsZero())
}
