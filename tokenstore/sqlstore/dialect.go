package sqlstore

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A Dialect is the SQL that a database speaks. The zero Dialect is none.
type Dialect int

const (
	// PostgreSQL is version 10 or later, and what is compatible with it.
	PostgreSQL Dialect = iota + 1

	// SQLite is version 3.42 or later.
	SQLite
)

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case SQLite:
		return "SQLite"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// Schema returns the statement that creates the table, for those who keep their schema in migrations. A table "" is "vendorlogin". The
// statement does nothing where the table exists. For a Dialect or a table that [New] does not take it is "".
func Schema(d Dialect, table string) string {
	if table == "" {
		table = defaultTable
	}
	if !tableName.MatchString(table) {
		return ""
	}
	switch d {
	case PostgreSQL:
		return fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (
	id      text COLLATE "C" PRIMARY KEY,
	version text NOT NULL,
	expires bigint NOT NULL,
	data    bytea NOT NULL
)`, quote(table))
	case SQLite:
		return fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (
	id      TEXT PRIMARY KEY NOT NULL,
	version TEXT NOT NULL,
	expires INTEGER NOT NULL,
	data    BLOB NOT NULL
)`, quote(table))
	}
	return ""
}

const defaultTable = "vendorlogin"

// tableName is a name, or a schema's name and a name. PostgreSQL cuts longer ones off.
var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$`)

// quote makes a name one that no reserved word and no folding of case gets in the way of.
func quote(table string) string { return `"` + strings.ReplaceAll(table, ".", `"."`) + `"` }

// Statements are all that a Store says to its database, one for each thing that it does, so that none needs a transaction. Times are
// milliseconds since 1970 by the clock of the database. A row that has expired counts as none.
//
//	$1 id  $2 version  $3 milliseconds from now  $4 data  $5 version that must be current
type statements struct {
	load, version, create, replace, remove string
	lock, extend                           string
	sweep                                  string // removes at most sweepRows that have expired
}

const (
	sweepRows    = 1000
	longestLease = time.Hour
)

// statementsFor returns the statements for a table whose name is valid.
func statementsFor(d Dialect, table string) statements {
	const (
		// now() would stand still while the statement waits for a row that another one has locked.
		postgresNow  = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
		postgresSkip = ` FOR UPDATE SKIP LOCKED`
		sqliteNow    = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`
	)
	fill := strings.NewReplacer("TABLE", quote(table), "NOW", postgresNow, "SKIP", postgresSkip)
	if d == SQLite {
		// ?1 and not $1, which some drivers number by appearance.
		fill = strings.NewReplacer("TABLE", quote(table), "NOW", sqliteNow, "SKIP", "", "$", "?")
	}
	const insert = `INSERT INTO TABLE AS old (id, version, expires, data) VALUES `
	const overwrite = ` ON CONFLICT (id) DO UPDATE SET version = excluded.version, expires = excluded.expires, data = excluded.data
		WHERE old.expires <= NOW`
	return statements{
		load:    fill.Replace(`SELECT version, data FROM TABLE WHERE id = $1 AND expires > NOW`),
		version: fill.Replace(`SELECT version FROM TABLE WHERE id = $1 AND expires > NOW`),
		create:  fill.Replace(insert + `($1, $2, NOW + $3, $4)` + overwrite),
		replace: fill.Replace(`UPDATE TABLE SET version = $2, expires = NOW + $3, data = $4 WHERE id = $1 AND version = $5 AND expires > NOW`),
		remove:  fill.Replace(`DELETE FROM TABLE WHERE id = $1 AND version = $2 AND expires > NOW`),

		// A lock that ends later than any can was made by a clock that has been set back since.
		lock: fill.Replace(insert + `($1, $2, NOW + $3, '')` + overwrite +
			fmt.Sprintf(` OR old.expires > NOW + %d`, longestLease.Milliseconds())),
		extend: fill.Replace(`UPDATE TABLE SET expires = NOW + $3 WHERE id = $1 AND version = $2 AND expires > NOW`),

		sweep: fill.Replace(fmt.Sprintf(`DELETE FROM TABLE WHERE id IN (SELECT id FROM TABLE WHERE expires <= NOW LIMIT %dSKIP)`, sweepRows)),
	}
}
