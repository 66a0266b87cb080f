package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A sent statement is one that the fake database was given.
type sent struct {
	statement string
	args      []driver.Value
}

// A fake is a database that notes what it is sent and returns what it is told to. It is all of database/sql's interfaces in one.
type fake struct {
	respond func(ctx context.Context, n int, s sent) (rows [][]driver.Value, changed int64, err error) // n counts from 1

	mu   sync.Mutex
	sent []sent
}

// newFake is a pool of the fake database, which changes one row each time unless told otherwise.
func newFake(t testing.TB, respond func(ctx context.Context, n int, s sent) ([][]driver.Value, int64, error)) (*fake, *sql.DB) {
	t.Helper()
	f := &fake{respond: respond}
	if respond == nil {
		f.respond = func(context.Context, int, sent) ([][]driver.Value, int64, error) { return nil, 1, nil }
	}
	db := sql.OpenDB(f)
	t.Cleanup(func() { _ = db.Close() })
	return f, db
}

// fails makes each statement fail.
func fails(err error) func(context.Context, int, sent) ([][]driver.Value, int64, error) {
	return func(context.Context, int, sent) ([][]driver.Value, int64, error) { return nil, 0, err }
}

// take returns what was sent since the last time.
func (f *fake) take() []sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.sent
	f.sent = nil
	return all
}

func (f *fake) run(ctx context.Context, statement string, args []driver.NamedValue) ([][]driver.Value, int64, error) {
	s := sent{statement: statement}
	for _, arg := range args {
		s.args = append(s.args, arg.Value)
	}
	f.mu.Lock()
	f.sent = append(f.sent, s)
	n := len(f.sent)
	f.mu.Unlock()
	return f.respond(ctx, n, s)
}

func (f *fake) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f *fake) Driver() driver.Driver                        { return nil }
func (f *fake) Prepare(string) (driver.Stmt, error)          { panic("nothing is prepared") }
func (f *fake) Begin() (driver.Tx, error)                    { panic("no transaction is needed") }
func (f *fake) Close() error                                 { return nil }

func (f *fake) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	_, changed, err := f.run(ctx, statement, args)
	return driver.RowsAffected(changed), err
}

func (f *fake) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	rows, _, err := f.run(ctx, statement, args)
	if err != nil {
		return nil, err
	}
	return &fakeRows{rows}, nil
}

type fakeRows struct{ rows [][]driver.Value }

func (r *fakeRows) Columns() []string {
	if len(r.rows) == 0 {
		return []string{"version", "data"}
	}
	return make([]string, len(r.rows[0]))
}
func (r *fakeRows) Close() error { return nil }
func (r *fakeRows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(dest, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}

// A stateError is one with the SQLSTATE of PostgreSQL, as both drivers have.
type stateError struct{ state, text string }

func (e stateError) Error() string    { return e.text }
func (e stateError) SQLState() string { return e.state }
