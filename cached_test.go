package vendorlogin_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestFreshnessIsAFunctionOfBothClocks(t *testing.T) {
	t.Parallel()
	taken := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	hour := &vendorlogin.Token{IssuedAt: taken, ExpiresAt: taken.Add(time.Hour)}
	unknown := &vendorlogin.Token{IssuedAt: taken}
	adopted := &vendorlogin.Token{IssuedAt: taken.Add(-50 * time.Minute), ExpiresAt: taken.Add(10 * time.Minute)}
	for name, c := range map[string]struct {
		token      *vendorlogin.Token
		mono, wall time.Duration // since it was taken
		want       string
	}{
		"new":                       {hour, 0, 0, "fresh"},
		"just fresh":                {hour, 55*time.Minute - 1, 55*time.Minute - 1, "fresh"},
		"just stale":                {hour, 55 * time.Minute, 55 * time.Minute, "stale"},
		"last moment":               {hour, time.Hour - 1, time.Hour - 1, "stale"},
		"expired":                   {hour, time.Hour, time.Hour, "expired"},
		"slept into the window":     {hour, time.Minute, 56 * time.Minute, "stale"},
		"slept past the expiry":     {hour, time.Minute, 61 * time.Minute, "expired"},
		"slept for a month":         {hour, time.Minute, 30 * 24 * time.Hour, "expired"},
		"clock set back, fresh":     {hour, 30 * time.Minute, -24 * time.Hour, "fresh"},
		"clock set back, stale":     {hour, 57 * time.Minute, -24 * time.Hour, "stale"},
		"clock set back, expired":   {hour, 61 * time.Minute, -24 * time.Hour, "expired"},
		"clock set ahead":           {hour, time.Minute, 2 * time.Hour, "expired"},
		"unknown, new":              {unknown, 0, 0, "fresh"},
		"unknown, just fresh":       {unknown, time.Hour - 1, time.Hour - 1, "fresh"},
		"unknown, an hour":          {unknown, time.Hour, time.Hour, "stale"},
		"unknown, a year":           {unknown, 365 * 24 * time.Hour, 365 * 24 * time.Hour, "stale"},
		"unknown, slept an hour":    {unknown, 0, time.Hour, "stale"},
		"adopted, new":              {adopted, 0, 0, "fresh"},
		"adopted, just stale":       {adopted, 5 * time.Minute, 5 * time.Minute, "stale"},
		"adopted, expired":          {adopted, 10 * time.Minute, 10 * time.Minute, "expired"},
		"adopted, clock set back":   {adopted, 10 * time.Minute, 0, "expired"},
		"adopted, slept":            {adopted, 0, 10 * time.Minute, "expired"},
		"expires in the year 9999":  {forEver(taken), time.Hour, time.Hour, "fresh"},
		"the same, a century later": {forEver(taken), 100 * 365 * 24 * time.Hour, 100 * 365 * 24 * time.Hour, "fresh"},
		"expired in the year 1":     {&vendorlogin.Token{IssuedAt: taken, ExpiresAt: time.Time{}.Add(time.Second)}, 0, 0, "expired"},
		"issued in the future":      {&vendorlogin.Token{IssuedAt: taken.Add(48 * time.Hour), ExpiresAt: taken.Add(time.Hour)}, 0, 0, "fresh"},
		"issued in the future, dead": {
			&vendorlogin.Token{IssuedAt: taken.Add(48 * time.Hour), ExpiresAt: taken.Add(time.Hour)},
			time.Hour, time.Hour, "expired",
		},
	} {
		got := vendorlogin.Freshness(c.token, 5*time.Minute, taken, c.mono, taken.Add(c.wall))
		if c.token == unknown {
			got = vendorlogin.Freshness(c.token, 0, taken, c.mono, taken.Add(c.wall))
		}
		assert.Equal(t, c.want, got, name)
	}
}

func TestHoldIsAFunctionOfBothClocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mono, wall time.Duration // since it began
		want       bool
	}{
		"new":                  {0, 0, true},
		"last moment":          {15*time.Minute - 1, 15*time.Minute - 1, true},
		"over":                 {15 * time.Minute, 15 * time.Minute, false},
		"slept":                {time.Minute, 8 * time.Hour, false},
		"slept till its end":   {time.Minute, 15 * time.Minute, false},
		"clock set back a bit": {15 * time.Minute, 14 * time.Minute, false},
		"clock set back":       {time.Minute, -24 * time.Hour, true},
		"clock set back, over": {15 * time.Minute, -24 * time.Hour, false},
	} {
		assert.Equal(t, c.want, vendorlogin.Held(15*time.Minute, c.mono, c.wall), name)
	}
}

func forEver(now time.Time) *vendorlogin.Token {
	return &vendorlogin.Token{IssuedAt: now, ExpiresAt: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct{ life, renewBefore, widest time.Duration }{
		{time.Hour, 5 * time.Minute, 5 * time.Minute},
		{10 * time.Minute, 5 * time.Minute, 5 * time.Minute},
		{4 * time.Minute, 5 * time.Minute, 2 * time.Minute},
		{300 * time.Millisecond, 150 * time.Millisecond, 150 * time.Millisecond},
		{time.Second, time.Hour, 500 * time.Millisecond},
		{24 * time.Hour, time.Second, time.Second},
		{-time.Hour, 5 * time.Minute, 0},
		{0, 5 * time.Minute, 0}, // unknown
	} {
		token := &vendorlogin.Token{IssuedAt: now}
		if c.life != 0 {
			token.ExpiresAt = now.Add(c.life)
		}
		narrowest, widest := c.widest, time.Duration(0)
		for range 1000 {
			w := vendorlogin.NewWindow(token, c.renewBefore)
			narrowest, widest = min(narrowest, w), max(widest, w)
		}
		assert.LessOrEqual(t, widest, c.widest, c)
		assert.GreaterOrEqual(t, narrowest, c.widest-c.widest/10, c)
		if c.widest > 0 {
			assert.Less(t, narrowest, widest, "jitter: %v", c)
		}
	}
}

func TestTokenOfUnknownLife(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{}
		c := newClient(t, f, nil)
		first := mustToken(t, c)
		assert.Zero(t, first.ExpiresAt)
		time.Sleep(time.Hour - 1)
		require.Same(t, first, mustToken(t, c))
		assert.EqualValues(t, 1, f.logins.Load())
		time.Sleep(time.Nanosecond)
		require.Same(t, first, mustToken(t, c), "handed out, and renewed behind")
		synctest.Wait()
		assert.EqualValues(t, 2, f.logins.Load())

		f.err = down()
		time.Sleep(100 * time.Hour)
		second := mustToken(t, c)
		assert.NotSame(t, first, second, "it does not die of age")
		time.Sleep(1000 * time.Hour)
		assert.Same(t, second, mustToken(t, c))
	})
}

func TestTokenThatArrivesExpiredIsUsedOnceAndReported(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: -time.Minute, took: time.Second}
		var seen events
		c := newClient(t, f, &vendorlogin.Options{OnEvent: seen.record})
		a := atOnce(t.Context(), 20, c)
		require.Empty(t, a.errs)
		for _, token := range a.tokens {
			require.Same(t, a.tokens[0], token)
		}
		_, ok := c.Peek()
		assert.False(t, ok)
		_, err := c.Token(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrBadResponse)
		assert.EqualValues(t, 1, f.logins.Load())
		assert.Equal(t, []vendorlogin.EventType{"login", "hold"}, types(seen.seen()))
	})
}

func TestExpiresAtNeverMoves(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{Store: newMemStore()})
		token := mustToken(t, c)
		want := token.ExpiresAt
		f.err = down()
		for range 59 {
			time.Sleep(time.Minute)
			assert.Equal(t, want, mustToken(t, c).ExpiresAt)
		}
		c.Invalidate(token)
		assert.Equal(t, want, token.ExpiresAt)
	})
}

