package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

const (
	key    = "gcore-0123456789abcdef0123456789abcdef"
	long   = time.Minute
	canary = "CANARY-4f1c-blob"
)

func blob() []byte { return []byte(strings.Repeat(canary+" ", 20)) }

// A call is one method of the interfaces.
type call struct {
	name string
	do   func(ctx context.Context) error
}

// calls are all methods that a database's response decides.
func calls(store *sqlstore.Store, lease vendorlogin.Lease) []call {
	return []call{
		{"load", func(ctx context.Context) error { _, _, err := store.Load(ctx, key); return err }},
		{"save", func(ctx context.Context) error { _, err := store.Save(ctx, key, blob(), "", long); return err }},
		{"save", func(ctx context.Context) error { _, err := store.Save(ctx, key, blob(), "version", long); return err }},
		{"delete", func(ctx context.Context) error { return store.Delete(ctx, key, "version") }},
		{"lock", func(ctx context.Context) error { _, err := store.TryLock(ctx, key, long); return err }},
		{"extend", func(ctx context.Context) error { return lease.Extend(ctx) }},
		{"unlock", func(ctx context.Context) error { return lease.Unlock(ctx) }},
		{"create table", store.CreateTable},
	}
}

// leaseOf is a lease of the store, which a database that works has given.
func leaseOf(t *testing.T, db *sql.DB, f *fake) vendorlogin.Lease {
	t.Helper()
	respond := f.respond
	f.respond = func(context.Context, int, sent) ([][]driver.Value, int64, error) { return nil, 1, nil }
	lease, err := sqlstore.New(db, sqlstore.PostgreSQL, nil).TryLock(t.Context(), key, long)
	require.NoError(t, err)
	f.respond = respond
	f.take()
	return lease
}

func TestOneStatementEach(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, func(_ context.Context, _ int, s sent) ([][]driver.Value, int64, error) {
		return [][]driver.Value{{"version", blob()}}, 1, nil
	})
	store := sqlstore.New(db, sqlstore.PostgreSQL, nil)
	_, err := store.Save(t.Context(), "sweeps-once", blob(), "", long)
	require.NoError(t, err)
	f.take()
	for _, c := range calls(store, leaseOf(t, db, f)) {
		require.NoError(t, c.do(t.Context()), c.name)
		all := f.take()
		require.Len(t, all, 1, c.name)
		if c.name == "create table" {
			continue
		}
		want := "r:" + key
		if c.name == "lock" || c.name == "extend" || c.name == "unlock" {
			want = "l:" + key
		}
		assert.Equal(t, want, all[0].args[0], c.name)
		assert.Contains(t, all[0].statement, `"vendorlogin"`)
		assert.Contains(t, all[0].statement, "clock_timestamp()", "%s goes by the database's clock", c.name)
		assert.NotContains(t, all[0].statement, canary)
		assert.NotContains(t, all[0].args, "", "%s: no parameter is empty", c.name)
	}
}

// A first version is inserted, another replaces the one before.
func TestSaveOverAVersion(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, nil)
	store := sqlstore.New(db, sqlstore.PostgreSQL, nil)
	first, err := store.Save(t.Context(), key, blob(), "", long)
	require.NoError(t, err)
	created := f.take()[0]
	assert.True(t, strings.HasPrefix(created.statement, "INSERT INTO"))
	assert.Equal(t, []driver.Value{"r:" + key, first, long.Milliseconds(), blob()}, created.args)
	second, err := store.Save(t.Context(), key, blob(), first, long)
	require.NoError(t, err)
	replaced := f.take()[0]
	assert.True(t, strings.HasPrefix(replaced.statement, "UPDATE"))
	assert.Equal(t, []driver.Value{"r:" + key, second, long.Milliseconds(), blob(), first}, replaced.args)
}

// Each lock has an owner of its own, who alone extends and frees it.
func TestLockHasAnOwner(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, nil)
	store := sqlstore.New(db, sqlstore.PostgreSQL, nil)
	owners := map[driver.Value]bool{"": true}
	for range 3 {
		lease, err := store.TryLock(t.Context(), key, long)
		require.NoError(t, err)
		require.NoError(t, lease.Extend(t.Context()))
		require.NoError(t, lease.Unlock(t.Context()))
		all := f.take()
		require.Len(t, all, 3)
		owner := all[0].args[1]
		assert.False(t, owners[owner])
		owners[owner] = true
		assert.Equal(t, owner, all[1].args[1])
		assert.Equal(t, owner, all[2].args[1])
	}
}

