package fleet_test

import (
	"bytes"
	"context"
	"os"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
)

// steps are those of a renewal. In one of them a worker may have to stay.
type steps struct {
	stopAt string // "": in none, any more
	out    *reporter
	goOn   chan struct{} // gets what orderGoOn is
	gone   chan struct{} // closed when the input has ended
}

func newSteps(stopAt string, out *reporter) *steps {
	return &steps{stopAt: stopAt, out: out, goOn: make(chan struct{}, 1), gone: make(chan struct{})}
}

// at keeps the process in a step, the first time, if that is where it is to stop.
func (s *steps) at(step string) {
	if step != s.stopAt {
		return
	}
	s.stopAt = ""
	s.out.say(report{At: step})
	select {
	case <-s.goOn:
	case <-s.gone:
		os.Exit(0)
	}
}

// A steppedVendor is a vendor whose responses can be kept from a worker's Client.
type steppedVendor struct {
	*gcore.Authenticator
	steps       *steps
	briefLogins int
}

func (v *steppedVendor) Login(ctx context.Context) (*vendorlogin.Token, error) {
	t, err := v.Authenticator.Login(ctx)
	v.steps.at("responded")
	if err == nil && v.briefLogins > 0 {
		v.briefLogins--
		t.ExpiresAt = time.Now().Add(briefLife)
	}
	return t, err
}

func (v *steppedVendor) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	t, err := v.Authenticator.Refresh(ctx, old)
	v.steps.at("responded")
	return t, err
}

// A steppedStore is a store after each of whose writes a worker can stay.
type steppedStore struct {
	vendorlogin.Store
	vendorlogin.Locker
	steps *steps
}

func newSteppedStore(store vendorlogin.Store, s *steps) *steppedStore {
	return &steppedStore{store, store.(vendorlogin.Locker), s}
}

func (s *steppedStore) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	l, err := s.Locker.TryLock(ctx, key, lease)
	if err == nil {
		s.steps.at("locked")
	}
	return l, err
}

func (s *steppedStore) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	next, err := s.Store.Save(ctx, key, data, version, ttl)
	switch {
	case err != nil:
	case bytes.Contains(data, []byte(`"spent":true`)), bytes.Contains(data, []byte(`"open":true`)):
		s.steps.at("marked")
	default:
		s.steps.at("saved")
	}
	return next, err
}
