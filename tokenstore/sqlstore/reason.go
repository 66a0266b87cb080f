package sqlstore

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/bounded"
)

// A stated error has the SQLSTATE of PostgreSQL. Both drivers' errors do, so neither driver is needed here.
type stated interface {
	error
	SQLState() string
}

func sqlState(err error) string {
	if e, ok := errors.AsType[stated](err); ok {
		return e.SQLState()
	}
	return ""
}

// isConflict reports whether PostgreSQL gave a statement up because of another one: 40001 where the isolation is stricter than read
// committed, 40P01 for a deadlock.
func isConflict(err error) bool {
	state := sqlState(err)
	return state == "40001" || state == "40P01"
}

// isBusy reports whether SQLite had no time: another connection is writing. Drivers have types of their own for it, and SQLite's words.
func isBusy(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "database is locked") || strings.Contains(err.Error(), "table is locked"))
}

// isCreated reports whether CREATE TABLE IF NOT EXISTS failed because another one came first.
func isCreated(err error) bool {
	switch sqlState(err) {
	case "42710", "23505", "42P07":
		return true
	}
	return false
}

// reason describes err in words that cannot hold a part of a blob or of a connection string: those of the network, or our own. What a
// database says may quote a statement's parameters.
func reason(err error, timeout time.Duration) string {
	if state := sqlState(err); state != "" {
		return stateReason(state)
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return network.Error()
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificate.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, bounded.ErrNoResponse) {
		return fmt.Sprintf("no response within %v, the wait for a connection included", timeout)
	}
	if plain, ok := errors.AsType[bounded.Error](err); ok {
		return plain.Error()
	}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, sql.ErrConnDone, sql.ErrTxDone, driver.ErrBadConn} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if isBusy(err) {
		return "another connection keeps the database locked"
	}
	for words, meaning := range map[string]string{
		"no such table":      "the table does not exist: call CreateTable",
		"readonly database":  "the database is read-only",
		"disk is full":       "the disk is full",
		"unable to open":     "the database cannot be opened",
		"is closed":          "the database is closed",
		"is not a database":  "the file is not a database",
		"image is malformed": "the database is damaged",
	} {
		if strings.Contains(err.Error(), words) {
			return meaning
		}
	}
	return fmt.Sprintf("the driver failed with a %T", err)
}

// stateReason says what a SQLSTATE means, of those that an operator can do something about.
func stateReason(state string) string {
	meanings := map[string]string{
		"42P01": "the table does not exist: call CreateTable",
		"3F000": "the schema does not exist",
		"42501": "the database user has no right to the table",
		"28P01": "the database rejected the password",
		"28000": "the database rejected the user",
		"3D000": "the database does not exist",
		"53300": "the database has too many connections",
		"53100": "the database's disk is full",
		"57P01": "the database is shutting down",
		"57P03": "the database is not ready",
		"57014": "the database cancelled the statement",
		"25006": "the database is read-only",
		"40001": "other transactions were in the way, again and again",
		"40P01": "deadlocks, again and again",
	}
	if meaning, ok := meanings[state]; ok {
		return fmt.Sprintf("%s (SQLSTATE %s)", meaning, state)
	}
	if strings.IndexFunc(state, func(r rune) bool { return !('A' <= r && r <= 'Z' || '0' <= r && r <= '9') }) >= 0 || len(state) != 5 {
		return "the database returned an error"
	}
	return "the database returned an error: SQLSTATE " + state
}
