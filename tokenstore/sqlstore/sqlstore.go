// Package sqlstore keeps tokens in a table of PostgreSQL or SQLite, so that programs which have a database anyway share one login without
// bringing another server. It goes through database/sql, and links no driver: the program imports its own.
//
//	db, err := sql.Open("pgx", os.Getenv("TOKEN_DATABASE_URL"))
//	…
//	plain := sqlstore.New(db, sqlstore.PostgreSQL, nil)
//	if err := plain.CreateTable(ctx); err != nil { … } // or put sqlstore.Schema into your migrations
//	store, err := tokenstore.NewSealed(plain, key)
//	…
//	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: store})
//
// Seal the store, as above. A database that is set to log slow statements (log_min_duration_statement) logs their parameters too, and
// one of them is the token. Backups and replicas have it as well.
//
// # The connection pool
//
// Give the store an [sql.DB] of its own; two connections are enough. In a pool that it shares, the program's own transactions may hold all
// connections. Then each call of the store waits for Options.Timeout and fails, and the login is not shared.
//
// # PgBouncer
//
// The store uses no transactions, no advisory locks, and nothing else that belongs to a session, so PgBouncer may be in any mode. In
// transaction and statement mode the driver must not prepare statements. So pgx wants default_query_exec_mode=exec (or cache_describe)
// in the connection string, and lib/pq wants binary_parameters=yes. In session mode either driver works as it is.
//
// # The table
//
// A record is one row, and its lock another. Each operation is one statement that the database carries out whole, at any isolation level.
// Only a Delete that finds another version asks once more, to learn whether there is any.
// Rows expire by the database's clock, so the clocks of the programs do not matter. Each Store removes, once an hour and at most
// 1,000 at a time, rows that have expired, in passing.
package sqlstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/storekey"
)

// Options are what may differ from the usual. The zero value means all defaults.
type Options struct {
	// Table is the table's name, or a schema's and the table's, as in "auth.tokens"; default "vendorlogin". A name is letters, digits
	// and "_", at most 63 of them, and begins with no digit. Case counts.
	Table string

	// Timeout is for one call of the store, the wait for a connection included. 0 or less means the default, 2 seconds.
	Timeout time.Duration
}

// A Store is a [vendorlogin.Store] and a [vendorlogin.Locker] in a database, safe for concurrent use. Make one with [New]; a Store must
// not be copied. It runs no goroutine but the one of a call, and needs no closing.
//
// Every call returns within Options.Timeout and a tenth of a second, a call whose context ends within a tenth of a second. A driver that
// has not responded by then goes on in its goroutine until it does.
//
// Every error that is none of those that the interfaces name wraps [vendorlogin.ErrStore], or is the context's. None holds what the
// database said beyond the SQLSTATE, since databases quote what they were sent.
type Store struct {
	database   database
	dialect    Dialect
	table      string
	statements statements
	wrong      string       // what is wrong with how the Store was made
	nextSweep  atomic.Int64 // nanoseconds since started
	started    time.Time
}

// New makes a Store that uses db, which stays the caller's: the Store changes nothing about it and does not close it. A nil o means all
// defaults. New does no I/O. Every method rejects a nil db, an unknown Dialect and a table whose name is not valid with
// [vendorlogin.ErrInvalidRequest].
func New(db *sql.DB, d Dialect, o *Options) *Store {
	s := &Store{database: database{db: db, timeout: 2 * time.Second}, dialect: d, table: defaultTable, started: time.Now()}
	if o != nil && o.Table != "" {
		s.table = o.Table
	}
	if o != nil && o.Timeout > 0 {
		s.database.timeout = o.Timeout
	}
	switch {
	case db == nil:
		s.wrong = "there is no database"
	case d != PostgreSQL && d != SQLite:
		s.wrong = fmt.Sprintf("%v is neither PostgreSQL nor SQLite", d)
	case !tableName.MatchString(s.table):
		s.wrong = `a table is a name of 1 to 63 letters, digits and "_", or a schema's name, "." and a name`
	default:
		s.statements = statementsFor(d, s.table)
	}
	return s
}

// Format prints "sqlstore.Store" for every verb: by reflection, fmt would print how the driver connects.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sqlstore.Store") }