// A Delete that changed nothing asks whether there is another version, and fails where that cannot be learnt.
func TestDeleteThatChangesNothing(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, func(_ context.Context, n int, _ sent) ([][]driver.Value, int64, error) {
		if n == 1 {
			return nil, 0, nil
		}
		return nil, 0, stateError{"57P03", canary}
	})
	err := sqlstore.New(db, sqlstore.PostgreSQL, nil).Delete(t.Context(), key, "version")
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	all := f.take()
	require.Len(t, all, 2)
	assert.True(t, strings.HasPrefix(all[1].statement, "SELECT version FROM"))
	assert.Equal(t, []driver.Value{"r:" + key}, all[1].args)
}

func TestLoad(t *testing.T) {
	t.Parallel()
	_, db := newFake(t, func(context.Context, int, sent) ([][]driver.Value, int64, error) {
		return [][]driver.Value{{"version", blob()}}, 0, nil
	})
	data, version, err := sqlstore.New(db, sqlstore.SQLite, nil).Load(t.Context(), key)
	require.NoError(t, err)
	assert.Equal(t, blob(), data)
	assert.Equal(t, "version", version)
}

// What no row at all, or no changed row, means.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, nil)
	lease := leaseOf(t, db, f)
	f.respond = func(context.Context, int, sent) ([][]driver.Value, int64, error) { return nil, 0, nil }
	store := sqlstore.New(db, sqlstore.PostgreSQL, nil)
	want := map[string]error{"load": vendorlogin.ErrNoRecord, "save": vendorlogin.ErrRecordChanged, "lock": vendorlogin.ErrLocked,
		"extend": vendorlogin.ErrLocked, "unlock": vendorlogin.ErrLocked}
	for _, c := range calls(store, lease) {
		assert.Equal(t, want[c.name], c.do(t.Context()), c.name)
	}

	f.respond = func(context.Context, int, sent) ([][]driver.Value, int64, error) {
		return [][]driver.Value{{"other"}}, 0, nil
	}
	assert.Equal(t, vendorlogin.ErrRecordChanged, store.Delete(t.Context(), key, "version"), "another version is there")
}

func TestBadArgumentsAreRejected(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, nil)
	rejected := func(what string, err error) {
		t.Helper()
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, what)
		require.NotErrorIs(t, err, vendorlogin.ErrStore, what)
		assert.Empty(t, f.take(), what)
		assert.NotContains(t, err.Error(), canary)
	}
	each := func(what string, store *sqlstore.Store, key string) {
		t.Helper()
		_, _, err := store.Load(t.Context(), key)
		rejected(what, err)
		_, err = store.Save(t.Context(), key, blob(), "", long)
		rejected(what, err)
		rejected(what, store.Delete(t.Context(), key, ""))
		_, err = store.TryLock(t.Context(), key, long)
		rejected(what, err)
	}
	good := sqlstore.New(db, sqlstore.PostgreSQL, &sqlstore.Options{})
	for _, bad := range []string{"", "A", "a:b", "a'b", strings.Repeat("a", 129)} {
		each(fmt.Sprintf("key %q", bad), good, bad)
	}
	stores := map[string]*sqlstore.Store{
		"no database":     sqlstore.New(nil, sqlstore.PostgreSQL, nil),
		"no dialect":      sqlstore.New(db, 0, nil),
		"unknown dialect": sqlstore.New(db, 3, nil),
	}
	for _, table := range badTables {
		stores["table "+table] = sqlstore.New(db, sqlstore.PostgreSQL, &sqlstore.Options{Table: table})
	}
	for what, store := range stores {
		each(what, store, key)
		rejected(what, store.CreateTable(t.Context()))
	}
	_, err := good.Save(t.Context(), key, nil, "", long)
	rejected("no blob", err)
	_, err = good.Save(t.Context(), key, []byte(strings.Repeat(canary, 70<<10/len(canary))), "", long)
	rejected("long blob", err)
	for _, span := range []time.Duration{0, -1, math.MinInt64} {
		_, err = good.TryLock(t.Context(), key, span)
		rejected("lease", err)
		_, err = good.Save(t.Context(), key, blob(), "", span)
		rejected("ttl", err)
	}
}

