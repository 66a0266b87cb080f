package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestSecretThatFailsFailsEachReadOfALogin(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newPassworded(vendorlogin.SecretFunc(func(context.Context) (vendorlogin.Secret, error) {
			return vendorlogin.Secret{}, errors.New("the vault is sealed")
		}).OncePerLogin())
		_, err := newClient(t, f, nil).Token(t.Context()) // which reads it for its fingerprint first
		require.ErrorContains(t, err, "the vault is sealed")
		assert.Zero(t, f.logins.Load())
	})
}

func TestSecretIsReadOncePerLogin(t *testing.T) {
	for _, shares := range []bool{true, false} {
		t.Run(fmt.Sprint("store ", shares), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := &vendorlogin.Options{}
				if shares {
					o.Store = newMemStore()
				}
				secret := newChanging("right-example")
				f := newPassworded(vendorlogin.SecretFunc(secret.secret).OncePerLogin())
				c := newClient(t, f, o)
				mustToken(t, c)
				assert.EqualValues(t, 1, secret.reads.Load())
				_, err := c.Renew(t.Context())
				require.NoError(t, err)
				assert.EqualValues(t, 2, secret.reads.Load(), "again for the next")
			})
		})
	}
	assert.Nil(t, vendorlogin.SecretFunc(nil).OncePerLogin())
	assert.Nil(t, vendorlogin.SecretFunc(nil).Interactive())
}

func TestProbeAsksNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		secret := newChanging("wrong-example")
		f := newPassworded(vendorlogin.SecretFunc(secret.secret).Interactive().OncePerLogin())
		c := newClient(t, f, shared(newMemStore()))
		for range 14 * 60 {
			_, err := c.Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			time.Sleep(time.Second)
		}
		assert.EqualValues(t, 1, secret.reads.Load())
		secret.value.Store(&f.right)
		_, err := c.Renew(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 2, secret.reads.Load())
	})
}
