//go:build unix

package sqltest

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

// waitLong is for tests of what a store does, on a machine that may be busy with many of them.
const waitLong = 30 * time.Second

var tables atomic.Int64

// newTable is a name that no other test uses.
func newTable() string { return fmt.Sprintf("tokens_%d", tables.Add(1)) }

func TestPostgreSQLStore(t *testing.T) {
	t.Parallel()
	for i, isolation := range []string{"read committed", "repeatable read", "serializable"} {
		for k, connections := range []int{1, 4, 0} {
			drivers := []string{"pgx"}
			if i == k {
				drivers = append(drivers, "postgres")
			}
			for _, driver := range drivers {
				t.Run(fmt.Sprintf("%s/%s/%d", driver, isolation, connections), func(t *testing.T) {
					t.Parallel()
					testIsolation(t, driver, isolation, connections)
				})
			}
		}
	}
}

func testIsolation(t *testing.T, driver, isolation string, connections int) {
	t.Helper()
	option := "-c default_transaction_isolation=" + strings.ReplaceAll(isolation, " ", `\ `)
	address := needPostgres(t).url("&options=" + strings.ReplaceAll(url.PathEscape(option), "=", "%3D"))
	db := open(t, driver, address, connections)
	var level string
	require.NoError(t, db.QueryRow("SHOW transaction_isolation").Scan(&level))
	require.Equal(t, isolation, level)
	store := sqlstore.New(db, sqlstore.PostgreSQL, &sqlstore.Options{Table: newTable(), Timeout: waitLong})
	require.NoError(t, store.CreateTable(t.Context()))
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return store })
}

// The ways in which drivers speak to a PgBouncer in transaction mode.
func TestPostgreSQLStoreWithoutPreparing(t *testing.T) {
	t.Parallel()
	for driver, option := range map[string]string{"pgx": "&default_query_exec_mode=exec", "postgres": "&binary_parameters=yes"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			db := open(t, driver, needPostgres(t).url(option), 4)
			store := sqlstore.New(db, sqlstore.PostgreSQL, &sqlstore.Options{Table: newTable(), Timeout: waitLong})
			require.NoError(t, store.CreateTable(t.Context()))
			authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return store })
		})
	}
}

func TestSealedPostgreSQLStore(t *testing.T) {
	t.Parallel()
	db := open(t, "pgx", needPostgres(t).url(""), 4)
	plain := sqlstore.New(db, sqlstore.PostgreSQL, &sqlstore.Options{Table: newTable(), Timeout: waitLong})
	require.NoError(t, plain.CreateTable(t.Context()))
	sealed, err := tokenstore.NewSealed(plain, tokenstore.NewKey())
	require.NoError(t, err)
	authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return sealed })
}

func TestSQLiteStore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options     string
		connections int
	}{
		{"", 1}, {"", 4}, {"", 0}, {"?_pragma=journal_mode(WAL)", 0}, {"?_pragma=busy_timeout(1000)", 0},
	} {
		t.Run(fmt.Sprintf("%s/%d", c.options, c.connections), func(t *testing.T) {
			t.Parallel()
			db := open(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "tokens.db")+c.options, c.connections)
			store := sqlstore.New(db, sqlstore.SQLite, &sqlstore.Options{Timeout: waitLong})
			require.NoError(t, store.CreateTable(t.Context()))
			authtest.TestStore(t, func(*testing.T) vendorlogin.Store { return store })
		})
	}
}
