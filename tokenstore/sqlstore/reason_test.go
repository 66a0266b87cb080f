package sqlstore_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

// Whatever a driver returns, it is a store failure that says what is wrong and quotes nothing.
func TestErrorsOfDrivers(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5432}, Err: errors.New("refused")}
	untrusted := &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	for err, says := range map[error]string{
		stateError{"42P01", canary}:                        "the table does not exist: call CreateTable (SQLSTATE 42P01)",
		stateError{"3F000", canary}:                        "the schema does not exist (SQLSTATE 3F000)",
		stateError{"28P01", canary}:                        "rejected the password (SQLSTATE 28P01)",
		stateError{"28000", canary}:                        "rejected the user (SQLSTATE 28000)",
		stateError{"3D000", canary}:                        "the database does not exist (SQLSTATE 3D000)",
		stateError{"53300", canary}:                        "too many connections (SQLSTATE 53300)",
		stateError{"53100", canary}:                        "disk is full (SQLSTATE 53100)",
		stateError{"57P01", canary}:                        "shutting down (SQLSTATE 57P01)",
		stateError{"57014", canary}:                        "cancelled the statement (SQLSTATE 57014)",
		stateError{"40001", canary}:                        "in the way, again and again (SQLSTATE 40001)",
		stateError{"40P01", canary}:                        "deadlocks, again and again (SQLSTATE 40P01)",
		stateError{"42501", canary}:                        "no right to the table (SQLSTATE 42501)",
		stateError{"57P03", canary}:                        "not ready (SQLSTATE 57P03)",
		stateError{"25006", canary}:                        "read-only (SQLSTATE 25006)",
		stateError{"XX000", canary}:                        "the database returned an error: SQLSTATE XX000",
		stateError{"AZ019", canary}:                        "the database returned an error: SQLSTATE AZ019",
		stateError{"XX00", canary}:                         "the database returned an error",
		stateError{"XX00[", canary}:                        "the database returned an error",
		stateError{"XX00@", canary}:                        "the database returned an error",
		stateError{"XX00/", canary}:                        "the database returned an error",
		stateError{"XX00:", canary}:                        "the database returned an error",
		stateError{canary, canary}:                         "the database returned an error",
		stateError{"a'b-c", canary}:                        "the database returned an error",
		fmt.Errorf("%s: %w", canary, refused):              "dial tcp 192.0.2.1:5432: refused",
		fmt.Errorf("%s: %w", canary, untrusted):            "x509: certificate signed by unknown authority",
		fmt.Errorf("%s: %w", canary, io.EOF):               ": EOF",
		fmt.Errorf("%s: %w", canary, io.ErrUnexpectedEOF):  ": unexpected EOF",
		fmt.Errorf("%s: %w", canary, sql.ErrTxDone):        "already been committed or rolled back",
		fmt.Errorf("%s: %w", canary, driver.ErrBadConn):    "driver: bad connection",
		fmt.Errorf("%s: %w", canary, sql.ErrConnDone):      "connection is already closed",
		errors.New("no such table: " + canary):             "call CreateTable",
		errors.New("attempt to write a readonly database"): "read-only",
		errors.New("database or disk is full"):             ": the disk is full",
		errors.New("unable to open database file"):         "the database cannot be opened",
		errors.New("file is not a database"):               "the file is not a database",
		errors.New("database disk image is malformed"):     "the database is damaged",
		errors.New("sql: database is closed"):              "the database is closed",
		errors.New(canary):                                 "the driver failed with a *errors.errorString",
	} {
		synctest.Test(t, func(t *testing.T) {
			f, db := newFake(t, nil)
			lease := leaseOf(t, db, f)
			f.respond = fails(err)
			for _, c := range calls(sqlstore.New(db, sqlstore.PostgreSQL, nil), lease) {
				got := c.do(t.Context())
				require.ErrorIs(t, got, vendorlogin.ErrStore, c.name)
				assert.NotErrorIs(t, got, vendorlogin.ErrNoRecord)
				assert.ErrorContains(t, got, "sqlstore: "+c.name+": ")
				assert.True(t, strings.HasSuffix(got.Error(), says), "%v", got)
				tellsNothing(t, got)
			}
			require.NoError(t, db.Close())
		})
	}
}

// tellsNothing checks err and everything that it wraps for parts of a blob.
func tellsNothing(t *testing.T, err error) {
	t.Helper()
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err), "CANARY")
	switch wrapped := err.(type) {
	case interface{ Unwrap() error }:
		if inner := wrapped.Unwrap(); inner != nil {
			tellsNothing(t, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range wrapped.Unwrap() {
			tellsNothing(t, inner)
		}
	}
}

// A driver that panics ends a call, not the program.
func TestDriverPanics(t *testing.T) {
	t.Parallel()
	_, db := newFake(t, func(context.Context, int, sent) ([][]driver.Value, int64, error) { panic(canary) })
	_, _, err := sqlstore.New(db, sqlstore.PostgreSQL, nil).Load(t.Context(), key)
	require.ErrorIs(t, err, vendorlogin.ErrStore)
	assert.ErrorContains(t, err, "the client panicked with a string")
	tellsNothing(t, err)
}
