package vendorlogin

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestToErrorLeavesWhatItIsGiven(t *testing.T) {
	t.Parallel()
	account := Account{Vendor: "v", Principal: "p"}
	v := vendor{accountOnly{account}}
	bare := &Error{Kind: ErrForbidden}
	got := v.toError("login", bare)
	assert.Equal(t, Error{Kind: ErrForbidden}, *bare, "it may be a package's variable")
	assert.Equal(t, account, got.Account)
	assert.Equal(t, "login", got.Op)

	own := &Error{Account: Account{Vendor: "other"}, Op: "otp", Kind: ErrForbidden}
	assert.Equal(t, own, v.toError("login", own))
	for _, kind := range []error{context.DeadlineExceeded, context.Canceled} {
		ended := v.toError("login", &Error{Kind: kind, Err: plainError("why")})
		assert.Equal(t, ErrUnavailable, ended.Kind, "it is not the caller's ctx that ended")
		require.ErrorIs(t, ended, kind)
		require.ErrorIs(t, ended, plainError("why"))
	}
	for _, kind := range kinds {
		assert.Equal(t, kind, v.toError("login", kind).Kind)
		assert.NoError(t, v.toError("login", kind).Err)
	}
	assert.Equal(t, ErrUnavailable, v.toError("login", (*Error)(nil)).Kind)
	assert.Equal(t, ErrUnavailable, v.toError("login", context.Canceled).Kind)
	require.ErrorIs(t, v.toError("login", context.Canceled), context.Canceled)
}

func TestTokenWithoutAccessIsNone(t *testing.T) {
	t.Parallel()
	_, err := vendor{accountOnly{}}.normalized("login", &Token{Refresh: NewSecret("r")}, nil, time.Now())
	require.NotNil(t, err)
	assert.Equal(t, ErrBadResponse, err.Kind)
	assert.Equal(t, plainError("the authenticator returned no token"), err.Err)
}

type accountOnly struct{ account Account }

func (a accountOnly) Account() Account { return a.account }

func (a accountOnly) Login(context.Context) (*Token, error) { return nil, nil }

func TestUnusableIsASuccessWithoutAToken(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{0: true, 199: false, 200: true, 299: true, 300: false, 404: false} {
		assert.Equal(t, want, isUnusable(&Error{Kind: ErrBadResponse, Status: status}), status)
		assert.False(t, isUnusable(&Error{Kind: ErrUnavailable, Status: status}), status)
	}
}
