package totp

import (
	"context"
	"encoding/base32"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/vendorlogin/vendorlogin"
)

// parameters are what vendor and authenticator agree on beside the secret.
type parameters struct {
	digits    int
	period    time.Duration
	algorithm Algorithm
}

// A key is what codes are made of. secret is base32 without padding, and valid.
type key struct {
	secret string
	parameters
}

// parameters are the options with the defaults filled in, or the field that is wrong and why.
func (o *Options) parameters() (p parameters, field, reason string) {
	p = parameters{digits: o.Digits, period: o.Period, algorithm: o.Algorithm}
	if p.digits == 0 {
		p.digits = 6
	}
	if p.period == 0 {
		p.period = 30 * time.Second
	}
	if p.algorithm == "" {
		p.algorithm = SHA1
	}
	field, reason = p.check()
	return p, field, reason
}

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

// key reads the secret as it is now.
func (s *Source) key(ctx context.Context, a vendorlogin.Account) (key, error) {
	secret, err := s.secret(ctx)
	if err != nil {
		return key{}, secretError(a, err)
	}
	k, field, reason := parseKey(secret.Reveal(), s.defaults)
	if reason != "" {
		return key{}, refused(a, "otp", field, reason)
	}
	return k, nil
}

func secretError(a vendorlogin.Account, err error) error {
	if _, ok := errors.AsType[*vendorlogin.Error](err); ok {
		return err
	}
	return unavailable(a, err, time.Time{})
}

// parseKey reads base32 or an otpauth:// URL. It says what is wrong in words of its own, because the errors of url.Parse and of the
// decoder quote what they were given.
func parseKey(s string, defaults parameters) (k key, field, reason string) {
	k = key{parameters: defaults}
	s = strings.TrimSpace(s)
	if len(s) >= len("otpauth:") && strings.EqualFold(s[:len("otpauth:")], "otpauth:") {
		if s, field, reason = k.readURL(s); reason != "" {
			return key{}, field, reason
		}
	}
	k.secret = plainBase32(s)
	if k.secret == "" {
		return key{}, "secret", "is empty"
	}
	padding := strings.Repeat("=", (8-len(k.secret)%8)%8) // the decoder for no padding takes lengths that are no number of bytes
	if _, err := base32.StdEncoding.DecodeString(k.secret + padding); err != nil {
		return key{}, "secret", "is neither base32 nor an otpauth URL"
	}
	return k, "", ""
}

// readURL takes the parameters from the URL and gives its secret. A parameter that cannot be read is refused and not replaced by the
// default: every code made with the wrong one counts as a wrong code.
//
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func (k *key) readURL(s string) (secret, field, reason string) {
	u, err := url.Parse(s)
	if err != nil {
		return "", "secret", "is an otpauth URL that cannot be read"
	}
	if !strings.EqualFold(u.Host, "totp") {
		return "", "secret", "is an otpauth URL of another type than totp"
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", "secret", "is an otpauth URL whose query cannot be read"
	}
	if query.Get("encoder") != "" {
		return "", "secret", "is an otpauth URL with an encoder, which is not supported"
	}
	if v := query.Get("digits"); v != "" {
		k.digits = number(v)
	}
	if v := query.Get("period"); v != "" {
		k.period = time.Duration(number(v)) * time.Second
	}
	if v := query.Get("algorithm"); v != "" {
		k.algorithm = Algorithm(strings.ReplaceAll(strings.ToUpper(v), "-", ""))
	}
	field, reason = k.check()
	return query.Get("secret"), field, reason
}

// number gives -1, which no parameter may be, for what is not a small number.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// plainBase32 takes out what vendors put in to make a secret readable.
func plainBase32(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
	return strings.TrimRight(s, "=")
}

// code makes the code of the step that began at start.
func (k key) code(start time.Time) (string, error) {
	step := stepNumber(start, k.period)
	return hotp.GenerateCodeCustom(k.secret, uint64(step), hotp.ValidateOpts{Digits: otp.Digits(k.digits), Algorithm: k.algorithm.hash()})
}

func (a Algorithm) hash() otp.Algorithm {
	switch a {
	case SHA256:
		return otp.AlgorithmSHA256
	case SHA512:
		return otp.AlgorithmSHA512
	}
	return otp.AlgorithmSHA1
}
