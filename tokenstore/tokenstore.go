// Package tokenstore has the stores that a [vendorlogin.Client] can keep its token in: [Memory] for several Clients of one process,
// [File] for the processes of one machine, and [NewSealed], which encrypts what any store keeps. Two stores for a fleet of machines
// have packages of their own: redisstore for Redis, sqlstore for PostgreSQL.
//
// A program that keeps its token between runs, encrypted:
//
//	key, err := tokenstore.ParseKey(os.Getenv("TOKEN_STORE_KEY"))
//	…
//	store, err := tokenstore.NewSealed(tokenstore.NewFile("/var/lib/mytool/tokens"), key)
//	…
//	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: store})
//
// Every store here takes blobs of up to 65 KiB. The contract of [vendorlogin.Store] asks for 64 KiB; the rest is room for the seal.
package tokenstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/storekey"
)

func check(ctx context.Context, key string) error {
	return checked(ctx, storekey.Check(key))
}

func checkSave(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	return checked(ctx, storekey.CheckSave(key, data, ttl))
}

func checkLock(ctx context.Context, key string, lease time.Duration) error {
	return checked(ctx, storekey.CheckLock(key, lease))
}

// checked is what each method does first: bad is what is wrong with its arguments, if anything.
func checked(ctx context.Context, bad error) error {
	if bad != nil {
		return invalid(bad.Error())
	}
	return ended(ctx)
}

func invalid(reason string) error {
	return fmt.Errorf("%w: tokenstore: %s", vendorlogin.ErrInvalidRequest, reason)
}

func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", vendorlogin.ErrStore, err)
	}
	return nil
}

// A random is what makes a version, or the name of a lease's holder, one that nobody has had before.
type random [16]byte

func newRandom() (r random) {
	_, _ = rand.Read(r[:]) // never fails: the program ends instead
	return r
}

func (r random) String() string { return hex.EncodeToString(r[:]) }

func randomName() string { return newRandom().String() }
