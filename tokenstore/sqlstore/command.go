package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/bounded"
)

// A database runs statements, each for no longer than timeout, and returns errors that hold nothing but what is known to be harmless.
type database struct {
	db      *sql.DB
	timeout time.Duration
}

// exec runs a statement and returns how many rows it changed.
func (d database) exec(ctx context.Context, op, statement string, args ...any) (rows int64, err error) {
	rows, err = d.try(ctx, statement, args...)
	if err != nil {
		return 0, d.failed(ctx, op, err)
	}
	return rows, nil
}

// try is exec, with the error as the driver makes it.
func (d database) try(ctx context.Context, statement string, args ...any) (rows int64, err error) {
	return bounded.Do(ctx, d.timeout, func(ctx context.Context) (rows int64, err error) {
		err = again(ctx, func() error {
			result, err := d.db.ExecContext(ctx, statement, args...)
			if err != nil {
				return err
			}
			rows, err = result.RowsAffected()
			return err
		})
		return rows, err
	})
}

// query runs a statement that returns at most one row. found returns where to put the row's columns: the call may still run when query has
// returned, so each call has places of its own.
func query[T any](ctx context.Context, d database, op, statement, id string, columns func(*T) []any) (row T, found bool, err error) {
	row, err = bounded.Do(ctx, d.timeout, func(ctx context.Context) (row T, err error) {
		err = again(ctx, func() error { return d.db.QueryRowContext(ctx, statement, id).Scan(columns(&row)...) })
		return row, err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return row, false, nil
	}
	if err != nil {
		return row, false, d.failed(ctx, op, err)
	}
	return row, true, nil
}

// conflictTries bounds how often a statement is run that PostgreSQL gives up. Among many who take and free one lock at repeatable read, one
// try more is not always enough.
const conflictTries = 10

// again runs a statement, and runs it again where the database gave it up because of another one and did nothing. While SQLite is busy it
// does so until ctx ends: others write for a moment each, and SQLite keeps no queue.
func again(ctx context.Context, statement func() error) error {
	for tries := 1; ; tries++ {
		err := statement()
		if !isBusy(err) && (!isConflict(err) || tries == conflictTries) {
			return err
		}
		timer := time.NewTimer(rand.N(10 * time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// failed makes the error of a call: op is what the caller asked for.
func (d database) failed(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("sqlstore: %s: %w", op, ctx.Err())
	}
	return fmt.Errorf("sqlstore: %s: %w: %s", op, vendorlogin.ErrStore, reason(err, d.timeout))
}
