// Package tokenstore has the stores that a [vendorlogin.Client] can keep its token in: [Memory] for several clients of one process,
// [File] for the processes of one machine, and [NewSealed], which encrypts what any store keeps. A store for a fleet of machines is
// in package redisstore.
//
// Every store here takes blobs of up to 65 KiB, 1 KiB more than the contract of [vendorlogin.Store] asks for, so that a blob of the
// largest size still fits once it is sealed.
package tokenstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

const (
	maxKey  = 128
	maxBlob = 64<<10 + 1<<10 // what a Client saves, and room for the seal around it
)

// check is what each method does first. It is what makes a key fit to be a part of a file's name.
func check(ctx context.Context, key string) error {
	if !validKey(key) {
		return invalid(`a key is 1 to 128 characters of a-z, 0-9, "_" and "-"`)
	}
	return ended(ctx)
}

func checkSave(ctx context.Context, key string, data []byte, ttl time.Duration) error {
	switch {
	case len(data) == 0:
		return invalid("a blob has at least 1 byte")
	case len(data) > maxBlob:
		return invalid(fmt.Sprintf("a blob of %d bytes is longer than %d", len(data), maxBlob))
	case ttl <= 0:
		return invalid("a ttl is more than 0")
	}
	return check(ctx, key)
}

func checkLock(ctx context.Context, key string, lease time.Duration) error {
	if lease <= 0 {
		return invalid("a lease is more than 0")
	}
	return check(ctx, key)
}

func validKey(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for _, c := range []byte(key) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
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
