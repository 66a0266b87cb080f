package totp

import (
	"encoding/base32"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// An Algorithm is the hash that codes are made with.
type Algorithm string

// The algorithms of RFC 6238. Nearly every vendor uses SHA1.
const (
	SHA1   Algorithm = "SHA1"
	SHA256 Algorithm = "SHA256"
	SHA512 Algorithm = "SHA512"
)

// parameters are what the vendor and the holder of the secret agree on beside it.
type parameters struct {
	digits    int
	period    time.Duration
	algorithm Algorithm
}

// withDefaults fills in what is zero.
func (p parameters) withDefaults() parameters {
	if p.digits == 0 {
		p.digits = 6
	}
	if p.period == 0 {
		p.period = 30 * time.Second
	}
	if p.algorithm == "" {
		p.algorithm = SHA1
	}
	return p
}

// check names the parameter that no code can be made with, and why.
func (p parameters) check() (field, reason string) {
	switch {
	case p.digits < 6 || p.digits > 8:
		return "digits", "must be 6, 7 or 8"
	case p.period < time.Second || p.period > time.Hour || p.period%time.Second != 0:
		return "period", "must be whole seconds, 1 to 3600"
	case p.algorithm != SHA1 && p.algorithm != SHA256 && p.algorithm != SHA512:
		return "algorithm", "must be SHA1, SHA256 or SHA512"
	}
	return "", ""
}

// A key is what codes are made of. secret is base32 without padding, and valid.
type key struct {
	secret string
	parameters
}

// parseKey reads base32 or an otpauth URI. It says what is wrong in words of its own, because the errors of net/url and of the
// decoder quote what they were given.
func parseKey(s string, defaults parameters) (k key, field, reason string) {
	k = key{secret: strings.TrimSpace(s), parameters: defaults}
	if isURI(k.secret) {
		u, reason := parseURI(k.secret)
		if reason != "" {
			return key{}, "secret", reason
		}
		k = key{secret: u.secret, parameters: defaults.with(u)}
	}
	if field, reason = k.check(); reason != "" {
		return key{}, field, reason
	}
	k.secret = plainBase32(k.secret)
	if k.secret == "" {
		return key{}, "secret", "is empty"
	}
	padding := strings.Repeat("=", (8-len(k.secret)%8)%8) // without it the decoder takes lengths that are no number of bytes
	if _, err := base32.StdEncoding.DecodeString(k.secret + padding); err != nil {
		return key{}, "secret", "is neither base32 nor an otpauth URI"
	}
	return k, "", ""
}

// with takes the parameters that u names. One that cannot be read is an error and is not replaced by the default: the vendor would
// reject every code made with the wrong one.
func (p parameters) with(u uri) parameters {
	if u.digits != "" {
		p.digits = number(u.digits)
	}
	if u.period != "" {
		p.period = time.Duration(number(u.period)) * time.Second
	}
	if u.algorithm != "" { // also spelt "sha-256" and "HmacSHA256"
		name := strings.ReplaceAll(strings.ToUpper(u.algorithm), "-", "")
		p.algorithm = Algorithm(strings.TrimPrefix(name, "HMAC"))
	}
	return p
}

// number gives 0 for what is no number and 65535 for one that is too large; no parameter may be either.
func number(s string) int {
	n, _ := strconv.ParseUint(s, 10, 16)
	return int(n)
}

// plainBase32 takes out what vendors put in to make a secret readable, and the invisible characters that web pages add.
func plainBase32(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == '-' {
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
	return strings.TrimRight(s, "=")
}

// code makes the code of the step that began at start. It cannot fail, since parseKey has decoded the secret.
func (k key) code(start time.Time) string {
	step := uint64(stepNumber(start, k.period))
	code, _ := hotp.GenerateCodeCustom(k.secret, step, hotp.ValidateOpts{Digits: otp.Digits(k.digits), Algorithm: k.algorithm.hash()})
	return code
}

// repeats reports whether the step that began at start has the code of the step before it.
func (k key) repeats(start time.Time) bool { return k.code(start) == k.code(start.Add(-k.period)) }

func (a Algorithm) hash() otp.Algorithm {
	switch a {
	case SHA256:
		return otp.AlgorithmSHA256
	case SHA512:
		return otp.AlgorithmSHA512
	}
	return otp.AlgorithmSHA1
}
