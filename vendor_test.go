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

func TestErrorThatIsANilPointer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: (*vendorlogin.Error)(nil)}
		_, err := newClient(t, f, nil).Token(t.Context())
		require.ErrorContains(t, err, "a nil *Error")
	})
}

// ahead is a vendor whose Authenticator takes a time of its clock for one of ours.
type ahead struct{ fake }

func (a *ahead) Login(ctx context.Context) (*vendorlogin.Token, error) {
	t, err := a.fake.Login(ctx)
	if t != nil {
		t.IssuedAt = t.IssuedAt.Add(10 * 365 * 24 * time.Hour)
	}
	return t, err
}

func TestKindThatAnAuthenticatorWrapsIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, kind := range []error{
			vendorlogin.ErrInvalidCredentials, vendorlogin.ErrForbidden, vendorlogin.ErrOTPRequired, vendorlogin.ErrOTPRejected,
			vendorlogin.ErrRateLimited, vendorlogin.ErrInvalidRequest, vendorlogin.ErrUnavailable, vendorlogin.ErrBadResponse,
		} {
			_, err := newClient(t, &fake{err: fmt.Errorf("oh: %w", kind)}, nil).Token(t.Context())
			e, ok := errors.AsType[*vendorlogin.Error](err)
			require.True(t, ok)
			assert.Equal(t, kind, e.Kind)
			assert.Equal(t, "login", e.Op)
		}
	})
}

func TestTokenIssuedInTheFutureIsShared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &ahead{fake{life: time.Hour}}
		a := newClient(t, f, shared(s))
		mustToken(t, a)
		mustToken(t, newClient(t, f, shared(s)))
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

// A Store would change what is not UTF-8.
func TestTokenThatIsNotUTF8(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, token := range []*vendorlogin.Token{
			{Access: vendorlogin.NewSecret("caf\xe9")},
			{Access: vendorlogin.NewSecret("a"), Refresh: vendorlogin.NewSecret("\xff")},
			{Access: vendorlogin.NewSecret("a"), Subject: "caf\xe9"},
			{Access: vendorlogin.NewSecret("a"), Extra: map[string]string{"b": "caf\xe9"}},
			{Access: vendorlogin.NewSecret("a"), Secrets: map[string]vendorlogin.Secret{"b": vendorlogin.NewSecret("\xff")}},
		} {
			_, err := newClient(t, given{token: token}, nil).Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrBadResponse)
			assert.ErrorContains(t, err, "not UTF-8")
		}
	})
}

// given is a vendor whose login brings one token.
type given struct {
	*fake
	token *vendorlogin.Token
}

func (g given) Login(context.Context) (*vendorlogin.Token, error) { return g.token, nil }

func TestAuthenticatorsOwnErrorIsFound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{err: errDisk}, nil)
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, errDisk)
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		bare := &vendorlogin.Error{Kind: vendorlogin.ErrForbidden}
		_, err = newClient(t, &fake{err: bare}, nil).Token(t.Context())
		assert.Equal(t, "fake (ops@example.com): login: forbidden; not sent again before 2000-01-01T00:15:00Z", err.Error())
		assert.Equal(t, vendorlogin.Error{Kind: vendorlogin.ErrForbidden}, *bare)
	})
}

// dated is a vendor that says when it has issued the token.
type dated struct{ fake }

func (d *dated) Login(ctx context.Context) (*vendorlogin.Token, error) {
	time.Sleep(time.Second)
	t, err := d.fake.Login(ctx)
	time.Sleep(time.Second)
	return t, err
}

func TestTimeOfIssueDuringTheLoginIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asked := time.Now()
		token := mustToken(t, newClient(t, &dated{fake{life: time.Hour}}, nil))
		assert.Equal(t, time.Second, token.IssuedAt.Sub(asked))
	})
}

func TestErrorWithoutAKindIsAnOutage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, err := newClient(t, &fake{err: &vendorlogin.Error{Status: 418}}, nil).Token(t.Context())
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, vendorlogin.ErrUnavailable, e.Kind)
		assert.Equal(t, 418, e.Status)
	})
}
