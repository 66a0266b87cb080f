package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// An outage is a vendor that fails for a while from the first call on.
type outage struct {
	fake
	began time.Time
	lasts time.Duration
	kind  string
	at    []time.Duration // of each login, since the start
}

func (o *outage) Login(ctx context.Context) (*vendorlogin.Token, error) {
	since := time.Since(o.began)
	o.mu.Lock()
	o.at = append(o.at, since)
	o.mu.Unlock()
	if since >= o.lasts {
		return o.fake.Login(ctx)
	}
	switch o.kind {
	case "503":
		return nil, down()
	case "timeout":
		_ = pass(ctx, 30*time.Second)
		return nil, &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Err: context.DeadlineExceeded}
	case "no token":
		return nil, &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrBadResponse, Status: 200}
	case "refused":
		return nil, &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
	}
	panic(o.kind)
}

// most is how many logins fell into any 10 minutes.
func (o *outage) most() int {
	most := 0
	for i, from := range o.at {
		n := 0
		for _, at := range o.at[i:] {
			if at-from < 10*time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// A crew is the processes that ask for a token once a second.
type crew struct {
	name   string
	size   int
	shares bool
	crash  bool // each process dies after its first failure, and another takes its place
}

var crews = []crew{
	{"1 process", 1, false, false},
	{"10 processes, one store", 10, true, false},
	{"10 processes, no store", 10, false, false},
}

// delay lets the crew ask until all have a token, and returns how long after the outage's end the last of them had it.
func (c crew) delay(t *testing.T, o *outage) time.Duration {
	t.Helper()
	var s vendorlogin.Store
	if c.shares {
		s = newMemStore()
	}
	o.life, o.began = 24*time.Hour, time.Now()
	done := make(chan time.Duration, c.size)
	for range c.size {
		go func() {
			client := newClient(t, o, &vendorlogin.Options{Store: s})
			for {
				_, err := client.Token(t.Context())
				if err == nil {
					done <- time.Since(o.began)
					return
				}
				time.Sleep(time.Second)
			}
		}()
	}
	var last time.Duration
	for range c.size {
		last = max(last, <-done)
	}
	return last - o.lasts
}

// outages are those that the simulation goes through: some, or with VENDORLOGIN_OUTAGES=all each second up to 15 minutes.
func outages() []time.Duration {
	var lasts []time.Duration
	for _, s := range []time.Duration{0, 3, 30, 100, 180, 400, 600, 900} {
		lasts = append(lasts, s*time.Second)
	}
	if os.Getenv("VENDORLOGIN_OUTAGES") == "all" {
		lasts = nil
		for s := range 901 {
			lasts = append(lasts, time.Duration(s)*time.Second)
		}
	}
	return lasts
}

// TestOutages prints the table of docs/renewal.md.
func TestOutages(t *testing.T) {
	t.Parallel()
	promised := map[time.Duration]time.Duration{
		3 * time.Second: 2 * time.Second, 30 * time.Second: 15 * time.Second,
		180 * time.Second: 90 * time.Second, 600 * time.Second: 240 * time.Second,
	}
	var table strings.Builder
	for _, kind := range []string{"503", "timeout", "no token", "refused"} {
		for _, c := range crews {
			var delays []time.Duration
			var most int
			for _, lasts := range outages() {
				o := &outage{kind: kind, lasts: lasts}
				synctest.Test(t, func(t *testing.T) { delays = append(delays, c.delay(t, o)) })
				most = max(most, o.most())
				last := delays[len(delays)-1]
				if within, ok := promised[lasts]; ok && kind != "timeout" && (c.shares || c.size == 1) {
					assert.LessOrEqual(t, last, within, "%s, %s: outage of %s", kind, c.name, lasts)
				}
				if kind == "refused" {
					assert.LessOrEqual(t, last, 11*time.Second, "%s: outage of %s", c.name, lasts)
				}
			}
			if kind != "refused" {
				limit := 4
				if !c.shares {
					limit *= c.size
				}
				assert.LessOrEqual(t, most, limit+c.size, "%s, %s", kind, c.name) // those that succeed come on top
			}
			slices.Sort(delays)
			var total time.Duration
			for _, d := range delays {
				total += d
			}
			fmt.Fprintf(&table, "| %s | %s | %.0f s | %.0f s | %d |\n", kind, c.name, delays[len(delays)-1].Seconds(),
				total.Seconds()/float64(len(delays)), most)
		}
	}
	t.Log(
		"\n| failure | who asks | longest delay after the end | mean | most logins in 10 minutes |\n|---|---|---|---|---|\n" + table.String(),
	)
}

// TestFleetWhateverTheVendorReturns counts the logins of an hour.
func TestFleetWhateverTheVendorReturns(t *testing.T) {
	for name, err := range map[string]error{
		"wrong password": wrongPassword(), "forbidden": vendorlogin.ErrForbidden, "unavailable": down(),
		"no token":     &vendorlogin.Error{Kind: vendorlogin.ErrBadResponse, Status: 200},
		"bad request":  &vendorlogin.Error{Kind: vendorlogin.ErrInvalidRequest, Status: 400},
		"rate limited": vendorlogin.ErrRateLimited, "code": &vendorlogin.Error{Kind: vendorlogin.ErrOTPRejected, Status: 401},
		"no code": vendorlogin.ErrOTPRequired,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				f := &fake{err: err}
				var fleet []*vendorlogin.Client
				for range 10 {
					fleet = append(fleet, newClient(t, f, shared(s)))
				}
				for range 60 * 60 {
					for _, c := range fleet {
						if _, err := c.Token(t.Context()); err == nil {
							t.Fatal("a token")
						}
					}
					time.Sleep(time.Second)
				}
				assert.LessOrEqual(t, f.logins.Load(), int64(24))
				assert.Positive(t, f.logins.Load())
			})
		})
	}
}

