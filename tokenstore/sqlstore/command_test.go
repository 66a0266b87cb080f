package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

// A statement that PostgreSQL gave up did nothing, and is run again; not so one that failed for another reason.
func TestConflictsAreTriedAgain(t *testing.T) {
	t.Parallel()
	for state, tries := range map[string]int{"40001": 2, "40P01": 2, "40003": 1, "08006": 1, "42501": 1} {
		synctest.Test(t, func(t *testing.T) {
			f, db := newFake(t, nil)
			lease := leaseOf(t, db, f)
			for _, c := range calls(sqlstore.New(db, sqlstore.PostgreSQL, nil), lease) {
				f.respond = func(_ context.Context, n int, s sent) ([][]driver.Value, int64, error) {
					if n == 1 {
						return nil, 0, stateError{state, canary}
					}
					return [][]driver.Value{{"version", blob()}}, 1, nil
				}
				err := c.do(t.Context())
				assert.Equal(t, tries == 2, err == nil, "%s: %s", c.name, state)
				statements := 0
				for _, s := range f.take() {
					if !isSweep(s) {
						statements++
					}
				}
				assert.Equal(t, tries, statements, "%s: %s", c.name, state)
			}
			require.NoError(t, db.Close())
		})
	}
}

func TestConflictsAreNotTriedWithoutEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, db := newFake(t, fails(stateError{"40001", canary}))
		_, _, err := sqlstore.New(db, sqlstore.PostgreSQL, nil).Load(t.Context(), key)
		require.ErrorIs(t, err, vendorlogin.ErrStore)
		assert.ErrorContains(t, err, "SQLSTATE 40001")
		assert.Len(t, f.take(), 10)
		require.NoError(t, db.Close())
	})
}

// SQLite has no queue: who finds it busy asks until it is not, as long as there is time.
func TestBusySQLite(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"database is locked (5) (SQLITE_BUSY)", "database table is locked"} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			_, db := newFake(t, func(context.Context, int, sent) ([][]driver.Value, int64, error) {
				if time.Since(begun) < time.Second {
					return nil, 0, errors.New(text)
				}
				return [][]driver.Value{{"version", blob()}}, 1, nil
			})
			store := sqlstore.New(db, sqlstore.SQLite, nil)
			_, _, err := store.Load(t.Context(), key)
			require.NoError(t, err)
			assert.Less(t, time.Since(begun), time.Second+20*time.Millisecond)

			begun = time.Now().Add(time.Hour)
			_, _, err = store.Load(t.Context(), key)
			require.ErrorIs(t, err, vendorlogin.ErrStore)
			assert.ErrorContains(t, err, "keeps the database locked")
			require.NoError(t, db.Close())
		})
	}
}

// Whatever the driver does, a call ends in time, and says so.
func TestTimeout(t *testing.T) {
	t.Parallel()
	for what, hang := range map[string]func(context.Context){
		"driver that minds contexts": func(ctx context.Context) { <-ctx.Done() },
		"driver that does not":       func(context.Context) { time.Sleep(time.Hour) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f, db := newFake(t, nil)
				db.SetMaxOpenConns(8)
				lease := leaseOf(t, db, f)
				f.respond = func(ctx context.Context, _ int, _ sent) ([][]driver.Value, int64, error) {
					hang(ctx)
					return nil, 0, ctx.Err()
				}
				for _, c := range calls(sqlstore.New(db, sqlstore.PostgreSQL, nil), lease) {
					start := time.Now()
					err := c.do(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrStore, c.name)
					assert.ErrorContains(t, err, "sqlstore: "+c.name+": ")
					assert.ErrorContains(t, err, "no response within 2s, the wait for a connection included")
					assert.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's deadline is another")
					assert.GreaterOrEqual(t, time.Since(start), 2*time.Second)
					assert.LessOrEqual(t, time.Since(start), 2*time.Second+100*time.Millisecond)
				}
				store := sqlstore.New(db, sqlstore.PostgreSQL, &sqlstore.Options{Timeout: time.Minute})
				for _, c := range calls(store, lease)[:5] {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					start := time.Now()
					err := c.do(ctx)
					cancel()
					require.ErrorIs(t, err, context.DeadlineExceeded, c.name)
					assert.LessOrEqual(t, time.Since(start), time.Second+100*time.Millisecond)
				}
				time.Sleep(2 * time.Hour) // what was left behind ends
				require.NoError(t, db.Close())
			})
		})
	}
}

// A pool whose connections the program itself keeps is a store failure in time.
func TestExhaustedPool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, db := newFake(t, nil)
		db.SetMaxOpenConns(1)
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		start := time.Now()
		_, _, err = sqlstore.New(db, sqlstore.PostgreSQL, nil).Load(t.Context(), key)
		require.ErrorIs(t, err, vendorlogin.ErrStore)
		assert.Equal(t, 2*time.Second, time.Since(start))
		require.NoError(t, conn.Close())
		require.NoError(t, db.Close())
	})
}

func TestEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, nil)
	lease := leaseOf(t, db, f)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range calls(sqlstore.New(db, sqlstore.PostgreSQL, nil), lease) {
		require.ErrorIs(t, c.do(ctx), context.Canceled, c.name)
		assert.Empty(t, f.take(), c.name)
	}
}
