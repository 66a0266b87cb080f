package sqlstore

import (
	"context"
	"crypto/rand"
	"math"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A lease is a lock that is held, as long as its row has our random owner as version.
type lease struct {
	database   database
	statements statements
	id, owner  string
	length     int64 // milliseconds
}

func newLease(d database, s statements, id string, length time.Duration) *lease {
	return &lease{database: d, statements: s, id: id, owner: rand.Text(), length: milliseconds(min(length, longestLease))}
}

func (l *lease) lock(ctx context.Context) error {
	return l.change(ctx, "lock", l.statements.lock, l.id, l.owner, l.length)
}

// Extend implements [vendorlogin.Lease].
func (l *lease) Extend(ctx context.Context) error {
	return l.change(ctx, "extend", l.statements.extend, l.id, l.owner, l.length)
}

// Unlock implements [vendorlogin.Lease].
func (l *lease) Unlock(ctx context.Context) error {
	return l.change(ctx, "unlock", l.statements.remove, l.id, l.owner)
}

func (l *lease) change(ctx context.Context, op, statement string, args ...any) error {
	rows, err := l.database.exec(ctx, op, statement, args...)
	if err != nil {
		return err
	}
	if rows == 0 {
		return vendorlogin.ErrLocked
	}
	return nil
}

// milliseconds rounds up. The cap, of 292 years, keeps what the database makes of it in range.
func milliseconds(d time.Duration) int64 {
	return min(int64((d-1)/time.Millisecond)+1, math.MaxInt64/int64(time.Millisecond))
}

var _ vendorlogin.Lease = (*lease)(nil)
