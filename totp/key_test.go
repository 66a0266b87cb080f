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
		"GEZDGNBVGY3TQOJQ\u200bGEZDGNBVGY3TQOJQ\ufeff",
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

func TestBadSecretIsNamedWithoutItsText(t *testing.T) {
	t.Parallel()
	const canary = "CANARY7654"
	for _, bad := range []string{
		"", " \n", "====",
		canary + "!", canary + "018", canary + "=" + canary, canary[:9], // 9 letters are no number of bytes
		"otpauth://totp/x", "otpauth://totp/x?secret=", "otpauth:" + canary,
		"otpauth://hotp/x?counter=1&secret=" + canary,
		"otpauth://totp/x?secret=" + canary + "%zz",
		"otpauth://to tp/x?secret=" + canary,
		"otpauth://totp/x?secret=" + canary + "%",
		"otpauth:totp/x?secret=" + canary,
		"otpauth://totp/x?secret=" + canary + ";",
		"otpauth://totp/x?encoder=steam&secret=" + canary,
		"otpauth://totp/x?digits=" + canary + "&secret=" + canary,
		"otpauth://totp/x?digits=9&secret=" + canary,
		"otpauth://totp/x?digits=0&secret=" + canary,
		"otpauth://totp/x?digits=%zz&secret=" + canary,
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

func TestBadURIIsNamed(t *testing.T) {
	t.Parallel()
	for bad, want := range map[string]string{
		"otpauth://hotp/x?counter=1&secret=" + secret:      "another type than totp",
		"otpauth://totp/x?encoder=steam&secret=" + secret:  "an encoder, which is not supported",
		"otpauth://totp/x?secret=" + secret + "%zz":        "cannot be read",
		"otpauth://totp/x?digits=six&secret=" + secret:     "digits",
		"otpauth://totp/x?period=99999&secret=" + secret:   "period",
		"otpauth://totp/x?algorithm=SHA3&secret=" + secret: "algorithm",
		"otpauth://totp/x": "is empty",
	} {
		s, err := totp.New(vendorlogin.SecretString(bad), nil)
		require.NoError(t, err)
		_, err = ask(t.Context(), s)
		assert.ErrorContains(t, err, want, "%s", bad)
	}
}

func TestStepWithTheCodeOfTheStepBeforeIsSkipped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		repeats := time.Date(2000, 5, 4, 6, 32, 30, 0, time.UTC) // found by trying each step after the bubble's beginning
		before, err := totp.CodeAt(secret, 6, totp.SHA1, repeats.Add(-time.Second))
		require.NoError(t, err)
		time.Sleep(time.Until(repeats))
		require.Equal(t, before, codeNow(t), "the steps have the same code")

		code, err := ask(t.Context(), newSource(t, nil)) // a Source that has not handed out the step before
		require.NoError(t, err)
		assert.Equal(t, 30*time.Second, time.Since(repeats))
		assert.Equal(t, codeNow(t), code)
		assert.NotEqual(t, before, code)
	})
}
