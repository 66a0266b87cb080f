package loginhttp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// Times are the vendor's; where its clock and ours differ, they are shifted to ours.
func TestClockSkew(t *testing.T) {
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
		"ours is just ahead":         {-3 * time.Second, true, false, 0, 60 * m, 60 * m},
		"ours is behind, by iat":     {10 * m, false, true, 0, 60 * m, 60 * m},
		"ours is ahead, by iat":      {-10 * m, false, true, 0, 60 * m, 60 * m},
		"ours is ahead, short life":  {-10 * m, false, true, 0, 5 * m, 5 * m},
		"ours is far ahead":          {-10 * 365 * 24 * 60 * m, false, true, 0, 60 * m, 60 * m},
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
			assert.WithinDuration(t, sentAt.Add(test.wantLife), a.Expiry(nil, jwt(string(data)), 0), time.Second)

			if test.date && test.reused == 0 {
				field := a.Expiry(fmt.Appendf(nil, "%q", sentAt.Add(test.ahead+test.life).Format(time.RFC3339Nano)), "", 0)
				assert.WithinDuration(t, sentAt.Add(test.wantLife), field, time.Second)
			}
		})
	}
}

// Three clocks, each of which may be off: the local one is 0, the others are what they are ahead of it.
func TestThreeClocks(t *testing.T) {
	t.Parallel()
	const m, h = time.Minute, time.Hour
	for name, test := range map[string]struct {
		date, iat time.Duration
		life      time.Duration // exp - iat
		want      time.Duration // from sentAt
	}{
		"all agree":                              {0, 0, h, h},
		"Date ahead":                             {h, 0, h, h},
		"Date behind":                            {-h, 0, h, h},
		"Date a year ahead":                      {365 * 24 * h, 0, h, h},
		"local clock behind":                     {10 * m, 10 * m, h, h},
		"local clock ahead":                      {-10 * m, -10 * m, h, h},
		"local clock two hours ahead":            {-2 * h, -2 * h, h, h},
		"all differ":                             {h, 10 * m, h, h},
		"all differ, Date behind":                {-h, 10 * m, h, h},
		"all differ, iat behind":                 {h, -2 * h, h, h},
		"all differ, both behind":                {-10 * m, -2 * h, h, h},
		"token's clock ahead alone":              {0, 2 * h, h, h},
		"the same token again":                   {0, -30 * m, h, 30 * m},
		"the same token again, soon":             {0, -10 * m, h, 50 * m},
		"the same token again, expired":          {0, -2 * h, h, -h},
		"the same token again, clocks 5 s apart": {5 * time.Second, -30 * m, h, 30*m - 5*time.Second},
		"the same token again, clocks apart":     {-50 * time.Second, -30 * m, h, 30*m + 50*time.Second},
		"a token two seconds old":                {0, -2 * time.Second, h, h - 2*time.Second},
		"iat after exp says nothing":             {10 * m, 2 * h, -h, 50 * m},
		"iat equal to exp says nothing":          {0, h, 0, h},
		"iat and Date agree in the seconds":      {10 * m, 10*m + time.Second, h, h},
		"the same token again, Date apart":       {-2 * m, -30 * m, h, h},
		"an old token, clocks apart":             {-50 * time.Second, -15*m - time.Second, h, 45*m + 49*time.Second},
		"an old token that is over by the Date":  {50 * time.Second, -20 * m, 20*m + 30*time.Second, -20 * time.Second},
		"no old token, clocks apart":             {-50 * time.Second, -15*m + time.Second, h, h},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := answered(test.date, true)
			token := jwt(fmt.Sprintf(`{"iat":%d,"exp":%d}`, unix(test.iat), unix(test.iat+test.life)))
			assert.WithinDuration(t, sentAt.Add(test.want), a.Expiry(nil, token, 0), time.Second)

			if test.life <= 0 {
				return
			}
			field := fmt.Appendf(nil, "%d", unix(test.iat+test.life)) // by the clock that issued the token
			assert.WithinDuration(t, sentAt.Add(test.want), a.Expiry(field, token, 0), time.Second)
		})
	}
}

// The Date alone is not believed where a token says otherwise: of one without an iat by its documented lifetime, and of any because none
// is issued that has expired.
func TestWrongDateBesideATokenWithoutIat(t *testing.T) {
	t.Parallel()
	for _, date := range []time.Duration{-24 * time.Hour, -time.Hour, 0, 55 * time.Minute, time.Hour, 24 * time.Hour} {
		a := answered(date, true)
		token := jwt(fmt.Sprintf(`{"exp":%d}`, unix(time.Hour)))
		assert.WithinDuration(t, sentAt.Add(time.Hour), a.Expiry(nil, token, time.Hour), time.Second, "Date %v", date)
		if date >= time.Hour {
			assert.WithinDuration(t, sentAt.Add(time.Hour), a.Expiry(nil, token, 0), time.Second, "Date %v", date)
			field := fmt.Appendf(nil, "%d", unix(time.Hour))
			assert.WithinDuration(t, sentAt.Add(time.Hour), a.Expiry(field, "", 0), time.Second, "Date %v", date)
		}
	}
	ahead := jwt(fmt.Sprintf(`{"iat":%d,"exp":%d}`, unix(time.Hour), unix(2*time.Hour)))
	expires := answered(time.Hour, true).Expiry(nil, ahead, 2*time.Hour)
	assert.WithinDuration(t, sentAt.Add(time.Hour), expires, time.Second, "its iat says that too")
	a := answered(-time.Hour, true) // the local clock is ahead
	token := jwt(fmt.Sprintf(`{"exp":%d}`, unix(0)))
	assert.WithinDuration(t, sentAt.Add(time.Hour), a.Expiry(nil, token, time.Hour), time.Second)
	assert.WithinDuration(t, sentAt.Add(time.Hour), a.Expiry(nil, token, 0), time.Second)
}

// Beyond that it is another clock, in odd and in even seconds.
func TestThreeSecondsAreADifference(t *testing.T) {
	t.Parallel()
	for at := range 2 {
		sent := time.Date(2026, 5, 1, 12, 0, at, 500e6, time.UTC)
		date := sent.Add(-3 * time.Second).Truncate(time.Second)
		a := &loginhttp.Answer{Status: 200, SentAt: sent, Header: http.Header{"Date": {date.Format(http.TimeFormat)}}}
		expires := a.Expiry(fmt.Appendf(nil, "%d", date.Add(time.Hour).Unix()), "", 0)
		assert.True(t, sent.Add(time.Hour).Equal(expires), "%v", expires)
	}
}

// A Date is in whole seconds and was written somewhat later than the request: that is no wrong clock.
func TestSmallDifferencesAreNone(t *testing.T) {
	t.Parallel()
	exp := unix(time.Hour)
	for _, ahead := range []time.Duration{-2 * time.Second, -time.Second, 0, time.Second, 2 * time.Second} {
		for _, told := range []bool{false, true} {
			got := answered(ahead, told).Expiry(nil, jwt(fmt.Sprintf(`{"exp":%d,"iat":%d}`, exp, unix(ahead))), 0)
			assert.True(t, time.Unix(exp, 0).Equal(got), "%v: %v", ahead, got)
		}
	}
	for _, date := range []string{"", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"} {
		a := answered(0, false)
		a.Header.Set("Date", date)
		assert.True(t, time.Unix(exp, 0).Equal(a.Expiry(nil, jwt(fmt.Sprintf(`{"exp":%d}`, exp)), 0)), date)
	}
}
