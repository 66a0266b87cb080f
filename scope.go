package vendorlogin

import (
	"context"
	"sync"
)

// A scope is what a renewal lends, through its ctx, to the functions that an Authenticator calls. Outside a renewal there is none.
type scope struct {
	namespace string
	probing   bool // nobody logs in: the secrets are read for their fingerprint only

	// spend records that a single-use secret, or a one-time password, is about to be sent; nil in a probe.
	spend func(ctx context.Context, s Secret, code bool) error

	// spent is the error of a single-use secret that was sent before; nil in a probe.
	spent func(s Secret) error

	// prompt gives the ctx under which s is asked, and what to call afterwards; nil in a probe. It is run.prompt.
	prompt func(ctx context.Context, s OTPSource) (asking context.Context, asked func(), err error)

	mu      sync.Mutex
	secrets map[*secretOnce]reading // what SecretFunc.OncePerLogin has read
}

// A reading is what a SecretFunc returned.
type reading struct {
	secret Secret
	err    error
}

type scopeKey struct{}

func (s *scope) in(ctx context.Context) context.Context { return context.WithValue(ctx, scopeKey{}, s) }

func scopeOf(ctx context.Context) *scope {
	s, _ := ctx.Value(scopeKey{}).(*scope)
	return s
}

// spend spends s in the renewal that ctx belongs to, if any.
func spend(ctx context.Context, s Secret, code bool) error {
	if scope := scopeOf(ctx); scope != nil && scope.spend != nil {
		return scope.spend(ctx, s, code)
	}
	return nil
}

// secret is what o returns, read once.
func (s *scope) secret(ctx context.Context, o *secretOnce) (Secret, error) {
	s.mu.Lock()
	known, ok := s.secrets[o]
	s.mu.Unlock()
	if ok {
		return known.secret, known.err
	}
	read, err := o.f(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets == nil {
		s.secrets = map[*secretOnce]reading{}
	}
	s.secrets[o] = reading{read, err}
	return read, err
}
