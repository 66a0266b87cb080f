package flight_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/internal/flight"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// A log is what happens to a flight, in order.
type log struct {
	mu   sync.Mutex
	what []string
}

func (l *log) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.what = append(l.what, s)
}

// fly starts a flight whose outcome is text; failures are outcomes too.
func (l *log) fly(ctx context.Context, do func(context.Context) string) *flight.Flight[string] {
	f := flight.New(ctx, l.work(do))
	f.Start()
	return f
}

func (l *log) work(do func(context.Context) string) flight.Work[string] {
	return flight.Work[string]{
		Timeout: 10 * time.Second, Grace: 5 * time.Second,
		Do: do,
		Failed: func(c flight.Cause) string {
			switch {
			case c.Panic != nil:
				return "panicked"
			case c.TimedOut:
				return "timed out"
			}
			return "ended"
		},
		Settle:  func(s string) string { l.add("settled " + s); return s + "!" },
		Cleanup: func(ctx context.Context) { l.add("cleaned up") },
		Ended:   func() { l.add("ended") },
	}
}

func TestOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var l log
		f := l.fly(t.Context(), func(context.Context) string { time.Sleep(time.Second); return "done" })
		assert.False(t, f.Settled())
		out, err := f.Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "done!", out)
		<-f.Ended()
		assert.True(t, f.Settled())
		assert.Equal(t, []string{"settled done", "cleaned up", "ended"}, l.what)
		left, leave := context.WithCancel(t.Context())
		leave()
		f.Close()
		for range 100 {
			out, err = f.Wait(left)
			require.NoError(t, err)
			assert.Equal(t, "done!", out, "also afterwards, whatever has ended since")
		}
	})
}

func TestWorkThatDoesNotReturn(t *testing.T) {
	for name, do := range map[string]func(context.Context) string{
		"panicked":  func(context.Context) string { panic("example") },
		"ended":     func(context.Context) string { runtime.Goexit(); return "" },
		"timed out": func(context.Context) string { time.Sleep(time.Hour); return "too late" },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var l log
				began := time.Now()
				f := l.fly(t.Context(), do)
				out, err := f.Wait(t.Context())
				require.NoError(t, err)
				assert.Equal(t, name+"!", out)
				if name == "timed out" {
					assert.Equal(t, 15*time.Second, time.Since(began), "Timeout and Grace")
					assert.False(t, f.Commit(), "too late to begin anything")
				}
				<-f.Ended()
				assert.Equal(t, []string{"settled " + name, "cleaned up", "ended"}, l.what, "once")
			})
		})
	}
}

// A panic names the line that it came from, also one of the runtime's own.
func TestWhereItPanicked(t *testing.T) {
	nothing := map[string]string(nil)
	for name, do := range map[string]func(context.Context) string{
		"own":     func(context.Context) string { panic("example") },
		"runtime": func(context.Context) string { nothing["a"] = "b"; return "" },
		"deeper":  func(context.Context) string { return func() string { panic(errors.New("example")) }() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var l log
				work := l.work(do)
				work.Failed = func(c flight.Cause) string { return c.At }
				f := flight.New(t.Context(), work)
				f.Start()
				out, err := f.Wait(t.Context())
				require.NoError(t, err)
				assert.Regexp(t, `^flight_test\.go:\d+!$`, out)
				<-f.Ended()
			})
		})
	}
}

func TestPanicInCleanupIsDropped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var l log
		work := l.work(func(context.Context) string { return "done" })
		work.Cleanup = func(context.Context) { panic("example") }
		f := flight.New(t.Context(), work)
		f.Start()
		<-f.Ended()
		out, err := f.Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "done!", out)
	})
}

func TestContextEndsWithTheWork(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var l log
		var work context.Context
		f := l.fly(t.Context(), func(ctx context.Context) string { work = ctx; return "done" })
		<-f.Ended()
		time.Sleep(time.Minute)
		assert.ErrorIs(t, work.Err(), context.Canceled)
	})
}

// failures is a flight that counts how often its outcome is made up.
func failures(t *testing.T, n *int, cleanup time.Duration, do func(f *flight.Flight[string], ctx context.Context)) *flight.Flight[string] {
	var l log
	var f *flight.Flight[string]
	work := l.work(func(ctx context.Context) string { do(f, ctx); return "done" })
	work.Failed = func(flight.Cause) string { *n++; return "failed" }
	work.Cleanup = func(context.Context) { time.Sleep(cleanup) }
	f = flight.New(t.Context(), work)
	f.Start()
	return f
}

func TestOutcomeIsMadeUpOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var n int
		f := failures(t, &n, time.Hour, func(*flight.Flight[string], context.Context) {})
		<-f.Ended()
		assert.Zero(t, n, "not while it is cleaned up")
		f = failures(t, &n, 0, func(f *flight.Flight[string], ctx context.Context) {
			time.Sleep(time.Hour)
			_, done := f.Pause(ctx, time.Minute)
			time.Sleep(time.Hour)
			done()
			time.Sleep(time.Hour)
		})
		<-f.Ended()
		assert.Equal(t, 1, n, "nor because it pauses afterwards")
		assert.False(t, f.Commit())
	})
}