// CreateTable creates the table where there is none. Any number of processes may call it at once. The schema must exist, and the database
// user must be allowed to create tables in it. A table of that name stays as it is, whatever its columns.
func (s *Store) CreateTable(ctx context.Context) error {
	if s.wrong != "" {
		return invalid(s.wrong)
	}
	_, err := s.database.try(ctx, Schema(s.dialect, s.table))
	if isCreated(err) {
		_, err = s.database.try(ctx, Schema(s.dialect, s.table)) // it exists now, or something else has its name
	}
	if err != nil {
		return s.database.failed(ctx, "create table", err)
	}
	return nil
}

// A stored row is a record as the table has it.
type storedRow struct {
	version string
	data    []byte
}

// Load implements [vendorlogin.Store].
func (s *Store) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := s.check(storekey.Check(key)); err != nil {
		return nil, "", err
	}
	row, found, err := query(ctx, s.database, "load", s.statements.load, recordID(key), func(r *storedRow) []any {
		return []any{&r.version, &r.data}
	})
	if err != nil {
		return nil, "", err
	}
	if !found {
		return nil, "", vendorlogin.ErrNoRecord
	}
	return row.data, row.version, nil
}

// Save implements [vendorlogin.Store]. A ttl is rounded up to milliseconds.
func (s *Store) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error) {
	if err := s.check(storekey.CheckSave(key, data, ttl)); err != nil {
		return "", err
	}
	begun := time.Now()
	next = rand.Text()
	statement, args := s.statements.create, []any{recordID(key), next, milliseconds(ttl), bytes.Clone(data)}
	if version != "" {
		statement, args = s.statements.replace, append(args, version)
	}
	rows, err := s.database.exec(ctx, "save", statement, args...)
	if err != nil {
		return "", err
	}
	if rows == 0 {
		return "", vendorlogin.ErrRecordChanged
	}
	s.sweepInPassing(ctx, begun.Add(s.database.timeout))
	return next, nil
}

// Delete implements [vendorlogin.Store].
func (s *Store) Delete(ctx context.Context, key, version string) error {
	if err := s.check(storekey.Check(key)); err != nil {
		return err
	}
	rows, err := s.database.exec(ctx, "delete", s.statements.remove, recordID(key), version)
	if err != nil || rows > 0 {
		return err
	}
	_, found, err := query(ctx, s.database, "delete", s.statements.version, recordID(key), func(r *storedRow) []any {
		return []any{&r.version}
	})
	if err != nil {
		return err
	}
	if found {
		return vendorlogin.ErrRecordChanged
	}
	return nil
}

// TryLock implements [vendorlogin.Locker]. A lease is rounded up to milliseconds; one of more than an hour lasts an hour.
//
// An error other than [vendorlogin.ErrLocked] leaves open whether the lock was taken: the database may have given it to this call, and its
// response was lost. Then everybody gets ErrLocked until lease has passed.
func (s *Store) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	if err := s.check(storekey.CheckLock(key, lease)); err != nil {
		return nil, err
	}
	l := newLease(s.database, s.statements, lockID(key), lease)
	if err := l.lock(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// A record and a lock of the same key are rows apart.
func recordID(key string) string { return "r:" + key }
func lockID(key string) string   { return "l:" + key }

const sweepInterval = time.Hour

// sweepInPassing removes rows that have expired, at the first Save and then once an hour, in the time that is left to the Save. It is free
// to fail. Where there was more than one sweep removes, the next Save goes on.
func (s *Store) sweepInPassing(ctx context.Context, deadline time.Time) {
	due, now := s.nextSweep.Load(), int64(time.Since(s.started))
	if now < due || !s.nextSweep.CompareAndSwap(due, now+int64(sweepInterval)) {
		return
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if rows, _ := s.database.try(ctx, s.statements.sweep); rows >= sweepRows {
		s.nextSweep.Store(now)
	}
}

// check is what each method does first: bad is what is wrong with its arguments, if anything.
func (s *Store) check(bad error) error {
	if s.wrong != "" {
		return invalid(s.wrong)
	}
	if bad != nil {
		return invalid(bad.Error())
	}
	return nil
}

func invalid(reason string) error {
	return fmt.Errorf("%w: sqlstore: %s", vendorlogin.ErrInvalidRequest, reason)
}

var (
	_ vendorlogin.Store  = (*Store)(nil)
	_ vendorlogin.Locker = (*Store)(nil)
)
