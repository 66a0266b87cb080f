package tokenstore_test

import (
	"context"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// each makes a File of its own for each call.
type each struct{ dir string }

func newEach(dir string) each { return each{dir} }

func (e each) Load(ctx context.Context, key string) ([]byte, string, error) {
	return tokenstore.NewFile(e.dir).Load(ctx, key)
}

func (e each) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	return tokenstore.NewFile(e.dir).Save(ctx, key, data, version, ttl)
}

func (e each) Delete(ctx context.Context, key, version string) error {
	return tokenstore.NewFile(e.dir).Delete(ctx, key, version)
}

func (e each) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	return tokenstore.NewFile(e.dir).TryLock(ctx, key, lease)
}
