package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// turns is a Pacer that writes down, in the log of a store, what it is asked and told.
type turns struct {
	log *memStore
	err error // what every turn comes to
	on  func(told int)

	asked func(op string)
}

func (p *turns) Pace(_ context.Context, a vendorlogin.Account, op string) (func(bool, error), error) {
	p.log.note("pace " + op + " of " + a.Vendor)
	if p.asked != nil {
		p.asked(op)
	}
	if p.err != nil {
		return nil, p.err
	}
	told := 0
	return func(sent bool, err error) {
		p.log.note(fmt.Sprint("done ", sent, " ", err != nil))
		told++
		if p.on != nil {
			p.on(told)
		}
	}, nil
}

func paced(s *memStore) (*turns, *vendorlogin.Options) {
	p := &turns{log: s}
	return p, &vendorlogin.Options{Pacer: p, Store: s}
}

func TestPacerIsAskedBeforeEachExchange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		_, o := paced(s)
		c := newClient(t, f, o)
		mustToken(t, c)
		synctest.Wait()
		log := s.commands()
		assert.Equal(t, []string{"load", "pace login of fake", "lock", "load", "attempt", "login", "done true false"}, log[:7])
		assert.Equal(t, "done true false", log[len(log)-2], "and at the end, once more")

		time.Sleep(time.Hour)
		mustToken(t, c)
		synctest.Wait()
		log = s.commands()
		assert.Contains(t, log, "pace refresh of fake")
		assert.Equal(t, 2, count(log, "done true false"))

		f.becomes(func() {
			f.on = func(_ context.Context, op string, _ int64) error {
				if op == "refresh" {
					return vendorlogin.ErrRefreshRejected
				}
				return nil
			}
		})
		time.Sleep(time.Hour)
		mustToken(t, c)
		synctest.Wait()
		log = s.commands()
		assert.Contains(t, log, "pace refresh of fake")
		assert.Contains(t, log, "pace login of fake", "the login waits for a turn of its own")
		assert.Contains(t, log, "done true true", "the refresh")
		assert.Contains(t, log, "done true false", "the login")
	})
}

func TestPacerIsToldThatNothingWasSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		_, o := paced(s)
		_, err := s.TryLock(t.Context(), f.Account().Key(), time.Hour)
		require.NoError(t, err)
		time.AfterFunc(2*time.Second, func() { s.put(recordOf("other", 0, time.Hour, "")) })
		assert.Equal(t, "other", mustToken(t, newClient(t, f, o)).Access.Reveal())
		synctest.Wait()
		log := s.commands()
		assert.Contains(t, log, "done false false")
		assert.NotContains(t, log, "done true false")
		assert.Zero(t, f.logins.Load())
	})
}

// The refresh before was sent, in a turn of its own.
func TestPacerIsToldThatNoLoginWasSentAfterARejectedRefresh(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newNoted(s, time.Hour)
		p, o := paced(s)
		c := newClient(t, f, o)
		mustToken(t, c)
		f.becomes(func() {
			f.on = func(_ context.Context, op string, _ int64) error {
				if op == "refresh" {
					return vendorlogin.ErrRefreshRejected
				}
				return nil
			}
		})
		p.asked = func(op string) {
			if op == "login" {
				s.put(recordOf("other", 0, 2*time.Hour, ""))
			}
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		s.commands() // what came before
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		synctest.Wait()
		log := s.commands()
		assert.Contains(t, log, "done true true", "the refresh")
		assert.Contains(t, log, "done false false", "no login")
		assert.NotContains(t, log, "done true false")
	})
}

func TestPacerIsToldOfAFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		_, o := paced(s)
		_, err := newClient(t, &fake{err: down()}, o).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		synctest.Wait()
		log := s.commands()
		assert.Equal(t, 2, count(log, "done true true"), "after the exchange, and at the end")
		assert.NotContains(t, log, "done true false")
	})
}

func TestNothingIsSentBeforeTheTurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		p, o := paced(s)
		var seen events
		o.OnEvent = seen.record
		until := time.Now().Add(20 * time.Second)
		p.err = &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, RetryAt: until, Unprocessed: true}
		f := &fake{life: time.Hour}
		c := newClient(t, f, o)
		for i := range 19 {
			for j, ask := range []func(context.Context) (*vendorlogin.Token, error){c.Token, c.Renew} {
				_, err := ask(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
				e, ok := errors.AsType[*vendorlogin.Error](err)
				require.True(t, ok)
				require.Equal(t, until, e.RetryAt)
				require.Equal(t, i+j > 0, e.Remembered)
			}
			time.Sleep(time.Second)
		}
		log := s.commands()
		assert.Equal(t, []string{"load", "pace login of fake"}, log, "neither the Pacer nor the store is asked again, by Renew neither")
		assert.Zero(t, f.logins.Load())
		assert.Empty(t, seen.seen(), "it is no trouble")
		assert.Empty(t, s.blob().data, "and not the fleet's")

		p.err = nil
		time.Sleep(time.Second)
		mustToken(t, c)
	})
}

func TestPacerThatDoesNotSayWhenIsAskedAgainInASecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		p, o := paced(s)
		p.err = errors.New("no turn")
		c := newClient(t, &fake{life: time.Hour}, o)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, p.err)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, time.Second, time.Until(e.RetryAt))
		p.err = nil
		time.Sleep(time.Second - 1)
		_, err = c.Token(t.Context())
		require.Error(t, err)
		time.Sleep(time.Nanosecond)
		mustToken(t, c)
	})
}

func TestPacerThatPanicsHarmsNobody(t *testing.T) {
	for _, when := range []int{1, 2} { // after the exchange, at the end
		t.Run(fmt.Sprint(when), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				p, o := paced(s)
				p.on = func(told int) {
					if told >= when {
						panic(panicText)
					}
				}
				c := newClient(t, &fake{life: time.Hour}, o)
				mustToken(t, c)
			})
		})
	}
}

type pacerFunc func(ctx context.Context, a vendorlogin.Account, op string) (func(bool, error), error)

func (p pacerFunc) Pace(ctx context.Context, a vendorlogin.Account, op string) (func(bool, error), error) {
	return p(ctx, a, op)
}

func TestPacerThatNamesAnyTime(t *testing.T) {
	for _, at := range []time.Time{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0)} {
		t.Run(at.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var asked atomic.Int64
				p := pacerFunc(func(context.Context, vendorlogin.Account, string) (func(bool, error), error) {
					if asked.Add(1) > 1 {
						return nil, &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Unprocessed: true, RetryAt: at}
					}
					return func(bool, error) {}, nil
				})
				c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Pacer: p, KeepAlive: true})
				time.Sleep(time.Second)
				mustToken(t, c)
				time.Sleep(time.Hour + 10*time.Second)
				assert.LessOrEqual(t, asked.Load(), int64(400))
				_, err := c.Token(t.Context())
				e, ok := errors.AsType[*vendorlogin.Error](err)
				require.True(t, ok)
				assert.LessOrEqual(t, time.Until(e.RetryAt), time.Hour)
			})
		})
	}
}
