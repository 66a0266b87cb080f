package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

const panicText = "panic-example-secret"

// crashes are the two ways of not returning.
var crashes = map[string]func(){
	"panic":  func() { panic(panicText) },
	"error":  func() { panic(fmt.Errorf("%s", panicText)) },
	"nil":    func() { panic(nil) },
	"Goexit": runtime.Goexit,
}

// crashing is a vendor with everything in which a step can crash.
type crashing struct {
	*refresher
	step  string // where
	codes int
	crash func()
}

func (c *crashing) at(step string) {
	if c.step == step {
		time.Sleep(time.Second) // for the others to be waiting
		c.step = ""
		c.crash()
	}
}

func (c *crashing) Login(ctx context.Context) (*vendorlogin.Token, error) {
	c.at("Login")
	source := vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
		c.at("OTP")
		c.codes++
		return fmt.Sprintf("%06d", c.codes), nil
	})
	if _, err := vendorlogin.AskOTP(ctx, source, vendorlogin.Challenge{Account: c.Account()}); err != nil {
		return nil, err
	}
	return c.refresher.Login(ctx)
}

func (c *crashing) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	t, err := c.refresher.Refresh(ctx, old)
	c.at("Refresh")
	return t, err
}

func (c *crashing) Fingerprint(context.Context) (uint64, error) {
	c.at("Fingerprint")
	return 1, nil
}

// crashStep is one step, whether the token survives a crash in it, and what leads there.
type crashStep struct {
	step     string
	renews   bool // it is on the way of a refresh, not of the first login
	harmless bool // nobody waits for it any more
}

var crashSteps = []crashStep{
	{step: "Login"}, {step: "OTP"}, {step: "Fingerprint"},
	{step: "Refresh", renews: true},
	{step: "load"}, {step: "lock"}, {step: "save"}, {step: "extend"},
	{step: "mark", renews: true}, {step: "save", renews: true}, {step: "extend", renews: true},
	{step: "unlock", harmless: true}, {step: "unlock", renews: true, harmless: true},
}

func TestCrashesAreErrorsForAllAndTheNextCallStartsAfresh(t *testing.T) {
	for kind, crash := range crashes {
		for _, step := range crashSteps {
			t.Run(fmt.Sprintf("%s in %s, renewing %v", kind, step.step, step.renews), func(t *testing.T) {
				bubble(t, func(t *testing.T) { crashIn(t, step, crash) })
			})
		}
	}
}

func crashIn(t *testing.T, step crashStep, crash func()) {
	f := &crashing{refresher: newRefresher(time.Hour, 0), crash: crash}
	s := newMemStore()
	s.before = func(_ context.Context, op string) error { f.at(op); return nil }
	var log strings.Builder
	var seen events
	c := newClient(t, f, &vendorlogin.Options{
		Store: s, OnEvent: seen.record, PromptInBackground: true,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if step.renews {
		mustToken(t, c)
		time.Sleep(time.Hour)
	}
	synctest.Wait()
	f.step = step.step
	a := atOnce(t.Context(), 10, c)
	if step.harmless {
		time.Sleep(time.Second)
	}
	synctest.Wait()
	assert.Empty(t, f.step, "the step was reached")
	if step.harmless {
		assert.Empty(t, a.errs)
	} else {
		require.Len(t, a.errs, 10)
		for _, err := range a.errs {
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
			require.Same(t, a.errs[0], err)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), panicText)
		}
	}

	began := time.Now()
	token := mustToken(t, c)
	assert.Greater(t, time.Until(token.ExpiresAt), 59*time.Minute)
	assert.Zero(t, time.Since(began))
	assert.Zero(t, f.twice.Load())
	for _, e := range seen.seen() {
		assert.NotContains(t, fmt.Sprintf("%+v %v", e, e.Err), panicText)
	}
	assert.NotContains(t, log.String(), panicText)
}

func TestCrashesAgainAndAgainBackOff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{on: func(context.Context, string, int64) error { panic(panicText) }}
		c := newClient(t, f, nil)
		for range 600 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
			e, ok := errors.AsType[*vendorlogin.Error](err)
			require.True(t, ok)
			require.False(t, e.RetryAt.Before(time.Now()), "it says when to come back")
			time.Sleep(time.Second)
		}
		assert.Less(t, f.logins.Load(), int64(30))
	})
}

