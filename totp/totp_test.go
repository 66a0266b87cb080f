package totp_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/totp"
)

// secret is the one of RFC 6238, appendix B, as base32: "12345678901234567890".
const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

var account = vendorlogin.Account{Vendor: "gcore", Endpoint: "https://api.example.com", Principal: "ops@example.com"}

func newSource(t *testing.T, o *totp.Options) *totp.Source {
	t.Helper()
	s, err := totp.New(vendorlogin.SecretString(secret), o)
	require.NoError(t, err)
	return s
}

func ask(ctx context.Context, s vendorlogin.OTPSource) (string, error) {
	return vendorlogin.AskOTP(ctx, s, vendorlogin.Challenge{Account: account, Method: "totp", Attempt: 1})
}

// codeNow is what an app with the secret would show at this moment of the bubble.
func codeNow(t *testing.T) string {
	t.Helper()
	code, err := totp.CodeAt(secret, 6, totp.SHA1, time.Now())
	require.NoError(t, err)
	return code
}

// https://www.rfc-editor.org/rfc/rfc6238#appendix-B
func TestVectors(t *testing.T) {
	t.Parallel()
	secrets := map[totp.Algorithm]string{
		totp.SHA1:   secret,
		totp.SHA256: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA",
		totp.SHA512: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA",
	}
	for _, v := range []struct {
		unix                 int64
		sha1, sha256, sha512 string
	}{
		{59, "94287082", "46119246", "90693936"},
		{1111111109, "07081804", "68084774", "25091201"},
		{1111111111, "14050471", "67062674", "99943326"},
		{1234567890, "89005924", "91819424", "93441116"},
		{2000000000, "69279037", "90698825", "38618901"},
		{20000000000, "65353130", "77737706", "47863826"},
	} {
		for algorithm, want := range map[totp.Algorithm]string{totp.SHA1: v.sha1, totp.SHA256: v.sha256, totp.SHA512: v.sha512} {
			code, err := totp.CodeAt(secrets[algorithm], 8, algorithm, time.Unix(v.unix, 0))
			require.NoError(t, err)
			assert.Equal(t, want, code, "%s at %d", algorithm, v.unix)
			code, err = totp.CodeAt(secrets[algorithm], 6, algorithm, time.Unix(v.unix, 0))
			require.NoError(t, err)
			assert.Equal(t, want[2:], code, "6 digits of %s at %d, zeros in front kept", algorithm, v.unix)
		}
	}
}

func TestStepIsUsedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, nil)
		time.Sleep(7 * time.Second) // into a step
		for _, wait := range []time.Duration{0, 23 * time.Second, 30 * time.Second} {
			start := time.Now()
			code, err := ask(t.Context(), s)
			require.NoError(t, err)
			assert.Equal(t, wait, time.Since(start))
			assert.Equal(t, codeNow(t), code)
		}
	})
}

func TestCallersAtOnceGetDifferentSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const callers = 20
		s, start := newSource(t, nil), time.Now()
		codes := askTogether(t, slices.Repeat([]*totp.Source{s}, callers))
		assert.Len(t, codes, callers)
		assert.Equal(t, (callers-1)*30*time.Second, time.Since(start), "one a step, and none left out")
	})
}

// askTogether gives the codes that the sources gave, each once.
func askTogether(t *testing.T, sources []*totp.Source) map[string]bool {
	var group sync.WaitGroup
	var mu sync.Mutex
	codes := make(map[string]bool)
	for _, s := range sources {
		group.Go(func() {
			code, err := ask(t.Context(), s)
			mu.Lock()
			defer mu.Unlock()
			assert.NoError(t, err)
			assert.False(t, codes[code], "handed out twice")
			assert.Equal(t, codeNow(t), code)
			codes[code] = true
		})
	}
	group.Wait()
	return codes
}

func TestWaitEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, start := newSource(t, nil), time.Now()
		_, err := ask(t.Context(), s)
		require.NoError(t, err)

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err = s.OTP(ctx, vendorlogin.Challenge{Account: account})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.ErrorContains(t, err, "waiting for a step that is not used yet")
		assert.NotErrorIs(t, err, vendorlogin.ErrOTPRequired, "a source is there")
		assert.Equal(t, 10*time.Second, time.Since(start))
		failure, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, start.Add(30*time.Second).Unix(), failure.RetryAt.Unix(), "the next step's beginning")
		assert.Equal(t, account, failure.Account)

		code, err := ask(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, 30*time.Second, time.Since(start), "the step that was waited for in vain is not lost")
		assert.Equal(t, codeNow(t), code)
	})
}

func TestEndedContextUsesNoStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &store{}
		s := newSource(t, &totp.Options{Store: shared})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := ask(ctx, s)
		require.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, shared.loads)
		start := time.Now()
		_, err = ask(t.Context(), s)
		require.NoError(t, err)
		assert.Zero(t, time.Since(start))
	})
}

func TestCodeOfEndingStepIsNotHandedOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ into, wait time.Duration }{
		{29 * time.Second, 0},
		{29*time.Second + time.Millisecond, 999 * time.Millisecond},
		{30*time.Second - 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(c.into)
			start := time.Now()
			code, err := ask(t.Context(), newSource(t, nil))
			require.NoError(t, err)
			assert.Equal(t, c.wait, time.Since(start))
			assert.Equal(t, codeNow(t), code)
		})
	}
}

func TestSecretIsReadAtEveryCode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		current := "otpauth://totp/x?period=45&secret=" + secret
		s, err := totp.New(func(context.Context) (vendorlogin.Secret, error) { return vendorlogin.NewSecret(current), nil }, nil)
		require.NoError(t, err)
		_, err = ask(t.Context(), s)
		require.NoError(t, err)

		current = "JBSWY3DPEHPK3PXP"
		start := time.Now()
		code, err := ask(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, time.Minute, time.Since(start), "no step that begins while the old secret's code is valid")
		want, err := totp.CodeAt(current, 6, totp.SHA1, time.Now())
		require.NoError(t, err)
		assert.Equal(t, want, code)
	})
}

func TestSecretThatCannotBeRead(t *testing.T) {
	t.Parallel()
	down := errors.New("secret manager: connection refused")
	s, err := totp.New(func(context.Context) (vendorlogin.Secret, error) { return vendorlogin.Secret{}, down }, nil)
	require.NoError(t, err)
	_, err = ask(t.Context(), s)
	require.ErrorIs(t, err, down)
	assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)

	s, err = totp.New(vendorlogin.SecretFile(t.TempDir()+"/none"), nil)
	require.NoError(t, err)
	_, err = ask(t.Context(), s)
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.NotErrorIs(t, err, vendorlogin.ErrUnavailable)
}

func TestUsersDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]vendorlogin.Store{"alone": nil, "with a store": &store{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSource(t, &totp.Options{Store: shared})
				waits := func(change func(*vendorlogin.Account)) time.Duration {
					other := account
					change(&other)
					start := time.Now()
					_, err := s.OTP(t.Context(), vendorlogin.Challenge{Account: other})
					require.NoError(t, err)
					return time.Since(start)
				}
				assert.Zero(t, waits(func(*vendorlogin.Account) {}))
				assert.Zero(t, waits(func(a *vendorlogin.Account) { a.Principal = "dev@example.com" }))
				assert.Zero(t, waits(func(a *vendorlogin.Account) { a.Vendor = "gmicloud" }))
				assert.Zero(t, waits(func(a *vendorlogin.Account) { a.Endpoint = "https://eu.example.com" }))
				assert.Equal(t, 30*time.Second, waits(func(a *vendorlogin.Account) { a.Scope = "client 7" }), "the same user")
			})
		})
	}
}

func TestIsNonInteractiveAndPrintsNothing(t *testing.T) {
	t.Parallel()
	s := newSource(t, nil)
	assert.True(t, s.NonInteractive())
	_, err := ask(t.Context(), s)
	require.NoError(t, err)
	printed := fmt.Sprintf("%v %+v %#v %s %v", s, s, s, s, struct{ S vendorlogin.OTPSource }{s})
	for _, canary := range []string{secret, account.Principal, account.Key()} {
		assert.NotContains(t, printed, canary)
	}
}

func TestNewRejects(t *testing.T) {
	t.Parallel()
	for field, o := range map[string]totp.Options{
		"TOTP digits":        {Digits: 5},
		"TOTP digits ":       {Digits: 9},
		"TOTP period":        {Period: 1500 * time.Millisecond},
		"TOTP period ":       {Period: -time.Second},
		"TOTP period  ":      {Period: time.Hour + time.Second},
		"TOTP algorithm":     {Algorithm: "sha1"},
		"TOTP algorithm ":    {Algorithm: "MD5"},
		"TOTP clock offset":  {ClockOffset: 11 * 365 * 24 * time.Hour},
		"TOTP clock offset ": {ClockOffset: math.MinInt64},
	} {
		s, err := totp.New(vendorlogin.SecretString(secret), &o)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, field)
		assert.ErrorContains(t, err, strings.TrimSpace(field))
		assert.Nil(t, s)
	}
	_, err := totp.New(nil, nil)
	require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	assert.ErrorContains(t, err, "TOTP secret is missing")
}
