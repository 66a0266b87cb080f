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

// spending is a vendor that takes a code of an identity provider, which is good for one request.
type spending struct {
	fake
	code vendorlogin.SecretFunc
	sent []string
}

func (s *spending) Login(ctx context.Context) (*vendorlogin.Token, error) {
	code, err := s.code(ctx)
	if err != nil {
		return nil, err
	}
	if err := vendorlogin.Spend(ctx, code); err != nil {
		return nil, err
	}
	s.sent = append(s.sent, code.Reveal())
	return s.fake.Login(ctx)
}

func newSpending(code string) *spending {
	return &spending{fake: fake{life: time.Hour}, code: vendorlogin.SecretString(code)}
}

func TestSingleUseSecretIsSentOnce(t *testing.T) {
	for name, answer := range map[string]error{
		"rejected": wrongPassword(), "no response": down(), "accepted": nil, "no token": vendorlogin.ErrBadResponse,
	} {
		for _, shares := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, store %v", name, shares), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					o := &vendorlogin.Options{}
					if shares {
						o.Store = newMemStore()
					}
					f := newSpending("idp-code")
					f.err = answer
					c := newClient(t, f, o)
					_, _ = c.Token(t.Context())
					for range 200 {
						time.Sleep(time.Minute)
						_, _ = c.Renew(t.Context())
						_, _ = c.Token(t.Context())
					}
					assert.Equal(t, []string{"idp-code"}, f.sent)
					_, err := c.Renew(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
					if shares {
						other := newSpending("idp-code")
						_, err := newClient(t, other, o).Renew(t.Context())
						require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
						assert.Empty(t, other.sent, "nor by another process")
					}
					f.becomes(func() { f.err, f.code = nil, vendorlogin.SecretString("another-code") })
					time.Sleep(20 * time.Minute)
					_, err = c.Renew(t.Context())
					require.NoError(t, err)
					assert.Equal(t, []string{"idp-code", "another-code"}, f.sent)
				})
			})
		}
	}
}

// Once the Store works again, it says what was sent while it failed.
func TestSingleUseSecretThatAFailingStoreDidNotLearnOf(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		logout bool // the next write
	}{
		"rejected": {answer: wrongPassword()}, "no response": {answer: down()}, "accepted": {}, "no token": {answer: vendorlogin.ErrBadResponse},
		"logout": {answer: wrongPassword(), logout: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, fails := newMemStore(), true
				s.before = func(context.Context, string) error {
					if fails {
						return vendorlogin.ErrStore
					}
					return nil
				}
				f := newSpending("idp-code")
				f.err = c.answer
				client := newClient(t, f, shared(s))
				_, _ = client.Token(t.Context())
				require.Equal(t, []string{"idp-code"}, f.sent)
				fails = false
				time.Sleep(2 * time.Hour)
				if c.logout {
					require.NoError(t, client.Logout(t.Context()))
				} else {
					_, err := client.Renew(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
				}

				time.Sleep(time.Hour)
				other := newSpending("idp-code")
				_, err := newClient(t, other, shared(s)).Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
				assert.Empty(t, other.sent)
			})
		})
	}
}

func TestSingleUseSecretThatWasNotSentIsStillGood(t *testing.T) {
	for _, shares := range []bool{true, false} {
		t.Run(fmt.Sprint("store ", shares), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := &vendorlogin.Options{}
				if shares {
					o.Store = newMemStore()
				}
				f := newSpending("idp-code")
				f.err = &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
				c := newClient(t, f, o)
				for range 10 {
					_, err := c.Token(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
					time.Sleep(10 * time.Second)
				}
				assert.Greater(t, len(f.sent), 5, "it is tried every ten seconds, and counts for nothing")
				assert.Zero(t, c.Status().Attempts)
				f.becomes(func() { f.err = nil })
				mustToken(t, c)
			})
		})
	}
}

func TestSingleUseSecretThatTheStoreKeptAlthoughItFailed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, attempts := newMemStore(), 0
		s.after = func(_ context.Context, op string) error {
			if op == "attempt" {
				if attempts++; attempts == 2 { // the first is the password's
					return vendorlogin.ErrStore
				}
			}
			return nil
		}
		f := newSpending("idp-code")
		mustToken(t, newClient(t, f, shared(s)))
		assert.Equal(t, []string{"idp-code"}, f.sent)
		assert.GreaterOrEqual(t, attempts, 2)
	})
}

// early asks before its first step whether the secret of a later one was sent before.
type early struct{ *spending }

func (e early) Login(ctx context.Context) (*vendorlogin.Token, error) {
	code, _ := e.code(ctx)
	if err := vendorlogin.Spent(ctx, code); err != nil {
		return nil, err
	}
	return e.spending.Login(ctx)
}

