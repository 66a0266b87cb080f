package clientpool_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

// ask lets 500 accounts ask once a second each until they have a token, for so long at most.
func ask(t *testing.T, v *vendor, length time.Duration) {
	pool := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
		n, err := strconv.Atoi(id)
		return simulatedAccount{n, v}, err
	}, nil)
	ctx, stop := context.WithTimeout(t.Context(), length)
	defer stop()
	var askers sync.WaitGroup
	for n := range 500 {
		askers.Go(func() {
			client, err := pool.Client(ctx, strconv.Itoa(n))
			if assert.NoError(t, err) {
				untilServed(ctx, client)
			}
		})
	}
	askers.Wait()
	assert.NoError(t, pool.Shutdown(t.Context()))
}

// untilServed asks at each full second. Where the error names a time, it skips what would be the same error again.
func untilServed(ctx context.Context, c *vendorlogin.Client) {
	begin := time.Now()
	for {
		_, err := c.Token(ctx)
		if err == nil {
			return
		}
		wait := time.Since(begin)
		if e, ok := errors.AsType[*vendorlogin.Error](err); ok && !e.RetryAt.IsZero() {
			wait = max(wait, e.RetryAt.Sub(begin)-time.Nanosecond)
		}
		wait = wait.Truncate(time.Second) + time.Second - time.Since(begin)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// A simulation is 500 accounts without tokens, each asked once a second.
type simulation struct {
	name    string
	rule    rule
	latency time.Duration

	early  int           // at most so many logins in the first four minutes
	each   int           // at most so many of one account, in all
	served int           // so many accounts have a token
	last   time.Duration // by then
}

// simulations returns them anew, as rules have a memory. Responses take 200 ms where nothing else is said.
func simulations() []simulation {
	const minute = time.Minute
	return []simulation{
		{"window of a minute from the first request", fixedWindow(20, minute, true), 0, 105, 4, 500, 30 * minute},
		{"the same, without Retry-After", fixedWindow(20, minute, false), 0, 105, 4, 500, 30 * minute},
		{"the same, responses after 2 s", fixedWindow(20, minute, true), 2 * time.Second, 105, 4, 500, 30 * minute},
		{"minutes of the clock, from second 50 on", clockWindow(20, 50*time.Second, true), 0, 120, 4, 500, 30 * minute},
		{"the same, without Retry-After", clockWindow(20, 50*time.Second, false), 0, 105, 4, 500, 30 * minute},
		{"sliding minute", slidingWindow(20, minute, true), 0, 105, 4, 500, 30 * minute},
		{"the same, without Retry-After", slidingWindow(20, minute, false), 0, 105, 4, 500, 30 * minute},
		{"bucket of 20, one more in 3 s", tokenBucket(20, 3*time.Second, true), 0, 120, 4, 500, 30 * minute},
		{"the same, without Retry-After", tokenBucket(20, 3*time.Second, false), 0, 115, 4, 500, 30 * minute},
		{"10 per second", fixedWindow(10, time.Second, true), 0, 520, 4, 500, 3 * minute},
		{"100 per hour", fixedWindow(100, time.Hour, true), 0, 170, 6, 500, 6 * time.Hour},
		{"100 per hour, without Retry-After", fixedWindow(100, time.Hour, false), 0, 190, 6, 500, 7 * time.Hour},
		{"no limit", free, 0, 500, 1, 500, 3 * time.Second},
		{"no limit, responses after 2 s", free, 2 * time.Second, 500, 1, 500, 30 * time.Second},
		{"outage of 30 s", outage(30*time.Second, free), 0, 530, 4, 500, 45 * time.Second},
		{"outage of 5 min", outage(5*minute, free), 0, 30, 4, 500, 7 * minute},
		{"outage of 5 min, then 20 per minute", outage(5*minute, fixedWindow(20, minute, true)), 0, 30, 4, 500, 35 * minute},
		{"wrong passwords: 100", bad(every(5), wrongPassword), 0, 500, 4, 400, 3 * time.Second},
		{"locked for an hour: 5", bad(every(100), lockedForAnHour), 0, 500, 4, 495, 3 * time.Second},
		{"locked for an hour: the first 5", bad(first(5), lockedForAnHour), 0, 500, 4, 495, 4 * time.Second},
		{"locked for an hour: 5 in a row", bad(between(100, 105), lockedForAnHour), 0, 500, 4, 495, 4 * time.Second},
		{"status 500: 5", bad(every(100), broken), 0, 520, 10, 495, 3 * time.Second},
		{"status 500: the first 5", bad(first(5), broken), 0, 520, 10, 495, 4 * time.Second},
	}
}

// TestSimulations prints, with -v, the table of docs/many-accounts.md.
func TestSimulations(t *testing.T) {
	t.Parallel()
	all := simulations()
	rows := make([]string, len(all))
	t.Run("each", func(t *testing.T) {
		for i, s := range all {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { rows[i] = s.run(t) })
			})
		}
	})
	t.Log("\n| the vendor | logins in 4 min | in all | most of one account | accounts served | the last after |" +
		"\n|---|---|---|---|---|---|\n" + strings.Join(rows, "\n"))
}

// run returns the row of the table.
func (s simulation) run(t *testing.T) string {
	if s.latency == 0 {
		s.latency = 200 * time.Millisecond
	}
	v := newVendor(s.latency, s.rule)
	ask(t, v, s.last+5*time.Minute)
	early := v.before(4 * time.Minute)
	assert.LessOrEqual(t, early, s.early, "logins in the first four minutes")
	assert.LessOrEqual(t, v.most(), s.each, "logins of one account")
	assert.Len(t, v.served, s.served, "accounts that have a token")
	assert.LessOrEqual(t, v.last(), s.last, "when the last account has its token")
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %v |",
		s.name, early, len(v.arrivals), v.most(), len(v.served), v.last().Round(100*time.Millisecond))
}
