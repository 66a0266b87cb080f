package vendorlogin_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestThrottleThatIsSharedReadsNoSecret(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		_, err := newClient(t, &fake{err: vendorlogin.ErrRateLimited}, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		secret := newChanging("right-example")
		_, err = newClient(t, newPassworded(secret.secret), shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		assert.Zero(t, secret.reads.Load())
	})
}

func TestTokenOfAnotherProcessEndsAHold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour, err: down()}
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		require.NotNil(t, c.Status().Hold)
		f.becomes(func() { f.err = nil })
		time.Sleep(time.Minute)
		other := newClient(t, f, shared(s))
		mustToken(t, other)
		mustToken(t, c)
		assert.EqualValues(t, 2, f.logins.Load())
		assert.Nil(t, c.Status().Hold)
	})
}

func TestTokenOfAnotherProcessEndsAHoldThatIsInForce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		c := newClient(t, &fake{err: down()}, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		require.NotNil(t, c.Status().Hold)
		s.put(recordOf("other", 0, time.Hour, ""))
		assert.Equal(t, "other", mustToken(t, c).Access.Reveal())
		assert.Nil(t, c.Status().Hold)
	})
}

func TestHoldOfAnotherProcessEndsWhenTheCredentialsChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		_, err := newClient(t, newPassworded(vendorlogin.SecretString("wrong-example")), shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		f.right = another(t, "wrong-example", false)
		c := newClient(t, f, shared(s))
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.Zero(t, f.logins.Load())
		assert.True(t, c.Status().HoldSince.Equal(time.Now()), "since it is known")
		secret.value.Store(&f.right)
		time.Sleep(time.Minute)
		mustToken(t, c)
	})
}

func TestTokenOfAnotherProcessIsFoundThoughTheSecretFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		sealed := false
		c := newClient(t, newPassworded(func(context.Context) (vendorlogin.Secret, error) {
			if sealed {
				return vendorlogin.Secret{}, errors.New("the vault is sealed")
			}
			return vendorlogin.NewSecret("wrong-example"), nil
		}), shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		sealed = true
		other := newPassworded(vendorlogin.SecretString(another(t, "wrong-example", false)))
		other.right = another(t, "wrong-example", false)
		mustToken(t, newClient(t, other, shared(s)))
		time.Sleep(15 * time.Second)
		mustToken(t, c)
	})
}

// A file is read while it is written: what looked like another password is the rejected one again, and is not sent again.
func TestPasswordThatChangesAndChangesBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		half, whole := "wro", "wrong-example"
		secret.value.Store(&half)
		f.on = func(context.Context, string, int64) error { panic("sent again") }
		secret.then = func() { secret.value.Store(&whole) } // after the probe's reading
		for range 300 {
			time.Sleep(time.Second)
			_, err = c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		}
		assert.EqualValues(t, 1, f.logins.Load())
		assert.Equal(t, "wrong-example", *secret.value.Load())
		synctest.Wait()
		f.on, secret.then = nil, nil
		right := f.right
		secret.value.Store(&right)
		time.Sleep(6 * time.Second)
		_, _ = c.Token(t.Context())
		time.Sleep(time.Second)
		mustToken(t, c)
	})
}

// Once the cooldown is over, the password goes out again, whatever a probe has read in between.
func TestPasswordThatChangedBackAfterTheCooldown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("wrong-example")
		f := newPassworded(secret.secret)
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		half, whole := "wro", "wrong-example"
		secret.value.Store(&half)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(6*time.Second, cancel)
		synctest.Wait()
		secret.took = 3 * time.Second
		time.Sleep(5 * time.Second)
		_, err = c.Token(ctx) // its probe reads "wro", and nobody waits for the login that follows
		require.Error(t, err)
		time.Sleep(4 * time.Second)
		synctest.Wait()
		secret.value.Store(&whole)
		secret.took = 0
		sent := f.logins.Load()
		time.Sleep(20 * time.Minute)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.Equal(t, sent+1, f.logins.Load())
	})
}

// Credentials that cannot be read at the moment say nothing: the login that follows a change is tried.
func TestCredentialsThatCannotBeComparedAreSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret, broken := newChanging("wrong-example"), false
		f := newPassworded(func(ctx context.Context) (vendorlogin.Secret, error) {
			if broken {
				broken = false
				return vendorlogin.Secret{}, errDisk
			}
			return secret.secret(ctx)
		})
		c := newClient(t, f, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		secret.value.Store(&f.right)
		secret.then = func() { broken, secret.then = true, nil } // after the probe's reading
		time.Sleep(6 * time.Second)
		mustToken(t, c)
		assert.EqualValues(t, 2, f.logins.Load())
	})
}

// guarded is a vendor that wants a person's code, and whose credentials can be compared.
type guarded struct{ coded }

func (g *guarded) Login(ctx context.Context) (*vendorlogin.Token, error) {
	return g.coded.Login(ctx)
}

func (g *guarded) Fingerprint(context.Context) (uint64, error) { return 1, nil }

// That nobody was there to be asked is over once somebody is, though the credentials are the same.
func TestCallerIsAskedAfterABackgroundRenewalThatAskedNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asked := 0
		g := &guarded{coded{fake{life: time.Hour}, vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
			asked++
			return "123456", nil
		})}}
		c := newClient(t, g, nil)
		mustToken(t, c)
		time.Sleep(59 * time.Minute)
		mustToken(t, c) // starts a renewal in the background
		synctest.Wait()
		require.Equal(t, 1, asked)
		time.Sleep(time.Minute)
		assert.Equal(t, "access-2", mustToken(t, c).Access.Reveal())
		assert.Equal(t, 2, asked)
	})
}
