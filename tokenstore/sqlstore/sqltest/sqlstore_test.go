//go:build unix

package sqltest

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

const key = "gcore-0123456789abcdef0123456789abcdef"

// A place is a database, a dialect and a table in it.
type place struct {
	db      *sql.DB
	dialect sqlstore.Dialect
	table   string
}

func (p place) store() *sqlstore.Store {
	return sqlstore.New(p.db, p.dialect, &sqlstore.Options{Table: p.table, Timeout: waitLong})
}

// exec runs a statement with the table's name in place of TABLE.
func (p place) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	_, err := p.db.Exec(strings.ReplaceAll(statement, "TABLE", p.table), args...)
	require.NoError(t, err)
}

func (p place) rows(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, p.db.QueryRow("SELECT count(*) FROM "+p.table).Scan(&n))
	return n
}

// everywhere runs a test in each database.
func everywhere(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	for _, driver := range []string{"pgx", "postgres"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			test(t, place{open(t, driver, needPostgres(t).url(""), 0), sqlstore.PostgreSQL, newTable()})
		})
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, place{open(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "tokens.db"), 0), sqlstore.SQLite, newTable()})
	})
}

func TestCreateTableAtOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place) {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() { assert.NoError(t, p.store().CreateTable(t.Context())) })
		}
		group.Wait()
		_, err := p.store().Save(t.Context(), key, []byte("data"), "", time.Hour)
		require.NoError(t, err)
		require.NoError(t, p.store().CreateTable(t.Context()))
		assert.Equal(t, 1, p.rows(t), "a table that is there stays as it is")
	})
}

func TestMissingTable(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place) {
		_, _, err := p.store().Load(t.Context(), key)
		require.ErrorIs(t, err, vendorlogin.ErrStore)
		require.NotErrorIs(t, err, vendorlogin.ErrNoRecord)
		require.ErrorContains(t, err, "the table does not exist: call CreateTable")
		_, err = p.store().Save(t.Context(), key, []byte("data"), "", time.Hour)
		require.ErrorContains(t, err, "the table does not exist: call CreateTable")
	})
}

func TestDeletesAtOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place) {
		require.NoError(t, p.store().CreateTable(t.Context()))
		for round := range 20 {
			key := fmt.Sprint("key-", round)
			version, err := p.store().Save(t.Context(), key, []byte("data"), "", time.Hour)
			require.NoError(t, err)
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() { assert.NoError(t, p.store().Delete(t.Context(), key, version)) })
			}
			group.Wait()
		}
		assert.Zero(t, p.rows(t))
	})
}

// Rows that have expired count as none, are written over, and are removed in passing, all but those that somebody else has locked.
func TestExpiredRows(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place) {
		require.NoError(t, p.store().CreateTable(t.Context()))
		for i := range 20 {
			_, err := p.store().Save(t.Context(), fmt.Sprint("key-", i), []byte("data"), "", time.Hour)
			require.NoError(t, err)
			_, err = p.store().TryLock(t.Context(), fmt.Sprint("key-", i), time.Hour)
			require.NoError(t, err)
		}
		require.Equal(t, 40, p.rows(t))
		p.exec(t, "UPDATE TABLE SET expires = expires - 3600000")

		store := p.store()
		_, _, err := store.Load(t.Context(), "key-1")
		require.Equal(t, vendorlogin.ErrNoRecord, err)
		_, err = store.TryLock(t.Context(), "key-1", time.Hour)
		require.NoError(t, err, "a lock that has expired is free")
		_, err = store.Save(t.Context(), "key-1", []byte("new"), "", time.Hour)
		require.NoError(t, err)
		assert.Equal(t, 2, p.rows(t), "what has expired is removed at the first Save, and nothing else")
	})
}

func TestSweepPassesLockedRowsBy(t *testing.T) {
	t.Parallel()
	p := place{open(t, "pgx", needPostgres(t).url(""), 0), sqlstore.PostgreSQL, newTable()}
	require.NoError(t, p.store().CreateTable(t.Context()))
	for i := range 3 {
		_, err := p.store().Save(t.Context(), fmt.Sprint("key-", i), []byte("data"), "", time.Hour)
		require.NoError(t, err)
	}
	p.exec(t, "UPDATE TABLE SET expires = expires - 3600000")
	tx, err := p.db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(strings.ReplaceAll("SELECT 1 FROM TABLE WHERE id = 'r:key-1' FOR UPDATE", "TABLE", p.table))
	require.NoError(t, err)
	start := time.Now()
	_, err = p.store().Save(t.Context(), "key-0", []byte("new"), "", time.Hour)
	require.NoError(t, err)
	assert.Less(t, time.Since(start), 1500*time.Millisecond, "the sweep waited for somebody's lock")
	assert.Equal(t, 2, p.rows(t))
	require.NoError(t, tx.Rollback())
}

