package redisstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
)

// A lease is a lock that is held, as long as its key has our random owner as value.
type lease struct {
	server server
	key    string
	owner  string
	length int64 // milliseconds
}

func newLease(s server, key string, length time.Duration) *lease {
	l := &lease{server: s, key: key, length: milliseconds(length)}
	l.owner = fmt.Sprintf("%s:%d", rand.Text(), l.length)
	return l
}

func (l *lease) lock(ctx context.Context) error {
	return l.run(ctx, "lock", lockScript, l.owner, l.length)
}

// Extend implements [vendorlogin.Lease].
func (l *lease) Extend(ctx context.Context) error {
	return l.run(ctx, "extend", extendScript, l.owner, l.length)
}

// Unlock implements [vendorlogin.Lease].
func (l *lease) Unlock(ctx context.Context) error {
	return l.run(ctx, "unlock", unlockScript, l.owner)
}

func (l *lease) run(ctx context.Context, op string, script *redis.Script, args ...any) error {
	ours, err := l.server.run(ctx, op, script, l.key, args...)
	if err != nil {
		return err
	}
	if !ours {
		return vendorlogin.ErrLocked
	}
	return nil
}

// milliseconds rounds up, and never to 0: Redis rejects a lifetime of 0. The cap, of 292 years, keeps what it makes of it in range.
func milliseconds(d time.Duration) int64 {
	return min(int64((d-1)/time.Millisecond)+1, math.MaxInt64/int64(time.Millisecond))
}

var _ vendorlogin.Lease = (*lease)(nil)
