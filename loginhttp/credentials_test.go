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
	got, err := e.Secret(t.Context(), "login", "Password", vendorlogin.SecretString(" example-password\n"))
	require.NoError(t, err)
	assert.Equal(t, " example-password\n", got)
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
		"nil":          {t.Context(), nil, vendorlogin.ErrInvalidRequest, nil, "example (ops@example.com): refresh: invalid request: Password is required"},
		"empty":        {t.Context(), vendorlogin.SecretString(""), vendorlogin.ErrInvalidRequest, nil, "example (ops@example.com): refresh: invalid request: Password is empty"},
		"not set":      {t.Context(), vendorlogin.SecretEnv("VENDORLOGIN_NOT_SET"), vendorlogin.ErrInvalidRequest, nil, "example (ops@example.com): refresh: invalid request: environment variable VENDORLOGIN_NOT_SET is not set"},
		"own":          {t.Context(), fails(custom), vendorlogin.ErrUnavailable, custom, "example (ops@example.com): refresh: unavailable: vault is sealed"},
		"with a kind":  {t.Context(), fails(&vendorlogin.Error{Kind: vendorlogin.ErrForbidden, Err: custom}), vendorlogin.ErrForbidden, custom, "example (ops@example.com): refresh: forbidden: vault is sealed"},
		"wrapped kind": {t.Context(), fails(fmt.Errorf("vault: %w", &vendorlogin.Error{Kind: vendorlogin.ErrForbidden})), vendorlogin.ErrForbidden, nil, "example (ops@example.com): refresh: vault: forbidden"},
		"ended":        {ended, fails(context.Canceled), vendorlogin.ErrUnavailable, context.Canceled, "example (ops@example.com): refresh: unavailable: context canceled"},
		"ended, deaf":  {ended, fails(custom), vendorlogin.ErrUnavailable, context.Canceled, "example (ops@example.com): refresh: unavailable: context canceled"},
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

// A person is a source of codes, and keeps the challenges.
type person struct {
	codes []string
	asked []vendorlogin.Challenge
}

func (p *person) OTP(_ context.Context, c vendorlogin.Challenge) (string, error) {
	p.asked = append(p.asked, c)
	if len(p.codes) == 0 {
		return "", errors.New("gave up")
	}
	code := p.codes[0]
	p.codes = p.codes[1:]
	return code, nil
}

// A device needs no person.
type device struct{ person }

func (*device) NonInteractive() bool { return true }

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	rejected := &vendorlogin.Error{Kind: vendorlogin.ErrOTPRejected, Status: 401}
	limited := &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited}
	for name, test := range map[string]struct {
		source  vendorlogin.OTPSource
		answers []error // of send
		sent    []string
		kind    error
	}{
		"right at once":     {&person{codes: []string{" 012345\n"}}, []error{nil}, []string{"012345"}, nil},
		"third time":        {&person{codes: []string{"1", "2", "3"}}, []error{rejected, rejected, nil}, []string{"1", "2", "3"}, nil},
		"never":             {&person{codes: []string{"1", "2", "3", "4"}}, []error{rejected, rejected, rejected}, []string{"1", "2", "3"}, vendorlogin.ErrOTPRejected},
		"same code":         {&person{codes: []string{"1", "1", "2"}}, []error{rejected}, []string{"1"}, vendorlogin.ErrOTPRejected},
		"first code again":  {&person{codes: []string{"1", "2", "1"}}, []error{rejected, rejected}, []string{"1", "2"}, vendorlogin.ErrOTPRejected},
		"another failure":   {&person{codes: []string{"1", "2"}}, []error{limited}, []string{"1"}, vendorlogin.ErrRateLimited},
		"gives up":          {&person{codes: []string{"1"}}, []error{rejected}, []string{"1"}, vendorlogin.ErrOTPRequired},
		"empty code":        {&person{codes: []string{" "}}, nil, nil, vendorlogin.ErrOTPRequired},
		"device":            {&device{person{codes: []string{"1", "2"}}}, []error{rejected}, []string{"1"}, vendorlogin.ErrOTPRejected},
		"no source":         {nil, nil, nil, vendorlogin.ErrOTPRequired},
		"no function":       {vendorlogin.OTPFunc(nil), nil, nil, vendorlogin.ErrOTPRequired},
		"wrapped rejection": {&person{codes: []string{"1", "2"}}, []error{fmt.Errorf("x: %w", rejected), nil}, []string{"1", "2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent []string
			err := loginhttp.Endpoint{Account: account}.SecondFactor(t.Context(), test.source, vendorlogin.Challenge{Method: "email"},
				func(code string) error {
					sent = append(sent, code)
					return test.answers[len(sent)-1]
				})
			assert.Equal(t, test.sent, sent)
			if test.kind == nil {
				require.NoError(t, err)
			} else {
				assertKind(t, test.kind, err)
			}
			if p, ok := test.source.(*person); ok {
				for i, c := range p.asked {
					assert.Equal(t, i+1, c.Attempt)
					assert.Equal(t, account, c.Account)
					assert.Equal(t, "email", c.Method)
				}
			}
		})
	}
}