// TestDayWhateverTheVendorReturns counts the logins of a day.
func TestDayWhateverTheVendorReturns(t *testing.T) {
	for name, err := range map[string]error{
		"wrong password": wrongPassword(), "unavailable": down(), "no token": &vendorlogin.Error{Kind: vendorlogin.ErrBadResponse, Status: 200},
		"rate limited": vendorlogin.ErrRateLimited, "code": &vendorlogin.Error{Kind: vendorlogin.ErrOTPRejected, Status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{err: err}
				c := newClient(t, f, nil)
				for began := time.Now(); time.Since(began) < 24*time.Hour; time.Sleep(3 * time.Second) {
					if _, err := c.Token(t.Context()); err == nil {
						t.Fatal("a token")
					}
				}
				assert.LessOrEqual(t, f.logins.Load(), int64(150))
			})
		})
	}
}

// mortal is a process's way to the store; after its death nothing it does arrives.
type mortal struct {
	*memStore
	dead bool
}

func (m *mortal) gone() error {
	if m.dead {
		return fmt.Errorf("%w: killed", vendorlogin.ErrStore)
	}
	return nil
}

func (m *mortal) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	if err := m.gone(); err != nil {
		return "", err
	}
	return m.memStore.Save(ctx, key, data, version, ttl)
}

func (m *mortal) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	l, err := m.memStore.TryLock(ctx, key, lease)
	return mortalLease{l, m}, err
}

type mortalLease struct {
	vendorlogin.Lease
	m *mortal
}

func (l mortalLease) Unlock(ctx context.Context) error {
	if err := l.m.gone(); err != nil {
		return err
	}
	return l.Lease.Unlock(ctx)
}

// crashLoop starts one process after another, each of which is killed during its first login, and returns when logins were sent.
func crashLoop(t *testing.T, wrap func(*mortal) vendorlogin.Store, span time.Duration) []time.Duration {
	s, began := newMemStore(), time.Now()
	var at []time.Duration
	for time.Since(began) < span {
		m := &mortal{memStore: s}
		f := &fake{life: time.Hour}
		f.on = func(context.Context, string, int64) error {
			at = append(at, time.Since(began))
			m.dead = true
			return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable}
		}
		_, err := newClient(t, f, shared(wrap(m))).Token(t.Context())
		require.Error(t, err)
		time.Sleep(time.Second)
	}
	return at
}