func TestSpentTellsBeforeTheFirstStep(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := early{newSpending("idp-code")}
		f.err = down()
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.EqualValues(t, 1, f.logins.Load())
		time.Sleep(time.Hour)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestSpendOutsideALogin(t *testing.T) {
	t.Parallel()
	for range 3 {
		require.NoError(t, vendorlogin.Spend(t.Context(), vendorlogin.NewSecret("x")))
		require.NoError(t, vendorlogin.Spent(t.Context(), vendorlogin.NewSecret("x")))
	}
}

func TestFleetDoesNotLockTheSecondFactor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var step atomic.Int64
		f := &coded{fake: fake{life: time.Hour, err: &vendorlogin.Error{Op: "otp", Kind: vendorlogin.ErrOTPRejected, Status: 401}},
			source: device{func(context.Context, vendorlogin.Challenge) (string, error) {
				return fmt.Sprintf("%06d", step.Add(1)), nil
			}}}
		var fleet []*vendorlogin.Client
		for range 8 {
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		for range 10 * 60 {
			a := atOnce(t.Context(), 8, fleet...)
			require.Len(t, a.errs, 8)
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, f.logins.Load(), int64(4))
		assert.Positive(t, f.logins.Load())
	})
}

func TestStoreThatFailsAtACodeLeavesHalfOfTheCodes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newSpending("code-1")
		f.err = down()
		c := newClient(t, f, shared(s))
		for i := range 2 {
			f.code = vendorlogin.SecretString(fmt.Sprint("code-", i+1))
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
			time.Sleep(45 * time.Second)
		}
		attempts := 0
		synctest.Wait()
		s.before = failAt("attempt", func(context.Context) error {
			if attempts++; attempts > 1 { // the password's goes well
				return errDisk
			}
			return nil
		})
		f.code = vendorlogin.SecretString("code-3")
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.True(t, e.Unprocessed)
		assert.Greater(t, time.Until(e.RetryAt), 8*time.Minute, "until the first one counts no more")
		assert.Equal(t, []string{"code-1", "code-2"}, f.sent, "others may have sent as many")
	})
}

func TestPersonIsAskedWithinTheBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var n int
		f := &retyping{
			fake: fake{life: time.Hour},
			source: vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
				n++
				return fmt.Sprintf("%06d", n), nil
			}),
		}
		c := newClient(t, f, nil)
		for range 10 {
			_, err := c.Renew(t.Context())
			require.Error(t, err)
			time.Sleep(61 * time.Second)
		}
		assert.Equal(t, 4, f.codes, "three in the first login, one in the second")
	})
}

func TestLoginThatWasGivenUpSendsNoCode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newSpending("idp-code")
		late, results := f.code, make(chan error, 1)
		f.code = func(ctx context.Context) (vendorlogin.Secret, error) {
			time.Sleep(time.Minute) // whatever ctx says
			code, _ := late(ctx)
			spent := vendorlogin.Spend(ctx, code)
			results <- spent
			return code, spent
		}
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		spent := <-results
		require.ErrorIs(t, spent, vendorlogin.ErrUnavailable)
		e, ok := errors.AsType[*vendorlogin.Error](spent)
		require.True(t, ok)
		assert.True(t, e.Unprocessed)
		require.NoError(t, c.Close())
		assert.Empty(t, f.sent)
	})
}

func TestNoCodeOfALoginThatIsOverIsOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var n int
		f := &retyping{fake: fake{life: time.Hour}, source: vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
			n++
			return fmt.Sprintf("%06d", n), nil
		})}
		_, err := newClient(t, f, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrOTPRejected)
		require.Equal(t, 3, f.codes)
		assert.Contains(t, string(s.blob().data), `"attempts"`)
		assert.NotContains(t, string(s.blob().data), `"open":true`)
	})
}

// retyping is a vendor that rejects every code, and whose first step stays open for three.
type retyping struct {
	fake
	source vendorlogin.OTPSource
	codes  int
}

func (r *retyping) Login(ctx context.Context) (*vendorlogin.Token, error) {
	for attempt := 1; attempt <= 3; attempt++ {
		if _, err := vendorlogin.AskOTP(ctx, r.source, vendorlogin.Challenge{Account: r.Account(), Attempt: attempt}); err != nil {
			return nil, err
		}
		r.codes++
	}
	return nil, &vendorlogin.Error{Op: "otp", Kind: vendorlogin.ErrOTPRejected, Status: 401}
}

func TestSecretThatFailsCountsForNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		broken := true
		f := newPassworded(func(context.Context) (vendorlogin.Secret, error) {
			if broken {
				return vendorlogin.Secret{}, &vendorlogin.Error{Op: "secret", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
			}
			return vendorlogin.NewSecret("right-example"), nil
		})
		c := newClient(t, f, shared(newMemStore()))
		for range 60 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
			time.Sleep(time.Second)
		}
		assert.Zero(t, c.Status().Attempts)
		broken = false
		time.Sleep(10 * time.Second)
		mustToken(t, c)
	})
}