// TestFreshTokenCostsAClockReading is about how long Token takes no second look.
func TestFreshTokenCostsAClockReading(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		first := mustToken(t, c)
		assert.Equal(t, time.Second, vendorlogin.NextLook(c), "a new one")
		time.Sleep(400 * time.Millisecond)
		mustToken(t, c)
		assert.Equal(t, 600*time.Millisecond, vendorlogin.NextLook(c), "that was no look")
		time.Sleep(10 * time.Second)
		mustToken(t, c)
		assert.Equal(t, time.Second, vendorlogin.NextLook(c), "after a look")

		f.becomes(func() {
			f.err = &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, RetryAt: time.Now().Add(30 * time.Minute)}
		})
		c.Invalidate(first)
		assert.LessOrEqual(t, vendorlogin.NextLook(c), time.Duration(0), "at once after a rejection")
		require.Same(t, first, mustToken(t, c))
		assert.Equal(t, time.Second, vendorlogin.NextLook(c), "for want of a better one")
		time.Sleep(2 * time.Minute)
		require.Same(t, first, mustToken(t, c), "on hold")
		assert.Equal(t, time.Second, vendorlogin.NextLook(c))
		assert.EqualValues(t, 2, f.logins.Load())
		time.Sleep(time.Until(first.ExpiresAt) - 300*time.Millisecond)
		f.becomes(func() { f.err = down() })
		require.Same(t, first, mustToken(t, c))
		assert.Equal(t, 300*time.Millisecond, vendorlogin.NextLook(c), "no longer than it is valid")
	})
}

func TestTokenThatLivesForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &repeating{token: forEver(time.Now())}
		f.token.Access = vendorlogin.NewSecret("access-1")
		c := newClient(t, f, shared(s))
		for range 10 {
			time.Sleep(24 * time.Hour)
			mustToken(t, c)
		}
		assert.EqualValues(t, 1, f.logins.Load())
		assert.Greater(t, s.blob().ttl, 24*time.Hour)
	})
}

// Some vendors prolong one token at each login. What another process has prolonged is taken from the Store like a new one.
func TestProlongedTokenIsAdopted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, s := &prolonging{}, newMemStore()
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		mustToken(t, a)
		mustToken(t, b)
		time.Sleep(57 * time.Minute)
		for _, c := range []*vendorlogin.Client{b, a} {
			mustToken(t, c) // stale: it is renewed in the background
			time.Sleep(time.Second)
			assert.Greater(t, time.Until(mustToken(t, c).ExpiresAt), 50*time.Minute)
		}
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

// prolonging is a vendor that has one token, which each login prolongs.
type prolonging struct{ fake }

func (p *prolonging) Login(ctx context.Context) (*vendorlogin.Token, error) {
	_, err := p.fake.Login(ctx)
	now := time.Now()
	return &vendorlogin.Token{Access: vendorlogin.NewSecret("same"), IssuedAt: now, ExpiresAt: now.Add(time.Hour)}, err
}

// A vendor whose tokens have hardly begun is not asked for one after the other: who waits gets what came, and the login has failed.
func TestTokensThatHardlyLast(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for life, few := range map[time.Duration]bool{9 * time.Second: true, 11 * time.Second: false} {
			f := &fake{life: life}
			c := newClient(t, f, nil)
			mustToken(t, c)
			for range 600 {
				time.Sleep(time.Second)
				_, _ = c.Token(t.Context())
			}
			assert.Equal(t, few, f.logins.Load() <= 5, "%v: %d logins", life, f.logins.Load())
		}
	})
}

func TestReadersNeverWaitForARenewal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		span := 3 * time.Second
		if testing.Short() {
			span = time.Second
		}
		f := &fake{life: 300 * time.Millisecond, took: 100 * time.Millisecond}
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: 150 * time.Millisecond})
		mustToken(t, c)
		blocked := make(chan time.Duration, 8)
		for range 8 {
			go func() {
				var waited time.Duration
				for began := time.Now(); time.Since(began) < span; time.Sleep(100 * time.Microsecond) {
					at := time.Now()
					token := mustToken(t, c)
					assert.True(t, token.ExpiresAt.After(time.Now()))
					waited += time.Since(at)
				}
				blocked <- waited
			}()
		}
		for range 8 {
			assert.Zero(t, <-blocked)
		}
		assert.LessOrEqual(t, f.logins.Load()-1, int64(span/(time.Second/7)))
		assert.GreaterOrEqual(t, f.logins.Load()-1, int64(span/(300*time.Millisecond)))
	})
}
