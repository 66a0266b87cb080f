package loginhttp_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

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

// An attended device needs a person all the same.
type attended struct{ device }

func (*attended) NonInteractive() bool { return false }

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
		"right at once": {&person{codes: []string{" 012345\n"}}, []error{nil}, []string{"012345"}, nil},
		"third time":    {&person{codes: []string{"1", "2", "3"}}, []error{rejected, rejected, nil}, []string{"1", "2", "3"}, nil},
		"never": {&person{codes: []string{"1", "2", "3", "4"}}, []error{rejected, rejected, rejected}, []string{"1", "2", "3"},
			vendorlogin.ErrOTPRejected},
		"same code": {&person{codes: []string{"1", "1", "2"}}, []error{rejected}, []string{"1"}, vendorlogin.ErrOTPRejected},
		"first code again": {&person{codes: []string{"1", "2", "1"}}, []error{rejected, rejected}, []string{"1", "2"},
			vendorlogin.ErrOTPRejected},
		"another failure":   {&person{codes: []string{"1", "2"}}, []error{limited}, []string{"1"}, vendorlogin.ErrRateLimited},
		"gives up":          {&person{codes: []string{"1"}}, []error{rejected}, []string{"1"}, vendorlogin.ErrOTPRequired},
		"empty code":        {&person{codes: []string{" "}}, nil, nil, vendorlogin.ErrOTPRequired},
		"attended device":   {&attended{device{person{codes: []string{"1", "2"}}}}, []error{rejected, nil}, []string{"1", "2"}, nil},
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

// What a source says of its first code is the error.
func TestFirstCodeThatWasSentBefore(t *testing.T) {
	t.Parallel()
	source := vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
		return "", &vendorlogin.Error{Kind: vendorlogin.ErrOTPRequired, Unprocessed: true}
	})
	err := endpoint(nil).SecondFactor(t.Context(), source, vendorlogin.Challenge{}, func(string) error { panic("sent") })
	assertKind(t, vendorlogin.ErrOTPRequired, err)
}

// twoStep logs in with a code alone.
type twoStep struct {
	endpoint loginhttp.Endpoint
	source   vendorlogin.OTPSource
	sent     []string
}

func (a *twoStep) Account() vendorlogin.Account { return a.endpoint.Account }

func (a *twoStep) Login(ctx context.Context) (*vendorlogin.Token, error) {
	return nil, a.endpoint.SecondFactor(ctx, a.source, vendorlogin.Challenge{}, func(code string) error {
		a.sent = append(a.sent, code)
		return &vendorlogin.Error{Op: "otp", Kind: vendorlogin.ErrOTPRejected, Status: 401}
	})
}

// That no code is left is another failure than that of the code before.
func TestNoCodeIsLeftInAClient(t *testing.T) {
	t.Parallel()
	a := &twoStep{endpoint: endpoint(nil), source: &person{codes: []string{"1", "2"}}}
	c, err := vendorlogin.NewClient(a, &vendorlogin.Options{MaxAttempts: 1})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Token(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrRateLimited)
	assert.Equal(t, []string{"1"}, a.sent)
}

// In a Client's login AskOTP knows the code that comes again. It is rejected all the same, not wanting.
func TestSameCodeAgainInAClient(t *testing.T) {
	t.Parallel()
	a := &twoStep{endpoint: endpoint(nil), source: &person{codes: []string{"1", "1", "2"}}}
	c, err := vendorlogin.NewClient(a, nil)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Token(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrOTPRejected)
	assert.Equal(t, []string{"1"}, a.sent)
	e, _ := errors.AsType[*vendorlogin.Error](err)
	assert.Greater(t, time.Until(e.RetryAt), 10*time.Minute, "the cooldown")
}