func TestCrashesBeforeAnythingIsSentBackOffToo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		loads := 0
		s.before = func(context.Context, string) error {
			loads++
			panic(panicText)
		}
		c := newClient(t, &fake{}, shared(s))
		for range 600 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
			time.Sleep(time.Second)
		}
		assert.Less(t, loads, 300, "probes included")
	})
}

func TestCrashWhileLookingAtHeldCredentials(t *testing.T) {
	for kind, crash := range crashes {
		t.Run(kind, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				secret := newChanging("wrong-example")
				f := newPassworded(nil)
				broken := false
				f.secret = func(ctx context.Context) (vendorlogin.Secret, error) {
					s, err := secret.secret(ctx)
					if broken {
						time.Sleep(50 * time.Millisecond)
						crash()
					}
					return s, err
				}
				c := newClient(t, f, nil)
				_, err := c.Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
				broken = true
				before := secret.reads.Load()
				for range 100 {
					_, err = c.Token(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
					time.Sleep(50 * time.Millisecond)
				}
				assert.LessOrEqual(t, secret.reads.Load()-before, int64(20), "a look that crashes is a look")
				broken = false
				secret.value.Store(&f.right)
				time.Sleep(5 * time.Second)
				mustToken(t, c)
			})
		})
	}
}

// deaf is a vendor that heeds no ctx.
type deaf struct {
	*refresher
	loginTook, refreshTook time.Duration
}

func (d *deaf) Login(context.Context) (*vendorlogin.Token, error) {
	time.Sleep(d.loginTook)
	return d.refresher.Login(context.Background())
}

func (d *deaf) Refresh(_ context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	t, err := d.refresher.Refresh(context.Background(), old)
	time.Sleep(d.refreshTook)
	return t, err
}

func TestAuthenticatorThatHeedsNoContextKeepsNobodyForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &deaf{refresher: newRefresher(3*time.Hour, 0), loginTook: time.Hour}
		c := newClient(t, f, nil)
		began := time.Now()
		a := atOnce(t.Context(), 10, c)
		require.Len(t, a.errs, 10)
		require.ErrorIs(t, a.errs[0], vendorlogin.ErrUnavailable)
		assert.ErrorContains(t, a.errs[0], "it did not end in time")
		assert.LessOrEqual(t, time.Since(began), 40*time.Second)

		synctest.Wait()
		f.loginTook = 0
		time.Sleep(time.Minute)
		token := mustToken(t, c)
		time.Sleep(2 * time.Hour)
		assert.EqualValues(t, 2, f.logins.Load())
		assert.Same(t, token, mustToken(t, c), "what came too late changes nothing")
	})
}

func TestStoreThatHangsAfterAFailedLoginKeepsNobodyForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = failAt("save", func(context.Context) error { time.Sleep(time.Hour); return nil })
		c := newClient(t, &fake{err: down()}, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.False(t, e.RetryAt.Before(time.Now()))
		assert.NotNil(t, c.Status().Hold)
		time.Sleep(2 * time.Hour)
	})
}

func TestRefreshTokenOfARenewalThatDoesNotEndIsSpent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &deaf{refresher: newRefresher(time.Hour, 0), refreshTook: time.Hour}
		c := newClient(t, f, nil)
		mustToken(t, c)
		time.Sleep(56 * time.Minute)
		mustToken(t, c)
		synctest.Wait()
		f.refreshTook = 0
		time.Sleep(2 * time.Minute)
		mustToken(t, c)
		time.Sleep(3 * time.Minute)
		mustToken(t, c)
		assert.Zero(t, f.twice.Load())
		assert.EqualValues(t, 2, f.logins.Load())
		time.Sleep(2 * time.Hour)
	})
}

func TestNilContextIsOneCallersMistake(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		mustToken(t, c)
		time.Sleep(56 * time.Minute)
		func() {
			defer func() { assert.NotNil(t, recover()) }()
			var none context.Context
			_, _ = c.Token(none)
		}()
		time.Sleep(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Token(ctx)
		require.NoError(t, err)
	})
}

func TestPanickingExtend(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.before = func(_ context.Context, op string) error {
			if op == "extend" {
				panic("example")
			}
			return nil
		}
		c := newClient(t, &fake{life: time.Hour, took: 8 * time.Second}, shared(s))
		_, err := c.Token(t.Context()) // extended once more before the save
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	})
}
