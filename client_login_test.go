package vendorlogin_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// repeating is a vendor that answers every login with the same token until that is dead.
type repeating struct {
	fake
	token *vendorlogin.Token
	moves bool // IssuedAt is when it was asked, as loginhttp has it
}

func (r *repeating) Login(ctx context.Context) (*vendorlogin.Token, error) {
	t, err := r.fake.Login(ctx)
	if r.token == nil || !time.Now().Before(r.token.ExpiresAt) {
		r.token = t
	}
	if r.moves {
		same := *r.token
		same.IssuedAt = t.IssuedAt
		return &same, err
	}
	return r.token, err
}

func TestByteIdenticalLogins(t *testing.T) {
	for name, moves := range map[string]bool{"same pointer": false, "same bytes": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &repeating{fake: fake{life: time.Hour, took: 100 * time.Millisecond}, moves: moves}
				c := newClient(t, f, nil)
				first := mustToken(t, c)
				second, err := c.Renew(t.Context())
				require.NoError(t, err)
				assert.NotSame(t, first, second)
				assert.Equal(t, first.Access.Reveal(), second.Access.Reveal())
				c.Invalidate(first)
				assert.Same(t, second, mustToken(t, c), "Invalidate of the old one leaves the new")
				assert.EqualValues(t, 2, f.logins.Load())

				for range 10 * 3600 {
					mustToken(t, c)
					time.Sleep(100 * time.Millisecond)
				}
				assert.LessOrEqual(t, f.logins.Load(), int64(2+15), "no loop near the end")
			})
		})
	}
}

func TestAuthenticatorsTokenIsLeftAlone(t *testing.T) {
	t.Parallel()
	now := time.Now()
	theirs := &vendorlogin.Token{
		Access:    vendorlogin.NewSecret("access-1"),
		ExpiresAt: now.Add(time.Hour),
		Extra:     map[string]string{"region": "eu"},
	}
	want := *theirs
	got := mustToken(t, newClient(t, &repeating{token: theirs}, nil))
	assert.NotSame(t, theirs, got)
	theirs.Extra["region"] = "us"
	assert.Equal(t, "eu", got.Extra["region"])
	assert.Equal(t, want.IssuedAt, theirs.IssuedAt)
	assert.WithinDuration(t, now, got.IssuedAt, time.Minute, "when it was asked for")
	assert.Equal(t, got.IssuedAt.Round(0), got.IssuedAt, "without a monotonic reading")
	assert.Equal(t, now.Add(time.Hour).Round(0), got.ExpiresAt)
}

func TestNoTokenIsABadResponse(t *testing.T) {
	for name, token := range map[string]*vendorlogin.Token{
		"nil": nil, "empty": {}, "no access token": {Refresh: vendorlogin.NewSecret("refresh-1"), ExpiresAt: forEver(time.Now()).ExpiresAt},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				got, err := newClient(t, giving{token: token}, nil).Token(t.Context())
				assert.ErrorIs(t, err, vendorlogin.ErrBadResponse)
				assert.Nil(t, got)
			})
		})
	}
}

// giving is a vendor that gives token.
type giving struct {
	*fake
	token *vendorlogin.Token
}

func (g giving) Login(context.Context) (*vendorlogin.Token, error) { return g.token, nil }
