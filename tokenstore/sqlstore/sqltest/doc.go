// Package sqltest tests sqlstore against real databases: a PostgreSQL that the tests start, with both drivers, and SQLite.
//
//	cd tokenstore/sqlstore/sqltest && go test ./...
//
// It is a module of its own, so that nobody who uses vendorlogin downloads the drivers. PostgreSQL's programs (initdb, postgres) are looked
// for in PATH and where Debian puts them. Where there are none the tests that need them are skipped, but fail where CI is set in the
// environment.
package sqltest