// A lock from a clock that was wrong, and has been set back since, is no lock.
func TestLockFromAFalseClock(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place) {
		require.NoError(t, p.store().CreateTable(t.Context()))
		lease, err := p.store().TryLock(t.Context(), key, 100*time.Hour)
		require.NoError(t, err)
		_, err = p.store().TryLock(t.Context(), key, time.Second)
		require.ErrorIs(t, err, vendorlogin.ErrLocked, "a lease of an hour, as the longest is, stands")
		p.exec(t, "UPDATE TABLE SET expires = expires + 63072000000")
		_, err = p.store().TryLock(t.Context(), key, time.Minute)
		require.NoError(t, err)
		require.ErrorIs(t, lease.Extend(t.Context()), vendorlogin.ErrLocked)
	})
}

// Time goes by while a statement waits for a row; a record that expires meanwhile has expired.
func TestClockWhileWaiting(t *testing.T) {
	t.Parallel()
	p := place{open(t, "pgx", needPostgres(t).url(""), 0), sqlstore.PostgreSQL, newTable()}
	require.NoError(t, p.store().CreateTable(t.Context()))
	version, err := p.store().Save(t.Context(), key, []byte("data"), "", 400*time.Millisecond)
	require.NoError(t, err)
	tx, err := p.db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(strings.ReplaceAll("SELECT 1 FROM TABLE FOR UPDATE", "TABLE", p.table))
	require.NoError(t, err)
	timer := time.AfterFunc(800*time.Millisecond, func() {
		_, _ = tx.Exec(strings.ReplaceAll("UPDATE TABLE SET data = data", "TABLE", p.table)) // makes the waiting statement look at the row again
		_ = tx.Commit()
	})
	defer timer.Stop()
	_, err = p.store().Save(t.Context(), key, []byte("new"), version, time.Hour)
	require.ErrorIs(t, err, vendorlogin.ErrRecordChanged)
}

func TestMissingRights(t *testing.T) {
	t.Parallel()
	server := needPostgres(t)
	admin := place{open(t, "pgx", server.url(""), 0), sqlstore.PostgreSQL, newTable()}
	require.NoError(t, admin.store().CreateTable(t.Context()))
	_, err := admin.store().Save(t.Context(), key, []byte("CANARY"), "", time.Hour)
	require.NoError(t, err)
	admin.exec(t, "CREATE ROLE reader_of_TABLE LOGIN")
	admin.exec(t, "GRANT SELECT ON TABLE TO reader_of_TABLE")
	address := strings.Replace(server.url(""), "logins@", "reader_of_"+admin.table+"@", 1)
	for _, driver := range []string{"pgx", "postgres"} {
		reader := place{open(t, driver, address, 0), sqlstore.PostgreSQL, admin.table}
		_, version, err := reader.store().Load(t.Context(), key)
		require.NoError(t, err)
		for _, version := range []string{"", version} {
			_, err = reader.store().Save(t.Context(), key, []byte("CANARY"), version, time.Hour)
			require.ErrorIs(t, err, vendorlogin.ErrStore)
			require.NotErrorIs(t, err, vendorlogin.ErrRecordChanged)
			require.ErrorContains(t, err, "the database user has no right to the table (SQLSTATE 42501)")
			require.NotContains(t, err.Error(), "CANARY")
		}
	}
}

// A server that is gone, or wants a password, is a store failure in time.
func TestServerThatCannotBeHad(t *testing.T) {
	t.Parallel()
	port, err := freePort()
	require.NoError(t, err)
	address := fmt.Sprintf("postgres://logins:CANARY@127.0.0.1:%d/postgres?sslmode=disable", port)
	for _, driver := range []string{"pgx", "postgres"} {
		store := sqlstore.New(open(t, driver, address, 0), sqlstore.PostgreSQL, nil)
		start := time.Now()
		_, _, err := store.Load(t.Context(), key)
		require.ErrorIs(t, err, vendorlogin.ErrStore)
		require.ErrorContains(t, err, "connection refused")
		require.NotContains(t, err.Error(), "CANARY")
		assert.Less(t, time.Since(start), 3*time.Second)
	}
}

// The table may be in a schema, and its name a reserved word.
func TestTableInASchema(t *testing.T) {
	t.Parallel()
	p := place{open(t, "pgx", needPostgres(t).url(""), 0), sqlstore.PostgreSQL, "Auth.user"}
	p.exec(t, `CREATE SCHEMA "Auth"`)
	require.NoError(t, p.store().CreateTable(t.Context()))
	version, err := p.store().Save(t.Context(), key, []byte("data"), "", time.Hour)
	require.NoError(t, err)
	_, err = p.store().Save(t.Context(), key, []byte("new"), version, time.Hour)
	require.NoError(t, err)
	data, _, err := p.store().Load(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, "new", string(data))
	_, err = p.store().TryLock(t.Context(), key, time.Hour)
	require.NoError(t, err)
}
