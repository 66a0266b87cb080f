package totp_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/totp"
)

// The code depends on the secret and three parameters, whatever else stands in the URI.
func TestURIsAsFoundInPractice(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"otpauth://totp/ops@example.com?secret=" + secret,
		"otpauth://totp/Example:ops@example.com?secret=" + secret + "&issuer=Example",
		"otpauth://totp/Example%3Aops%40example.com?issuer=Example&secret=" + secret,
		"otpauth://totp/Example%3A%20ops%40example.com?secret=" + secret,
		"otpauth://totp/Example Inc: ops@example.com?secret=" + secret + "&issuer=Example Inc",
		"otpauth://totp/Example+Inc:ops+api@example.com?secret=" + secret + "&issuer=Example+Inc",
		"otpauth://totp/a:b:c:ops@example.com?secret=" + secret,
		"otpauth://totp/:ops@example.com?secret=" + secret,
		"otpauth://totp/?issuer=Example&secret=" + secret,
		"otpauth://totp?secret=" + secret,
		"otpauth://totp/100%:ops@example.com?secret=" + secret + "&issuer=100%",
		"otpauth://totp/%zz?secret=" + secret,
		"otpauth://totp/Example#1/team:ops?secret=" + secret + "&issuer=Example#1",
		"otpauth://totp/Beispiel-Größe:ops?secret=" + secret + "&issuer=Beispiel-Größe;1",
		"otpauth://totp/x?secret=" + secret + "&image=https://example.com/logo.png?size=1&color=%",
		"otpauth://totp/x?issuer=Example&amp;secret=" + secret + "&amp;digits=6",
		"OTPAUTH://TOTP/x?SECRET=gezdgnbv%20gy3tqojq+gezdgnbvgy3tqojq",
		"otpauth://totp/x?secret=GEZD-GNBV-GY3T-QOJQ-GEZD GNBV GY3T QOJQ",
		"otpauth://totp/x?secret=" + secret + "%3D%3D%3D",
		"otpauth://totp/x?secret=" + secret + "===",
		" otpauth://totp/x?secret=" + secret + "&algorithm=sha1&digits=6&period=30\n",
		"otpauth://totp/x?secret=" + secret + "&algorithm=HmacSHA1&digits=+6&period=30%20",
		"otpauth://totp/x?secret=" + secret + "&algorithm=SHA-1&digits=&period=&counter=0",
		"otpauth://totp/x?secret=" + secret + "&encoder=",
		"otpauth://totp/x?digits=6&secret=" + secret + "&secret=MFRGGZDFMY&digits=8",
	} {
		code, err := totp.CodeAt(uri, 6, totp.SHA1, time.Unix(1111111109, 0))
		require.NoError(t, err, uri)
		assert.Equal(t, "081804", code, uri)
	}
}

func TestParametersOfTheURI(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const sha256 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA"
		uri := "otpauth://totp/x?secret=" + sha256 + "&algorithm=SHA256&digits=8&period=60"
		s, err := totp.New(vendorlogin.SecretString(uri), &totp.Options{Digits: 7, Algorithm: totp.SHA512, Period: time.Second})
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

func TestOptionsFillInWhatTheURILeavesOut(t *testing.T) {
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
