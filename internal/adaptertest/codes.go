package adaptertest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// TOTPSecret is a known example.
const TOTPSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// Codes is a person who types these one-time passwords, one after the other.
type Codes struct {
	mu    sync.Mutex
	left  []string
	asked []vendorlogin.Challenge
}

// Typed is a person with these codes.
func Typed(codes ...string) *Codes { return &Codes{left: codes} }

// OTP is the next one.
func (s *Codes) OTP(_ context.Context, c vendorlogin.Challenge) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, c)
	if len(s.left) == 0 {
		return "", errors.New("no more codes")
	}
	code := s.left[0]
	s.left = s.left[1:]
	return code, nil
}

// Asked are the challenges so far.
func (s *Codes) Asked() []vendorlogin.Challenge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]vendorlogin.Challenge(nil), s.asked...)
}

// Generated is a source that needs no person, with another code each time.
func Generated(next func() int64) vendorlogin.OTPSource { return generated(next) }

type generated func() int64

func (g generated) OTP(context.Context, vendorlogin.Challenge) (string, error) {
	return fmt.Sprintf("%06d", g()), nil
}
func (generated) NonInteractive() bool { return true }

// Fetched is a SecretFunc that returns another secret each time, and how often it was called.
func Fetched(prefix string) (vendorlogin.SecretFunc, *atomic.Int64) {
	calls := &atomic.Int64{}
	return func(context.Context) (vendorlogin.Secret, error) {
		return vendorlogin.NewSecret(fmt.Sprint(prefix, calls.Add(1))), nil
	}, calls
}

// A Machine is a source that needs no person.
type Machine struct{ *Codes }

// NonInteractive is true.
func (Machine) NonInteractive() bool { return true }

// JWT is a token with that end; mark makes it unique.
func JWT(mark string, end time.Time) string {
	return jwt(fmt.Sprintf(`{"exp":%d,"jti":%q}`, end.Unix(), mark), mark)
}

// JWTFor is a token that lives from iat to exp.
func JWTFor(mark string, iat, exp time.Time) string {
	return jwt(fmt.Sprintf(`{"exp":%d,"iat":%d,"jti":%q}`, exp.Unix(), iat.Unix(), mark), mark)
}

func jwt(claims, mark string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"HS256"}`)) + "." + part([]byte(claims)) + "." + part([]byte(mark))
}
