package vendorlogin_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestChangedCredentialsLiftTheHoldAtTheNextCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		require.EqualValues(t, 1, f.logins.Load())

		other := "wrong-again-example"
		secret.value.Store(&other)
		time.Sleep(5 * time.Second)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		require.EqualValues(t, 2, f.logins.Load())

		secret.value.Store(&f.right)
		time.Sleep(5 * time.Second)
		mustToken(t, c)
		assert.EqualValues(t, 3, f.logins.Load())
	})
}

func TestChangedCredentialsLiftTheHoldWhileTheTokenIsStale(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("right-example")
		f := newPassworded(secret.secret)
		c := newClient(t, f, nil)
		mustToken(t, c)
		wrong := "wrong-example"
		secret.value.Store(&wrong)
		time.Sleep(56 * time.Minute)
		for range 120 {
			mustToken(t, c)
			time.Sleep(time.Second)
		}
		require.EqualValues(t, 2, f.logins.Load())
		secret.value.Store(&f.right)
		for range 8 {
			mustToken(t, c)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 3, f.logins.Load())
		token, ok := c.Peek()
		require.True(t, ok)
		assert.Greater(t, time.Until(token.ExpiresAt), 50*time.Minute)
	})
}

func TestCredentialsThatChangeDuringALoginAreTriedNext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		f.on = func(context.Context, string, int64) error { secret.value.Store(&f.right); return nil }
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		mustToken(t, c)
	})
}

func TestChangedCredentialsLiftARefusal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("right-example")
		f := newPassworded(secret.secret)
		f.err = vendorlogin.ErrForbidden
		c := newClient(t, f, nil)
		for range 3 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrForbidden)
		}
		assert.EqualValues(t, 1, f.logins.Load())
		f.err, f.right = nil, "another-example"
		secret.value.Store(&f.right)
		time.Sleep(5 * time.Second)
		mustToken(t, c)
	})
}

func TestSecretThatIsNotThereYetIsLookedForSoon(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newPassworded(vendorlogin.SecretFile("/does/not/exist/example"))
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
		assert.Zero(t, f.logins.Load())
		f.secret = vendorlogin.SecretString("right-example")
		time.Sleep(time.Second)
		mustToken(t, c)
	})
}

func TestSlowRemoteSecretIsReadSparinglyWhileHeld(t *testing.T) {
	for name, options := range map[string]func() *vendorlogin.Options{
		"store": func() *vendorlogin.Options { return shared(newMemStore()) }, "none": func() *vendorlogin.Options { return nil },
	} {
		for _, took := range []time.Duration{50 * time.Millisecond, 500 * time.Millisecond} {
			t.Run(name+" "+took.String(), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					secret := newChanging("wrong-example")
					secret.took = took
					f := newPassworded(secret.secret)
					c := newClient(t, f, options())
					_, err := c.Token(t.Context())
					require.Error(t, err)
					before, began := secret.reads.Load(), time.Now()
					for time.Since(began) < time.Minute {
						asked := time.Now()
						_, err := c.Token(t.Context())
						require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
						require.LessOrEqual(t, time.Since(asked), took)
						time.Sleep(max(100*time.Millisecond-time.Since(asked), 0))
					}
					reads := secret.reads.Load() - before
					assert.LessOrEqual(t, reads, int64(13))
					assert.Greater(t, reads, int64(9), "every 5 seconds")
					assert.EqualValues(t, 1, f.logins.Load())
				})
			})
		}
	}
}

func TestHeldCallersShareOneLook(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.Error(t, err)
		secret.took = 8 * time.Second
		before := secret.reads.Load()
		began := time.Now()
		a := atOnce(t.Context(), 100, c)
		assert.Len(t, a.errs, 100)
		assert.LessOrEqual(t, time.Since(began), time.Second)
		assert.EqualValues(t, 1, secret.reads.Load()-before)

		// Renew does not mistake the look for an answer.
		_, err = c.Renew(t.Context())
		assert.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.NotSame(t, a.errs[0], err)
	})
}

func TestHeldClientTakesWhatAnotherFetched(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newPassworded(vendorlogin.SecretString("wrong-example"))
		var seen events
		c := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: seen.record})
		_, err := c.Token(t.Context())
		require.Error(t, err)
		right := newPassworded(vendorlogin.SecretString(another(t, "wrong-example", false)))
		right.right = secretOf(t, right.secret)
		mustToken(t, newClient(t, right, shared(s)))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		seen.seen()
		assert.Equal(t, "access-1", mustToken(t, c).Access.Reveal())
		assert.Equal(t, []vendorlogin.EventType{"adopt"}, types(seen.seen()))

		time.Sleep(58 * time.Minute) // its own credentials are as wrong as before, but the hold is over
		mustToken(t, c)
		synctest.Wait()
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