func TestCrashLoopSpendsOneBudget(t *testing.T) {
	for name, wrap := range map[string]func(*mortal) vendorlogin.Store{
		"locks": func(m *mortal) vendorlogin.Store { return m }, "no locks": func(m *mortal) vendorlogin.Store { return unlockedMortal{m} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				at := crashLoop(t, wrap, time.Hour)
				require.NotEmpty(t, at)
				for i := range at {
					if i >= 4 {
						assert.Greater(t, at[i]-at[i-4], 10*time.Minute, "the fifth after the first")
					}
				}
			})
		})
	}
}

// unlockedMortal has no locks.
type unlockedMortal struct{ m *mortal }

func (u unlockedMortal) Load(ctx context.Context, key string) ([]byte, string, error) {
	return u.m.Load(ctx, key)
}
func (u unlockedMortal) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	return u.m.Save(ctx, key, data, version, ttl)
}
func (u unlockedMortal) Delete(ctx context.Context, key, version string) error {
	return u.m.Delete(ctx, key, version)
}

func TestFailingStoreLeavesTwoAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("every", func(context.Context) error { return errDisk })
		f := &fake{err: down()}
		c := newClient(t, f, shared(s))
		for range 10 * 60 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 2, f.logins.Load())
		assert.Equal(t, 2, c.Status().Attempts)
	})
}

func TestFailoverDoesNotResetTheBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: down()}
		c := newClient(t, f, shared(s))
		for range 10 * 60 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			s.empty() // it forgets everything each second
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, f.logins.Load(), int64(4))
	})
}

func TestRenewDoesNotBypassTheBudgetOrARetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		logins int64
	}{
		"budget": {wrongPassword(), 4},
		"Retry-After": {
			&vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, RetryAt: time.Date(2000, 1, 1, 0, 30, 0, 0, time.UTC)}, 1,
		},
		"rejected, with a Retry-After": {
			&vendorlogin.Error{Kind: vendorlogin.ErrForbidden, Status: 403, RetryAt: time.Date(2000, 1, 1, 0, 30, 0, 0, time.UTC)}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &fake{err: c.err}
				client := newClient(t, f, nil)
				for range 10 * 60 {
					_, err := client.Renew(t.Context())
					require.Error(t, err)
					time.Sleep(time.Second)
				}
				assert.Equal(t, c.logins, f.logins.Load())
			})
		})
	}
}

func TestBudgetTellsTheLastFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{
			err: &vendorlogin.Error{
				Op:      "login",
				Kind:    vendorlogin.ErrInvalidCredentials,
				Status:  400,
				Code:    "session/0",
				Request: "POST h/p",
			},
		}
		c := newClient(t, f, &vendorlogin.Options{MaxAttempts: 1})
		_, first := c.Token(t.Context())
		require.Error(t, first)
		time.Sleep(61 * time.Second)
		_, err := c.Renew(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, vendorlogin.ErrInvalidCredentials, e.Kind)
		assert.True(t, e.Remembered)
		assert.Equal(t, "session/0", e.Code)
		assert.Equal(t, 10*time.Minute+30*time.Second-61*time.Second, time.Until(e.RetryAt))
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestNoLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: wrongPassword()}
		c := newClient(t, f, &vendorlogin.Options{MaxAttempts: -1})
		for range 9 {
			_, err := c.Renew(t.Context())
			require.Error(t, err)
			time.Sleep(61 * time.Second)
		}
		assert.EqualValues(t, 9, f.logins.Load())
	})
}

func TestSuccessClearsTheCountForAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Minute, err: down()}
		a, b := newClient(t, f, shared(s)), newClient(t, f, shared(s))
		for range 3 {
			_, err := a.Renew(t.Context())
			require.Error(t, err)
			time.Sleep(61 * time.Second)
		}
		assert.Equal(t, 3, a.Status().Attempts)
		f.becomes(func() { f.err = nil })
		_, err := b.Renew(t.Context())
		require.NoError(t, err)
		assert.Zero(t, b.Status().Attempts)
		time.Sleep(5 * time.Second)
		mustToken(t, a)
		assert.Zero(t, a.Status().Attempts, "another's success clears ours")
		assert.Zero(t, len(s.record(t).Holds))
	})
}
