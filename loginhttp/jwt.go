package loginhttp

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

const maxJWT = 64 << 10 // bytes

// claims are what is read of a JSON Web Token, by the vendor's clock and unverified.
type claims struct {
	exp time.Time
	iat time.Time // zero: not there
}

// readClaims reads the exp and iat of a JSON Web Token. Anything that is none, or has no usable exp, is not ok.
func readClaims(jwt string) (claims, bool) {
	if len(jwt) > maxJWT || strings.Count(jwt, ".") != 2 {
		return claims{}, false
	}
	_, rest, _ := strings.Cut(jwt, ".")
	encoded, _, _ := strings.Cut(rest, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	var raw struct{ Exp, Iat json.RawMessage }
	_ = json.Unmarshal(payload, &raw) // of what is none there is no exp
	exp, ok := numericDate(raw.Exp)
	if !ok {
		return claims{}, false
	}
	iat, _ := numericDate(raw.Iat)
	if !iat.Before(exp) {
		iat = time.Time{} // no time at which such a token was issued
	}
	return claims{exp: exp, iat: iat}, true
}

// numericDate reads seconds since 1970, as a number or as a string of one.
func numericDate(raw json.RawMessage) (time.Time, bool) {
	seconds, _ := jsonNumber(strings.Trim(string(raw), `"`)) // 0 or infinite where it is none
	if seconds <= 0 || seconds > maxUnix {
		return time.Time{}, false
	}
	return unixTime(seconds), true
}