func TestAdoptedTokenDoesNotLiftTheHoldOnOurOwnCredentials(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newPassworded(vendorlogin.SecretString("wrong-example"))
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.Error(t, err)
		s.put(recordOf("other", 0, 4*time.Minute, ""))
		for range 4*60 - 1 {
			time.Sleep(time.Second)
			require.Equal(t, "other", mustToken(t, c).Access.Reveal())
		}
		synctest.Wait()
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestHeldClientWithoutFingerprintTakesWhatAnotherFetched(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, err: wrongPassword()}
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.Error(t, err)
		s.put(recordOf("other", 0, time.Hour, ""))
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestCredentialsAreNotReadWhereTheyAreNotTheReason(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("right-example")
		f := newPassworded(secret.secret)
		f.err = &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, RetryAt: time.Now().Add(10 * time.Minute)}
		c := newClient(t, f, shared(newMemStore()))
		_, err := c.Token(t.Context())
		require.Error(t, err)
		before := secret.reads.Load()
		for range 60 {
			time.Sleep(time.Second)
			_, err = c.Token(t.Context())
			require.Error(t, err)
		}
		assert.Equal(t, before, secret.reads.Load())
	})
}

func TestStoreIsLookedAtSparinglyWhileHeld(t *testing.T) {
	for name, c := range map[string]struct {
		took time.Duration
		most int
	}{"fast": {0, 7}, "slow": {time.Second, 6}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				client := newClient(t, newPassworded(vendorlogin.SecretString("wrong-example")), shared(s))
				_, err := client.Token(t.Context())
				require.Error(t, err)
				synctest.Wait()
				s.commands()
				s.before = func(ctx context.Context, _ string) error { return pass(ctx, c.took) }
				for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(50 * time.Millisecond) {
					_, err := client.Token(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
				}
				loads := count(s.commands(), "load")
				assert.LessOrEqual(t, loads, c.most)
				assert.GreaterOrEqual(t, loads, c.most/2)
			})
		})
	}
}

func TestIntervalsOfProbesGrow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		client := newClient(t, newPassworded(vendorlogin.SecretString("wrong-example")), shared(s))
		_, err := client.Token(t.Context())
		require.Error(t, err)
		synctest.Wait()
		var at []time.Duration
		began := time.Now()
		s.before = func(_ context.Context, op string) error {
			if op == "load" {
				at = append(at, time.Since(began))
			}
			return nil
		}
		for time.Since(began) < time.Minute {
			_, err := client.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			time.Sleep(time.Second)
		}
		assert.Equal(t, []time.Duration{0, 5 * time.Second, 15 * time.Second, 30 * time.Second, 45 * time.Second}, at)
	})
}

func TestCallersShareTheRenewalThatFollowsALook(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		var asked atomic.Int64
		f := &coded{fake: fake{life: time.Hour, took: time.Second}, source: person(&asked)}
		c := newClient(t, f, shared(s))
		began := time.Now()
		mustToken(t, c)
		time.Sleep(56 * time.Minute)
		mustToken(t, c) // in the background, where nobody can be asked
		synctest.Wait()
		time.Sleep(time.Until(began.Add(time.Hour - 200*time.Millisecond)))
		s.before = failAt("load", func(ctx context.Context) error { return pass(ctx, 500*time.Millisecond) })
		mustToken(t, c) // it looks at the store
		time.Sleep(300 * time.Millisecond)
		a := atOnce(t.Context(), 10, c)
		assert.Empty(t, a.errs)
		assert.Len(t, a.tokens, 10)
		assert.EqualValues(t, 2, asked.Load())
	})
}

func TestNothingBeginsBesideALookThatTakesLong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, err: &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, RetryAt: time.Now().Add(10 * time.Second)}}
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.Error(t, err)
		synctest.Wait()
		f.err = nil
		var running, most atomic.Int64
		s.before = failAt("load", func(ctx context.Context) error {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			return pass(ctx, 1900*time.Millisecond)
		})
		time.Sleep(9500 * time.Millisecond)
		mustToken(t, c) // the hold ends while it looks
		assert.EqualValues(t, 1, most.Load())
	})
}

func TestOneCallWaitsForOneProbe(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var hangs atomic.Bool
		f := newPassworded(func(ctx context.Context) (vendorlogin.Secret, error) {
			if hangs.Load() {
				return vendorlogin.NewSecret("wrong"), pass(ctx, 10*time.Second)
			}
			return vendorlogin.NewSecret("wrong"), nil
		})
		s := newMemStore()
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		hangs.Store(true)
		synctest.Wait() // for the unlock
		s.before = func(ctx context.Context, _ string) error { return pass(ctx, 4*time.Second) }
		for range 200 {
			began := time.Now()
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			require.LessOrEqual(t, time.Since(began), time.Second)
			time.Sleep(500 * time.Millisecond)
		}
	})
}
