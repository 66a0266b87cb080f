package totp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/totp"
)

func TestSecretAsVendorsPrintIt(t *testing.T) {
	t.Parallel()
	at := time.Unix(1111111109, 0)
	for _, s := range []string{
		secret,
		strings.ToLower(secret),
		"GEZD GNBV GY3T QOJQ  gezd gnbv gy3t qojq\n",
		"GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ",
		"\tGEZDGNBVGY3TQOJQ\u00a0GEZDGNBVGY3TQOJQ ",
		"otpauth://totp/Example:ops@example.com?secret=" + secret + "&issuer=Example",
		"OTPAUTH://TOTP/x?secret=gezdgnbv%20gy3tqojq+gezdgnbvgy3tqojq",
		" otpauth://totp/x?secret=" + secret + "&algorithm=sha1&digits=6&period=30\n",
	} {
		code, err := totp.CodeAt(s, 6, totp.SHA1, at)
		require.NoError(t, err, s)
		assert.Equal(t, "081804", code, s)
	}

	padded, err := totp.CodeAt("MFRGGZDFMY======", 6, totp.SHA1, at)
	require.NoError(t, err)
	bare, err := totp.CodeAt("MFRGGZDFMY", 6, totp.SHA1, at)
	require.NoError(t, err)
	assert.Equal(t, padded, bare)
}

func TestURLSaysHow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const sha256 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA"
		url := "otpauth://totp/x?secret=" + sha256 + "&algorithm=SHA256&digits=8&period=60"
		s, err := totp.New(vendorlogin.SecretString(url), &totp.Options{Digits: 7, Algorithm: totp.SHA512, Period: time.Second})
		require.NoError(t, err)
		for _, wait := range []time.Duration{0, time.Minute} {
			start := time.Now()
			code, err := ask(t.Context(), s)
			require.NoError(t, err)
			assert.Equal(t, wait, time.Since(start))
			// The steps are twice as long, so the number of this one is half of what it would be.
			want, err := totp.CodeAt(sha256, 8, totp.SHA256, time.Unix(time.Now().Unix()/2, 0))
			require.NoError(t, err)
			assert.Equal(t, want, code)
		}
	})
}

func TestOptionsStandInForTheURL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := totp.New(vendorlogin.SecretString("otpauth://totp/x?secret="+secret), &totp.Options{Digits: 8, Algorithm: totp.SHA512})
		require.NoError(t, err)
		code, err := ask(t.Context(), s)
		require.NoError(t, err)
		want, err := totp.CodeAt(secret, 8, totp.SHA512, time.Now())
		require.NoError(t, err)
		assert.Equal(t, want, code)
	})
}

func TestBadSecretIsNotToldOn(t *testing.T) {
	t.Parallel()
	const canary = "CANARY7654"
	for _, bad := range []string{
		"", " \n", "====",
		canary + "!", canary + "018", canary + "=" + canary, canary[:9], // 9 letters are no number of bytes
		"otpauth://totp/x", "otpauth://totp/x?secret=", "otpauth:" + canary,
		"otpauth://hotp/x?counter=1&secret=" + canary,
		"otpauth://totp/x?secret=" + canary + "%zz",
		"otpauth://to tp/x?secret=" + canary,
		"otpauth://totp/%zz?secret=" + canary,
		"otpauth://totp/x?secret=" + canary + ";",
		"otpauth://totp/x?encoder=steam&secret=" + canary,
		"otpauth://totp/x?digits=" + canary + "&secret=" + canary,
		"otpauth://totp/x?digits=9&secret=" + canary,
		"otpauth://totp/x?digits=0&secret=" + canary,
		"otpauth://totp/x?period=0&secret=" + canary,
		"otpauth://totp/x?period=-30&secret=" + canary,
		"otpauth://totp/x?period=18446744073709551616&secret=" + canary,
		"otpauth://totp/x?algorithm=" + canary + "&secret=" + canary,
		"otpauth-migration://offline?data=" + canary,
	} {
		s, err := totp.New(vendorlogin.SecretString(bad), nil)
		require.NoError(t, err, "the secret is not read yet")
		code, err := ask(t.Context(), s)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%q", bad)
		assert.Empty(t, code)
		for e := err; e != nil; e = errors.Unwrap(e) {
			printed := fmt.Sprintf("%v %+v %#v", e, e, e)
			assert.NotContains(t, strings.ToUpper(printed), canary[:9], "%q", bad)
		}
		failure, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, "otp", failure.Op)
		require.Len(t, failure.Fields, 1)
		assert.NotContains(t, failure.Fields[0].Reason, canary[:9])
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for field, o := range map[string]totp.Options{
		"TOTP digits":     {Digits: 5},
		"TOTP digits ":    {Digits: 9},
		"TOTP period":     {Period: 1500 * time.Millisecond},
		"TOTP period ":    {Period: -time.Second},
		"TOTP period  ":   {Period: time.Hour + time.Second},
		"TOTP algorithm":  {Algorithm: "sha1"},
		"TOTP algorithm ": {Algorithm: "MD5"},
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
