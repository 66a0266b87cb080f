package loginhttp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	e := loginhttp.Endpoint{Account: account}
	got, err := e.Secret(t.Context(), "login", "Password", vendorlogin.SecretString(" example-pässword "))
	require.NoError(t, err)
	assert.Equal(t, " example-pässword ", got)
}

func TestSecretFailures(t *testing.T) {
	t.Parallel()
	custom := errors.New("vault is sealed")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	fails := func(err error) vendorlogin.SecretFunc {
		return func(context.Context) (vendorlogin.Secret, error) { return vendorlogin.Secret{}, err }
	}
	for name, test := range map[string]struct {
		ctx  context.Context
		f    vendorlogin.SecretFunc
		kind error
		is   error
		text string
	}{
		"nil": {t.Context(), nil, vendorlogin.ErrInvalidRequest, nil,
			"example (ops@example.com): refresh: invalid request: Password is required"},
		"empty": {t.Context(), vendorlogin.SecretString(""), vendorlogin.ErrInvalidRequest, nil,
			"example (ops@example.com): refresh: invalid request: Password is empty"},
		"not set": {t.Context(), vendorlogin.SecretEnv("VENDORLOGIN_NOT_SET"), vendorlogin.ErrInvalidRequest, nil,
			"example (ops@example.com): refresh: invalid request: environment variable VENDORLOGIN_NOT_SET is not set"},
		"own": {t.Context(), fails(custom), vendorlogin.ErrUnavailable, custom,
			"example (ops@example.com): refresh: unavailable: vault is sealed"},
		"with a kind": {t.Context(), fails(&vendorlogin.Error{Kind: vendorlogin.ErrForbidden, Err: custom}), vendorlogin.ErrForbidden,
			custom, "example (ops@example.com): refresh: forbidden: vault is sealed"},
		"wrapped kind": {t.Context(), fails(fmt.Errorf("vault: %w", &vendorlogin.Error{Kind: vendorlogin.ErrForbidden})),
			vendorlogin.ErrForbidden, nil, "example (ops@example.com): refresh: vault: forbidden"},
		"ended":       {ended, fails(context.Canceled), nil, context.Canceled, "example (ops@example.com): refresh: context canceled"},
		"ended, deaf": {ended, fails(custom), nil, context.Canceled, "example (ops@example.com): refresh: context canceled"},
		"newline": {t.Context(), vendorlogin.SecretString("a\nb"), vendorlogin.ErrInvalidRequest, nil,
			"example (ops@example.com): refresh: invalid request: Password holds a control character"},
		"UTF-16": {t.Context(), vendorlogin.SecretString("p\x00w\x00"), vendorlogin.ErrInvalidRequest, nil,
			"example (ops@example.com): refresh: invalid request: Password holds a control character"},
		"delete": {t.Context(), vendorlogin.SecretString("a\x7f"), vendorlogin.ErrInvalidRequest, nil,
			"example (ops@example.com): refresh: invalid request: Password holds a control character"},
		"C1": {t.Context(), vendorlogin.SecretString("a\u0085"), vendorlogin.ErrInvalidRequest, nil,
			"example (ops@example.com): refresh: invalid request: Password holds a control character"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := loginhttp.Endpoint{Account: account}.Secret(test.ctx, "refresh", "Password", test.f)
			assert.Empty(t, got)
			assertKind(t, test.kind, err)
			assert.EqualError(t, err, test.text)
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			own := failure(t, err)
			assert.True(t, own.Unprocessed)
			assert.Equal(t, account, own.Account)
		})
	}
}
