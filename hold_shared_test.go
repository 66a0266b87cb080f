package vendorlogin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// fingerprintOf is what the credentials come to, for the account of a fake.
func fingerprintOf(t *testing.T, password string) uint64 {
	t.Helper()
	sum, err := (&fake{}).Account().Fingerprint(t.Context(), vendorlogin.SecretString(password))
	require.NoError(t, err)
	return sum
}

// another finds a password that is not password, with the same 8 bits or with others.
func another(t *testing.T, password string, collides bool) string {
	t.Helper()
	for i := range 100_000 {
		other := fmt.Sprint("example-", i)
		if uint8(fingerprintOf(t, other)) == uint8(fingerprintOf(t, password)) == collides {
			return other
		}
	}
	t.Fatal("none found")
	return ""
}

func TestSharedHoldTellsEightBitsOfTheCredentials(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, newPassworded(vendorlogin.SecretString("wrong-example")), shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		holds := s.record(t).Holds
		require.Len(t, holds, 1)
		hold := holds[0]
		require.NotNil(t, hold.Fingerprint)
		assert.Equal(t, int(uint8(fingerprintOf(t, "wrong-example"))), *hold.Fingerprint)
		assert.NotContains(t, string(s.blob().data), fmt.Sprint(fingerprintOf(t, "wrong-example")))
		assert.NotContains(t, string(s.blob().data), "wrong-example")
		assert.NotContains(t, string(s.blob().data), "ops@example.com")
		assert.GreaterOrEqual(t, s.blob().ttl, 15*time.Minute, "kept to the end of the hold")
	})
}

func TestSharedHoldBindsOnlyTheSameCredentials(t *testing.T) {
	for name, c := range map[string]struct {
		collides bool
		logins   int64
	}{"other 8 bits": {false, 2}, "the same 8 bits": {true, 1}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				wrong := newPassworded(vendorlogin.SecretString("wrong-example"))
				right := newPassworded(vendorlogin.SecretString(another(t, "wrong-example", c.collides)))
				right.right = secretOf(t, right.secret)
				_, err := newClient(t, wrong, shared(s)).Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)

				client := newClient(t, right, shared(s))
				_, err = client.Token(t.Context())
				if c.collides {
					require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
					require.Zero(t, right.logins.Load())
					_, err = client.Renew(t.Context())
				}
				require.NoError(t, err)
				assert.EqualValues(t, 1, right.logins.Load())
				if !c.collides {
					assert.NotEmpty(t, s.record(t).Holds, "still true of the others")
				}
			})
		})
	}
}

func secretOf(t *testing.T, f vendorlogin.SecretFunc) string {
	s, err := f(t.Context())
	require.NoError(t, err)
	return s.Reveal()
}

func TestEachOfSeveralWrongPasswordsIsSentOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		other := another(t, "wrong-example", false)
		var fleet []*vendorlogin.Client
		var vendors []*passworded
		for i := range 20 { // half of them have been given a new password, with a mistake in it
			f := newPassworded(vendorlogin.SecretString([]string{"wrong-example", other}[i%2]))
			vendors = append(vendors, f)
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		requests := func() (n int64) {
			for _, f := range vendors {
				n += f.logins.Load()
			}
			return n
		}
		for i := range 3 {
			a := atOnce(t.Context(), 20, fleet...)
			require.Len(t, a.errs, 20)
			assert.EqualValues(t, 2*(i+1), requests(), "one each a cooldown")
			assert.Less(t, len(s.blob().data), 1000)
			time.Sleep(15 * time.Minute)
		}
	})
}

func TestSharedHoldsAreBoundedAndTheLongestIsTold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		seen := map[uint8]bool{}
		for i := 0; len(seen) < 20; i++ {
			password := fmt.Sprint("wrong-", i)
			if bits := uint8(fingerprintOf(t, password)); seen[bits] {
				continue
			} else {
				seen[bits] = true
			}
			c := newClient(t, newPassworded(vendorlogin.SecretString(password)), &vendorlogin.Options{Store: s, MaxAttempts: -1})
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		}
		assert.Len(t, s.record(t).Holds, 8)

		now := time.Now()
		s.put(
			fmt.Sprintf(
				`{"format":1,"holds":[{"cause":"throttled","status":429,"until":%q},`+
					`{"cause":"credentials","until":%q},{"cause":"credentials","until":%q}]}`,
				now.Add(
					time.Minute,
				).Format(
					time.RFC3339Nano,
				),
				now.Add(9*time.Minute).Format(time.RFC3339Nano),
				now.Add(2*time.Minute).Format(time.RFC3339Nano),
			),
		)
		_, err := newClient(t, &fake{}, shared(s)).Token(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.WithinDuration(t, now.Add(9*time.Minute), e.RetryAt, 0)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	})
}

func TestSharedHoldIsReplacedByItsLikeAndDroppedWhenOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, newPassworded(vendorlogin.SecretString("wrong-example")), shared(s))
		_, err := c.Token(t.Context())
		require.Error(t, err)
		until := s.record(t).Holds[0].Until
		time.Sleep(time.Minute)
		_, err = c.Renew(t.Context())
		require.Error(t, err)
		require.Len(t, s.record(t).Holds, 1)
		assert.True(t, until.Before(s.record(t).Holds[0].Until))

		time.Sleep(16 * time.Minute)
		other := another(t, "wrong-example", false)
		_, err = newClient(t, newPassworded(vendorlogin.SecretString(other)), shared(s)).Token(t.Context())
		require.Error(t, err)
		require.Len(t, s.record(t).Holds, 1)
		assert.EqualValues(t, uint8(fingerprintOf(t, other)), *s.record(t).Holds[0].Fingerprint)
	})
}

