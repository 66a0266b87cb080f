package totp

import (
	"errors"
	"time"
)

// CodeAt is the code for a moment, whether or not it is used.
func CodeAt(secret string, digits int, algorithm Algorithm, at time.Time) (string, error) {
	defaults := parameters{digits: digits, algorithm: algorithm}.withDefaults()
	k, _, reason := parseKey(secret, defaults)
	if reason != "" {
		return "", errors.New(reason)
	}
	return k.code(stepAt(at, k.period)), nil
}

// Mark sets what s remembers of a user itself.
func (s *Source) Mark(user string, used time.Time) { s.marks.used[user] = used }
