package loginhttp_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// sentAt is when the requests of these tests went out, by our clock.
var sentAt = time.Date(2026, 5, 1, 12, 0, 0, 500e6, time.UTC)

// answered is a response at once, of a vendor whose clock is ahead of ours by this much; told says whether it has a Date.
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
			assert.True(t, test.want.Equal(a.Expiry(nil, test.token, 0)), "%v", a.Expiry(nil, test.token, 0))
			if test.want.IsZero() {
				assert.Equal(t, sentAt.Add(24*time.Hour), a.Expiry(nil, test.token, 24*time.Hour))
			}
		})
	}
}

// Field, token and documented lifetime: which of them holds.
func TestExpiryChooses(t *testing.T) {
	t.Parallel()
	token := func(d time.Duration) string { return jwt(fmt.Sprintf(`{"exp":%d}`, unix(d))) }
	at := func(d time.Duration) string { return fmt.Sprintf("%q", sentAt.Add(d).Format(time.RFC3339)) }
	naive := func(d time.Duration) string { return fmt.Sprintf("%q", sentAt.Add(d).Format(time.DateTime)) }
	const unknown = time.Duration(1<<63 - 1)
	for name, test := range map[string]struct {
		field, token string
		life         time.Duration
		want         time.Duration // from sentAt
	}{
		"field earlier":                 {`1800`, token(time.Hour), 0, 30 * time.Minute},
		"token earlier":                 {`7200`, token(time.Hour), 0, time.Hour},
		"milliseconds beside a token":   {`3600000`, token(time.Hour), 0, time.Hour},
		"field past, token not":         {at(-time.Hour), token(time.Hour), 0, time.Hour},
		"token past, field not":         {`1800`, token(-time.Hour), 0, 30 * time.Minute},
		"naive past, token not":         {naive(-5 * time.Hour), token(time.Hour), 0, time.Hour},
		"field past, as in HTTP":        {fmt.Sprintf("%q", sentAt.Add(-time.Hour).Format(http.TimeFormat)), "opaque", 0, -time.Hour},
		"field past, with its offset":   {fmt.Sprintf("%q", sentAt.Add(-time.Hour).Format(time.RFC1123Z)), "opaque", 0, -time.Hour},
		"naive past alone":              {naive(-5 * time.Hour), "opaque", 0, unknown},
		"naive past, documented":        {naive(-5 * time.Hour), "opaque", time.Hour, unknown},
		"naive and token past":          {naive(-5 * time.Hour), token(-time.Hour), time.Hour, -time.Hour},
		"naive, of no time, documented": {`"1960-01-01T00:00:00"`, "opaque", 2 * time.Hour, 2 * time.Hour},
		"of a zone that nobody knows":   {`"Friday, 01-May-26 13:00:00 EST"`, "opaque", 0, unknown},
		"naive to come":                 {naive(time.Hour), "opaque", 0, time.Hour},
		"both past":                     {at(-2 * time.Hour), token(-time.Hour), time.Hour, -time.Hour},
		"field past alone":              {at(-2 * time.Hour), "opaque", time.Hour, -2 * time.Hour},
		"token past alone":              {``, token(-time.Hour), time.Hour, -time.Hour},
		"at SentAt itself":              {fmt.Sprintf("%q", sentAt.Format(time.RFC3339Nano)), token(time.Hour), 0, time.Hour},
		"unreadable field, token":       {`"soon"`, token(time.Hour), 2 * time.Hour, time.Hour},
		"unreadable field, documented":  {`"soon"`, "opaque", 2 * time.Hour, 2 * time.Hour},
		"nothing, documented":           {``, "", 2 * time.Hour, 2 * time.Hour},
		"nothing":                       {``, "", 0, unknown},
		"negative documented":           {``, "", -time.Hour, unknown},
		"no field, token without exp":   {``, jwt(`{"exp":0}`), 0, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := answered(0, true).Expiry(json.RawMessage(test.field), test.token, test.life)
			if test.want == unknown {
				assert.Zero(t, got)
				return
			}
			assert.WithinDuration(t, sentAt.Add(test.want), got, 600*time.Millisecond)
		})
	}
}

// An Answer that was made by hand, without times, is no reason to panic or to invent a century.
func TestExpiryOfABareAnswer(t *testing.T) {
	t.Parallel()
	a := &loginhttp.Answer{Header: http.Header{"Date": {"Fri, 01 May 2026 13:00:00 GMT"}}}
	assert.True(t, time.Unix(1777651200, 0).Equal(a.Expiry(nil, jwt(`{"exp":1777651200,"iat":1777640000}`), 0)))
	assert.Zero(t, (&loginhttp.Answer{}).Expiry(json.RawMessage(`3600`), "", time.Hour))
	assert.True(t, (&loginhttp.Answer{}).Expiry(nil, "", 0).IsZero())
}

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
