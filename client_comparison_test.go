package vendorlogin_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// TestComparison plays the cases by which this package compares itself with others, and prints what came of each. Run it with -v for
// the table.
func TestComparison(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	for _, c := range []struct {
		name string
		play func(t *testing.T) string
		want string
	}{
		{"20 callers at once, wrong password: requests", wrongPasswordAtOnce, "1"},
		{"then 20 more, one after another: requests", wrongPasswordAfterwards, "0"},
		{"1,000 callers, cold: logins", coldCallers, "1"},
		{"caller with 50 ms deadline during a 1 s login returns after", impatientCaller, "50ms"},
		{"leader cancelled: healthy waiters / logins", cancelledLeader, "ok / 1"},
		{"stale token, refresh down, 50 calls: failed / requests", staleWhileDown, "0 / 1"},
		{"4-minute tokens, 5-minute window, 50 calls at once: logins", shortTokens, "1"},
		{"100 concurrent 401s: renewals", concurrentRefusals, "1"},
		{"50 clients, one store, wrong password: requests a cooldown", fleetWithWrongPassword, "1"},
		{"holder of a rotating refresh token paused or killed: tokens presented twice", stoppedHolders, "0"},
	} {
		var got string
		ok := t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got = c.play(t)
				assert.Equal(t, c.want, got)
			})
		})
		require.True(t, ok, c.name)
		fmt.Fprintf(&table, "| %s | %s |\n", c.name, got)
	}
	t.Log("\n" + table.String())
}

func wrongPasswordAtOnce(t *testing.T) string {
	f := &fake{err: wrongPassword(), took: time.Second}
	a := atOnce(t.Context(), 20, newClient(t, f, nil))
	require.Len(t, a.errs, 20)
	return fmt.Sprint(f.logins.Load())
}

func wrongPasswordAfterwards(t *testing.T) string {
	f := &fake{err: wrongPassword(), took: time.Second}
	c := newClient(t, f, nil)
	first := atOnce(t.Context(), 20, c).errs
	before, began := f.logins.Load(), time.Now()
	for range 20 {
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		requireRemembered(t, first[0], err)
	}
	require.Zero(t, time.Since(began), "a held call fails at once")
	return fmt.Sprint(f.logins.Load() - before)
}

func coldCallers(t *testing.T) string {
	f := &fake{life: time.Hour, took: time.Second}
	a := atOnce(t.Context(), 1000, newClient(t, f, nil))
	require.Empty(t, a.errs)
	for _, token := range a.tokens {
		require.Same(t, a.tokens[0], token)
	}
	return fmt.Sprint(f.logins.Load())
}

func impatientCaller(t *testing.T) string {
	f := &fake{life: time.Hour, took: time.Second}
	c := newClient(t, f, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := c.Token(ctx)
	took := time.Since(began)
	require.ErrorIs(t, err, ctx.Err())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	return took.String()
}

func cancelledLeader(t *testing.T) string {
	f := &fake{life: time.Hour, took: time.Second}
	c := newClient(t, f, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var leader error
	var healthy answers
	var wg sync.WaitGroup
	wg.Go(func() { _, leader = c.Token(ctx) })
	synctest.Wait()
	wg.Go(func() { healthy = atOnce(t.Context(), 10, c) })
	time.Sleep(300 * time.Millisecond)
	cancel()
	wg.Wait()
	require.ErrorIs(t, leader, context.Canceled)
	if len(healthy.errs) > 0 {
		return fmt.Sprint(healthy.errs[0])
	}
	return fmt.Sprint("ok / ", f.logins.Load())
}

func staleWhileDown(t *testing.T) string {
	f := newRefresher(time.Hour, 0)
	f.on = func(_ context.Context, op string, _ int64) error {
		if op == "refresh" {
			return down()
		}
		return nil
	}
	c := newClient(t, f, nil)
	first := mustToken(t, c)
	time.Sleep(58 * time.Minute)
	a := atOnce(t.Context(), 50, c)
	synctest.Wait()
	for _, token := range a.tokens {
		require.Same(t, first, token)
	}
	return fmt.Sprintf("%d / %d", len(a.errs), f.requests()-1)
}

func shortTokens(t *testing.T) string {
	f := &fake{life: 4 * time.Minute, took: time.Second}
	c := newClient(t, f, nil)
	a := atOnce(t.Context(), 50, c)
	require.Empty(t, a.errs)
	a = atOnce(t.Context(), 50, c)
	require.Empty(t, a.errs)
	return fmt.Sprint(f.logins.Load())
}

func fleetWithWrongPassword(t *testing.T) string {
	f := &passworded{secret: vendorlogin.SecretString("example-password"), right: "another-password"}
	f.took = time.Second
	s := newMemStore()
	fleet := make([]*vendorlogin.Client, 50)
	for i := range fleet {
		fleet[i] = newClient(t, f, &vendorlogin.Options{Store: s})
	}
	cooldowns := 4
	if testing.Short() {
		cooldowns = 2
	}
	var perCooldown []int64
	for range cooldowns {
		before := f.logins.Load()
		for range 5 {
			a := atOnce(t.Context(), 100, fleet...)
			require.Len(t, a.errs, 100)
			for _, err := range a.errs {
				require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			}
			time.Sleep(time.Minute)
		}
		perCooldown = append(perCooldown, f.logins.Load()-before)
		time.Sleep(11 * time.Minute)
	}
	require.Equal(t, slices.Repeat([]int64{1}, cooldowns), perCooldown)
	return fmt.Sprint(perCooldown[0])
}

// stoppedHolders stops the process that is renewing at each of its steps, once for a while and once for good, while others go on.
func stoppedHolders(t *testing.T) string {
	var twice int64
	for _, where := range holderSteps {
		for _, killed := range []bool{true, false} {
			if testing.Short() && !killed {
				continue // the killed are resumed too, much later
			}
			f, _ := stopHolder(t, where, killed)
			twice += f.twice.Load()
		}
	}
	return fmt.Sprint(twice)
}
