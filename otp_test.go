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

// person is somebody who types codes.
func person(asked *atomic.Int64) vendorlogin.OTPFunc {
	return func(context.Context, vendorlogin.Challenge) (string, error) {
		return fmt.Sprintf(" %06d\n", 12344+asked.Add(1)), nil
	}
}

func TestAskOTP(t *testing.T) {
	t.Parallel()
	source := func(code string, err error) vendorlogin.OTPSource {
		return vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return code, err })
	}
	account := (&fake{}).Account()
	for name, c := range map[string]struct {
		source vendorlogin.OTPSource
		code   string
		err    error
	}{
		"leading zeros live":    {source: source("012345", nil), code: "012345"},
		"space around it goes":  {source: source(" 012345\r\n", nil), code: "012345"},
		"none configured":       {source: nil, err: vendorlogin.ErrOTPRequired},
		"nil function":          {source: vendorlogin.OTPFunc(nil), err: vendorlogin.ErrOTPRequired},
		"empty":                 {source: source("  ", nil), err: vendorlogin.ErrOTPRequired},
		"source fails":          {source: source("", errors.New("no terminal")), err: vendorlogin.ErrOTPRequired},
		"source's typed error":  {source: source("", &vendorlogin.Error{Kind: vendorlogin.ErrStore}), err: vendorlogin.ErrStore},
		"code beside the error": {source: source("012345", errors.New("no terminal")), err: vendorlogin.ErrOTPRequired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := vendorlogin.AskOTP(t.Context(), c.source, vendorlogin.Challenge{Account: account})
			assert.Equal(t, c.code, code)
			if c.err == nil {
				assert.NoError(t, err)
				return
			}
			e, ok := errors.AsType[*vendorlogin.Error](err)
			require.True(t, ok)
			assert.Equal(t, c.err, e.Kind)
			if c.err == vendorlogin.ErrOTPRequired {
				assert.Equal(t, "otp", e.Op)
			}
		})
	}
}

func TestAskOTPEndsWithContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		late := vendorlogin.OTPFunc(func(ctx context.Context, _ vendorlogin.Challenge) (string, error) {
			<-ctx.Done()
			return "012345", nil
		})
		for _, source := range []vendorlogin.OTPSource{late, device{late}} {
			code, err := vendorlogin.AskOTP(ctx, source, vendorlogin.Challenge{})
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Empty(t, code)
		}
	})
}

func TestNoSourceHoldsWithoutALoop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asks := 0
		c := newClient(t, &coded{fake: fake{on: func(context.Context, string, int64) error { asks++; return nil }}}, nil)
		_, first := c.Token(t.Context())
		require.ErrorIs(t, first, vendorlogin.ErrOTPRequired)
		for range 14 {
			time.Sleep(time.Minute)
			_, err := c.Token(t.Context())
			requireRemembered(t, first, err)
		}
		assert.Zero(t, asks)
	})
}

func TestNobodyIsAskedInTheBackground(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked atomic.Int64
		f := &coded{fake: fake{life: time.Hour}, source: person(&asked)}
		var seen events
		c := newClient(t, f, &vendorlogin.Options{OnEvent: seen.record})
		first := mustToken(t, c)
		require.EqualValues(t, 1, asked.Load())
		seen.seen()

		time.Sleep(56 * time.Minute)
		for range 3 * 60 {
			require.Same(t, first, mustToken(t, c))
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1, asked.Load())
		assert.EqualValues(t, 1, f.logins.Load())
		all := seen.seen()
		assert.Equal(t, []vendorlogin.EventType{"stale", "login", "hold"}, types(all), "tried once, not once a call")
		assert.ErrorContains(t, all[2].Err, "nobody is waiting")

		time.Sleep(time.Minute)
		second := mustToken(t, c)
		assert.NotSame(t, first, second)
		assert.EqualValues(t, 2, asked.Load(), "somebody waits: a person may be asked")
	})
}

func TestCallerWhoJoinsABackgroundRenewalIsAsked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked atomic.Int64
		f := &coded{fake: fake{life: time.Hour}, source: person(&asked)}
		slow := &slowStart{coded: f}
		c := newClient(t, slow, nil)
		first := mustToken(t, c)
		slow.took = 10 * time.Second
		time.Sleep(time.Hour - 5*time.Second)
		require.Same(t, first, mustToken(t, c))
		time.Sleep(6 * time.Second) // dead, and the renewal in the background is still on its way to the code
		require.NotSame(t, first, mustToken(t, c))
		assert.EqualValues(t, 2, asked.Load())
	})
}

// slowStart takes its time before it asks for the code.
type slowStart struct {
	*coded
	took time.Duration
}

func (s *slowStart) Login(ctx context.Context) (*vendorlogin.Token, error) {
	if err := pass(ctx, s.took); err != nil {
		return nil, err
	}
	return s.coded.Login(ctx)
}

