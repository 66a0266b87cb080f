package totp

import (
	"net/url"
	"strings"
)

// A uri is what an otpauth URI says that matters for codes. An empty field was not there.
type uri struct {
	secret, digits, period, algorithm string
}

// isURI reports whether s is meant as an otpauth URI.
func isURI(s string) bool {
	return len(s) >= len("otpauth:") && strings.EqualFold(s[:len("otpauth:")], "otpauth:")
}

// parseURI reads an otpauth URI. It does not read the label and the issuer, nor any parameter that it does not know: no code depends
// on them, and in practice they hold blanks, colons, percent signs and other characters that net/url rejects.
//
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func parseURI(s string) (u uri, reason string) {
	resource, query, _ := strings.Cut(s[len("otpauth:"):], "?")
	kind, _, _ := strings.Cut(strings.TrimPrefix(resource, "//"), "/")
	if !strings.EqualFold(kind, "totp") || !strings.HasPrefix(resource, "//") {
		return uri{}, "is an otpauth URI of another type than totp"
	}
	fields := map[string]*string{
		"secret":    &u.secret,
		"digits":    &u.digits,
		"period":    &u.period,
		"algorithm": &u.algorithm,
		"encoder":   new(string),
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		field := fields[strings.ToLower(strings.TrimPrefix(name, "amp;"))] // "&amp;" where the URI was copied out of a web page
		if field == nil || *field != "" {
			continue
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return uri{}, "is an otpauth URI that cannot be read"
		}
		*field = strings.TrimSpace(text)
	}
	if *fields["encoder"] != "" {
		return uri{}, "is an otpauth URI with an encoder, which is not supported"
	}
	return u, ""
}
