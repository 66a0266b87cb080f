package fleet_test

import (
	"bytes"
	"context"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
)

// A steppedVendor is a vendor whose answers can be kept from a worker's Client.
type steppedVendor struct {
	*gcore.Authenticator
	worker *worker
}

func (v *steppedVendor) Login(ctx context.Context) (*vendorlogin.Token, error) {
	t, err := v.Authenticator.Login(ctx)
	v.worker.at("answered")
	if err == nil && v.worker.job.BriefLogins > 0 {
		v.worker.job.BriefLogins--
		t.ExpiresAt = time.Now().Add(briefLife)
	}
	return t, err
}

func (v *steppedVendor) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	t, err := v.Authenticator.Refresh(ctx, old)
	v.worker.at("answered")
	return t, err
}

// A steppedStore is a store after each of whose writes a worker can stay.
type steppedStore struct {
	vendorlogin.Store
	vendorlogin.Locker
	worker *worker
}

func newSteppedStore(s vendorlogin.Store, w *worker) *steppedStore {
	return &steppedStore{s, s.(vendorlogin.Locker), w}
}

func (s *steppedStore) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	l, err := s.Locker.TryLock(ctx, key, lease)
	if err == nil {
		s.worker.at("locked")
	}
	return l, err
}

func (s *steppedStore) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	next, err := s.Store.Save(ctx, key, data, version, ttl)
	switch {
	case err != nil:
	case bytes.Contains(data, []byte(`"spent":true`)):
		s.worker.at("marked")
	default:
		s.worker.at("saved")
	}
	return next, err
}
