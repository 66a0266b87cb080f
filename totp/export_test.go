package totp

import (
	"errors"
	"time"
)

// CodeAt is the code for a moment, used or not.
func CodeAt(secret string, digits int, algorithm Algorithm, at time.Time) (string, error) {
	defaults, _, _ := (&Options{Digits: digits, Algorithm: algorithm}).parameters()
	k, _, reason := parseKey(secret, defaults)
	if reason != "" {
		return "", errors.New(reason)
	}
	return k.code(stepAt(at, k.period))
}