func TestContextOfTheWork(t *testing.T) {
	type key struct{}
	bubble(t, func(t *testing.T) {
		caller, leave := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
		var l log
		f := l.fly(caller, func(ctx context.Context) string {
			assert.Equal(t, "value", ctx.Value(key{}))
			assert.NoError(t, ctx.Err())
			deadline, ok := ctx.Deadline()
			assert.True(t, ok)
			assert.Equal(t, 10*time.Second, time.Until(deadline))
			leave()
			derived, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			<-derived.Done()
			assert.ErrorIs(t, derived.Err(), context.DeadlineExceeded, "it is the time that ended it")
			assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
			assert.Equal(t, deadline, time.Now())
			return "done"
		})
		_, err := f.Wait(caller)
		require.ErrorIs(t, err, context.Canceled, "whoever leaves gets his own error")
		out, err := f.Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "done!", out, "and the work goes on")
		<-f.Ended()
	})
}

func TestClose(t *testing.T) {
	for name, commits := range map[string]bool{"uncommitted": false, "committed": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var l log
				var f *flight.Flight[string]
				begun := make(chan struct{})
				f = flight.New(t.Context(), l.work(func(ctx context.Context) string {
					if commits {
						assert.True(t, f.Commit())
					}
					close(begun)
					select {
					case <-ctx.Done():
						assert.ErrorIs(t, ctx.Err(), context.Canceled)
						return "cancelled"
					case <-time.After(5 * time.Second):
						return "done"
					}
				}))
				f.Start()
				<-begun
				began := time.Now()
				f.Close()
				f.Close()
				assert.False(t, f.Commit())
				_, err := f.Wait(t.Context())
				require.ErrorIs(t, err, flight.ErrClosed)
				assert.Zero(t, time.Since(began), "waiters go at once")
				<-f.Ended()
				if commits {
					assert.Equal(t, "settled done", l.what[0], "what has begun runs to its end")
					assert.Equal(t, 5*time.Second, time.Since(began))
				} else {
					assert.Equal(t, "settled cancelled", l.what[0])
					assert.Zero(t, time.Since(began))
				}
			})
		})
	}
}

func TestPauseStopsTheTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var l log
		var f *flight.Flight[string]
		started := make(chan struct{})
		f = l.fly(t.Context(), func(ctx context.Context) string {
			<-started
			time.Sleep(8 * time.Second)
			for range 2 { // each as long as the whole time
				asking, done := f.Pause(ctx, time.Minute)
				_, ok := ctx.Deadline()
				assert.False(t, ok, "it is not known while the time stands still")
				time.Sleep(20 * time.Second)
				assert.NoError(t, asking.Err())
				assert.NoError(t, ctx.Err())
				done()
			}
			time.Sleep(time.Second)
			assert.NoError(t, ctx.Err())
			time.Sleep(time.Second + time.Millisecond)
			assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded, "10 seconds of its own are over")
			return "done"
		})
		close(started)
		out, err := f.Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "done!", out, "nor was it given up meanwhile")
		<-f.Ended()
	})
}

func TestWorkThatHangsAfterAPauseIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var n int
		began := time.Now()
		f := failures(t, &n, 0, func(f *flight.Flight[string], ctx context.Context) {
			time.Sleep(4 * time.Second)
			asking, done := f.Pause(ctx, time.Minute)
			_, doneToo := f.Pause(ctx, time.Minute)
			time.Sleep(20 * time.Second)
			done()
			assert.Error(t, asking.Err())
			time.Sleep(20 * time.Second)
			assert.NoError(t, ctx.Err(), "one of two pauses goes on")
			doneToo()
			time.Sleep(time.Hour)
		})
		_, err := f.Wait(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		assert.Equal(t, 55*time.Second, time.Since(began), "the time of its own, the pauses, and the grace")
		<-f.Ended()
	})
}

func TestPauseEnds(t *testing.T) {
	for name, test := range map[string]struct {
		close bool
		after time.Duration
		err   error
	}{"by its limit": {false, time.Minute, context.DeadlineExceeded}, "by Close": {true, time.Second, context.Canceled}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var l log
				var f *flight.Flight[string]
				started, paused := make(chan struct{}), make(chan struct{})
				f = l.fly(t.Context(), func(ctx context.Context) string {
					<-started
					assert.True(t, f.Commit())
					asking, done := f.Pause(ctx, time.Minute)
					defer done()
					close(paused)
					began := time.Now()
					<-asking.Done()
					assert.Equal(t, test.after, time.Since(began))
					assert.True(t, errors.Is(asking.Err(), test.err), asking.Err())
					return "done"
				})
				close(started)
				<-paused
				time.Sleep(time.Second)
				if test.close {
					f.Close()
				}
				<-f.Ended()
				assert.Contains(t, l.what, "settled done")
			})
		})
	}
}