func TestChangedCredentialsDoNotLiftAThrottle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		s.put(
			fmt.Sprintf(
				`{"format":1,"holds":[{"cause":"throttled","status":429,"until":%q}]}`,
				time.Now().Add(time.Minute).Format(time.RFC3339Nano),
			),
		)
		secret.value.Store(&f.right)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		assert.EqualValues(t, 1, f.logins.Load())
		time.Sleep(time.Minute)
		mustToken(t, c)
	})
}

func TestSuccessLeavesOnlyTheHoldsOfOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newPassworded(vendorlogin.SecretString("right-example"))
		until := time.Now().Add(time.Minute).Format(time.RFC3339)
		s.put(
			fmt.Sprintf(
				`{"format":1,"holds":[{"cause":"credentials","fingerprint":%d,"until":%q},{"cause":"credentials","fingerprint":%d,"until":%q}]}`,
				uint8(fingerprintOf(t, "right-example")),
				until,
				uint8(fingerprintOf(t, "right-example"))^1,
				until,
			),
		)
		_, err := newClient(t, f, shared(s)).Renew(t.Context())
		require.NoError(t, err)
		holds := s.record(t).Holds
		require.Len(t, holds, 1)
		assert.EqualValues(t, uint8(fingerprintOf(t, "right-example"))^1, *holds[0].Fingerprint)
	})
}

func TestClientThatSawItsCredentialsChangePassesThoughTheBitsCollide(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		f.right = another(t, "wrong-example", true)
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		secret.value.Store(&f.right)
		mustToken(t, c)
		assert.EqualValues(t, 2, f.logins.Load())
		assert.Empty(t, s.record(t).Holds)
	})
}

func TestCredentialsAreReadForTheirFingerprintOnceARenewal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		_, err := newClient(t, newPassworded(vendorlogin.SecretString(another(t, "right-example", false))), shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		secret := newChanging("right-example")
		mustToken(t, newClient(t, newPassworded(secret.secret), shared(s)))
		assert.EqualValues(t, 2, secret.reads.Load(), "and once by Login")
	})
}

func TestRetryAfterIsShared(t *testing.T) {
	for name, answer := range map[string]*vendorlogin.Error{
		"429": {Op: "login", Kind: vendorlogin.ErrRateLimited, Status: 429, Code: "rate-limit/0", Request: "POST api.example.com/login"},
		"503": {Op: "login", Kind: vendorlogin.ErrUnavailable, Status: 503, Request: "POST api.example.com/login"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newMemStore()
				answer.RetryAt = time.Now().Add(5 * time.Minute)
				f := &fake{err: answer}
				_, first := newClient(t, f, shared(s)).Token(t.Context())
				other := newClient(t, f, shared(s))
				_, err := other.Token(t.Context())
				require.ErrorIs(t, err, answer.Kind)
				e, ok := errors.AsType[*vendorlogin.Error](err)
				require.True(t, ok)
				assert.Equal(t, f.Account(), e.Account)
				assert.Equal(t, answer.Status, e.Status)
				assert.Equal(t, answer.Code, e.Code)
				assert.Equal(t, answer.Request, e.Request)
				assert.WithinDuration(t, answer.RetryAt, e.RetryAt, 0)
				assert.Contains(t, err.Error(), first.Error())
				assert.EqualValues(t, 1, f.logins.Load())
				f.err = nil
				time.Sleep(5 * time.Minute)
				mustToken(t, other)
			})
		})
	}
}

func TestOwnTroublesAreNotShared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: vendorlogin.ErrOTPRequired, life: time.Hour}
		_, got := newClient(t, f, shared(s)).Token(t.Context())
		require.ErrorIs(t, got, vendorlogin.ErrOTPRequired)
		assert.Empty(t, s.record(t).Holds)
		f.err = nil
		mustToken(t, newClient(t, f, shared(s)))
	})
}

func TestSharedThrottleDoublesForAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: vendorlogin.ErrRateLimited}
		var fleet []*vendorlogin.Client
		for range 5 {
			fleet = append(fleet, newClient(t, f, shared(s)))
		}
		for range 4 * 60 {
			atOnce(t.Context(), 5, fleet...)
			time.Sleep(15 * time.Second)
		}
		assert.LessOrEqual(t, f.logins.Load(), int64(1+1+1+1+3+1), "1, 2, 4, 8, then 15 minutes apart")
	})
}

func TestHoldOfAClockThatIsWrongEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		s.put(fmt.Sprintf(`{"format":1,"holds":[{"cause":"credentials","until":%q}]}`, time.Now().Add(900*time.Hour).Format(time.RFC3339)))
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.LessOrEqual(t, time.Until(e.RetryAt), time.Hour)
		time.Sleep(time.Until(e.RetryAt) + time.Second)
		mustToken(t, c)
	})
}