func TestPersonIsAskedInTheBackgroundIfWanted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked atomic.Int64
		f := &coded{fake: fake{life: time.Hour}, source: person(&asked)}
		c := newClient(t, f, &vendorlogin.Options{PromptInBackground: true})
		mustToken(t, c)
		time.Sleep(58 * time.Minute)
		mustToken(t, c)
		synctest.Wait()
		assert.EqualValues(t, 2, asked.Load())
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestUnattendedSourceIsAskedInTheBackground(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked atomic.Int64
		f := &coded{fake: fake{life: time.Hour}, source: device{person(&asked)}}
		c := newClient(t, f, nil)
		mustToken(t, c)
		time.Sleep(58 * time.Minute)
		mustToken(t, c)
		synctest.Wait()
		assert.EqualValues(t, 2, asked.Load())
	})
}

func TestRejectedCodeHoldsOnlyThisClient(t *testing.T) {
	for name, rejected := range map[string]error{
		"code":                            &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrOTPRejected, Status: 400},
		"credentials, with a code beside": wrongPassword(),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var asked atomic.Int64
				f := &coded{fake: fake{life: time.Hour, err: rejected}, source: person(&asked)}
				s := newMemStore()
				mistyped, other := newClient(t, f, &vendorlogin.Options{Store: s}), newClient(t, f, &vendorlogin.Options{Store: s})
				for range 10 {
					_, err := mistyped.Token(t.Context())
					require.ErrorIs(t, err, rejected.(*vendorlogin.Error).Kind)
				}
				assert.EqualValues(t, 1, f.logins.Load())
				f.err = nil
				mustToken(t, other)
				assert.EqualValues(t, 2, f.logins.Load())
			})
		})
	}
}

func TestCloseEndsTheWaitForACode(t *testing.T) {
	for name, source := range map[string]func(f vendorlogin.OTPFunc) vendorlogin.OTPSource{
		"person": func(f vendorlogin.OTPFunc) vendorlogin.OTPSource { return f },
		"device": func(f vendorlogin.OTPFunc) vendorlogin.OTPSource { return device{f} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &coded{source: source(func(ctx context.Context, _ vendorlogin.Challenge) (string, error) {
					<-ctx.Done()
					return "", ctx.Err()
				})}
				c := newClient(t, f, nil)
				result := make(chan error)
				go func() { _, err := c.Token(t.Context()); result <- err }()
				synctest.Wait()
				began := time.Now()
				go func() { assert.NoError(t, c.Close()) }()
				assert.ErrorIs(t, <-result, vendorlogin.ErrClosed)
				synctest.Wait()
				assert.NoError(t, c.Close())
				assert.Zero(t, time.Since(began))
				assert.Zero(t, f.logins.Load())
			})
		})
	}
}

func TestPersonHasFiveMinutes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asked := make(chan vendorlogin.Challenge, 1)
		f := &coded{source: attended{func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
			asked <- c
			<-ctx.Done()
			return "", ctx.Err()
		}}}
		c := newClient(t, f, &vendorlogin.Options{Namespace: "tenant"})
		began := time.Now()
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 5*time.Minute, time.Since(began))
		assert.Equal(t, "tenant", (<-asked).Namespace)
		e, _ := errors.AsType[*vendorlogin.Error](err)
		assert.Equal(t, "otp", e.Op)
	})
}

func TestDeviceHasOneMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &coded{source: device{func(ctx context.Context, _ vendorlogin.Challenge) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}}}
		c := newClient(t, f, nil)
		began := time.Now()
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Equal(t, time.Minute, time.Since(began))
		assert.Zero(t, f.logins.Load())
	})
}

func TestCodeThatWasSentBeforeIsNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		same := func(context.Context, vendorlogin.Challenge) (string, error) { return "012345", nil }
		f := &coded{fake: fake{err: down()}, source: device{same}}
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		time.Sleep(5 * time.Minute)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrOTPRequired)
		require.ErrorContains(t, err, "sent before")
		e, _ := errors.AsType[*vendorlogin.Error](err)
		assert.Equal(t, "otp", e.Op)
		assert.True(t, e.Unprocessed)
		assert.EqualValues(t, 1, f.logins.Load())
		assert.Equal(t, 1, c.Status().Spent)
		time.Sleep(10 * time.Minute)
		assert.Zero(t, c.Status().Spent, "its few digits come again by chance")
	})
}

func TestTimeRunsOnOnceACodeIsThere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var asked atomic.Int64
		f := &coded{fake: fake{took: time.Hour}, source: person(&asked)}
		c := newClient(t, f, nil)
		began := time.Now()
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Equal(t, 30*time.Second, time.Since(began))
	})
}

// attended is a device that needs a person all the same.
type attended struct{ vendorlogin.OTPFunc }

func (attended) NonInteractive() bool { return false }

func TestSourceThatDoesNotHeedContextIsLeftBehind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		enter := make(chan struct{})
		terminal := vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
			<-enter // as a terminal does
			return "123456", nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		_, err := vendorlogin.AskOTP(ctx, terminal, vendorlogin.Challenge{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, vendorlogin.ErrUnavailable, "the caller's time is over")
		assert.Equal(t, time.Minute, time.Since(begin))
		close(enter)
	})
}

func TestPanicOfASourceIsTheCallers(t *testing.T) {
	t.Parallel()
	s := vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { panic(panicText) })
	assert.PanicsWithValue(t, panicText, func() { _, _ = vendorlogin.AskOTP(t.Context(), s, vendorlogin.Challenge{}) })
}