func TestMilliseconds(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, nil)
	store := sqlstore.New(db, sqlstore.SQLite, nil)
	for span, want := range map[time.Duration]int64{1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Hour: 3_600_000,
		math.MaxInt64: math.MaxInt64 / 1_000_000} {
		_, err := store.Save(t.Context(), key, blob(), "", span)
		require.NoError(t, err)
		assert.Equal(t, want, f.take()[0].args[2], "ttl %v", span)
		_, err = store.TryLock(t.Context(), key, span)
		require.NoError(t, err)
		assert.Equal(t, min(want, 3_600_000), f.take()[0].args[2], "lease %v", span)
	}
}

func TestEachSaveMakesAVersion(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, nil)
	store := sqlstore.New(db, sqlstore.SQLite, nil)
	seen := map[string]bool{"": true}
	for range 10 {
		version, err := store.Save(t.Context(), key, blob(), "", long)
		require.NoError(t, err)
		assert.False(t, seen[version])
		seen[version] = true
		assert.Equal(t, version, f.take()[0].args[1], "the row has it")
	}
}

func TestOptionsTimeout(t *testing.T) {
	t.Parallel()
	for given, want := range map[time.Duration]time.Duration{
		0: 2 * time.Second, -1: 2 * time.Second, 300 * time.Millisecond: 300 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			_, db := newFake(t, func(ctx context.Context, _ int, _ sent) ([][]driver.Value, int64, error) {
				<-ctx.Done()
				return nil, 0, ctx.Err()
			})
			start := time.Now()
			_, _, err := sqlstore.New(db, sqlstore.SQLite, &sqlstore.Options{Timeout: given}).Load(t.Context(), key)
			require.ErrorIs(t, err, vendorlogin.ErrStore)
			assert.Equal(t, want, time.Since(start))
			require.NoError(t, db.Close())
		})
	}
}

// The blob goes to the database as it was when Save was called, though the caller changes it afterwards.
func TestSaveCopiesTheBlob(t *testing.T) {
	t.Parallel()
	f, db := newFake(t, nil)
	data := blob()
	_, err := sqlstore.New(db, sqlstore.SQLite, nil).Save(t.Context(), key, data, "", long)
	require.NoError(t, err)
	clear(data)
	assert.Equal(t, blob(), f.take()[0].args[3])
}

func TestCreateTableBesideOthers(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"42710", "23505", "42P07"} {
		_, db := newFake(t, func(_ context.Context, n int, _ sent) ([][]driver.Value, int64, error) {
			if n == 1 {
				return nil, 0, stateError{state, canary}
			}
			return nil, 0, nil
		})
		assert.NoError(t, sqlstore.New(db, sqlstore.PostgreSQL, nil).CreateTable(t.Context()), state)
	}
	f, db := newFake(t, fails(stateError{"42P07", canary}))
	err := sqlstore.New(db, sqlstore.PostgreSQL, nil).CreateTable(t.Context())
	require.ErrorIs(t, err, vendorlogin.ErrStore, "something else has its name")
	assert.Len(t, f.take(), 2)
	f, db = newFake(t, fails(stateError{"42501", canary}))
	require.ErrorContains(t, sqlstore.New(db, sqlstore.PostgreSQL, nil).CreateTable(t.Context()), "no right")
	assert.Len(t, f.take(), 1)
}

func TestPrintsNothing(t *testing.T) {
	t.Parallel()
	_, db := newFake(t, nil)
	store := sqlstore.New(db, sqlstore.PostgreSQL, &sqlstore.Options{Table: canary[:6]})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		assert.Equal(t, "sqlstore.Store", fmt.Sprintf(verb, store))
		assert.NotContains(t, fmt.Sprintf(verb, struct{ S vendorlogin.Store }{store}), "CANARY")
	}
}
