package sqlstore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

var badTables = []string{" ", "a b", `a"b`, "a'b", "a;b", "a.b.c", ".a", "a.", "1a", "a.1", "a-b", "tokens\n", "é",
	strings.Repeat("a", 64), "a." + strings.Repeat("b", 64)}

func TestSchema(t *testing.T) {
	t.Parallel()
	for table, quoted := range map[string]string{"": `"vendorlogin"`, "tokens": `"tokens"`, "auth.Tokens_2": `"auth"."Tokens_2"`, "_": `"_"`,
		"user": `"user"`, strings.Repeat("a", 63): `"` + strings.Repeat("a", 63) + `"`} {
		for _, d := range []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.SQLite} {
			assert.Contains(t, sqlstore.Schema(d, table), "CREATE TABLE IF NOT EXISTS "+quoted+" (", table)
		}
	}
	for _, table := range badTables {
		assert.Empty(t, sqlstore.Schema(sqlstore.PostgreSQL, table), "%q", table)
		assert.Empty(t, sqlstore.Schema(sqlstore.SQLite, table), "%q", table)
	}
	for _, d := range []sqlstore.Dialect{0, -1, 3} {
		assert.Empty(t, sqlstore.Schema(d, "tokens"))
	}
}

// What a statement says of its parameters is what the drivers of its dialect count by.
func TestStatements(t *testing.T) {
	t.Parallel()
	for d, c := range map[sqlstore.Dialect]struct{ has, hasNot []string }{
		sqlstore.PostgreSQL: {[]string{"$1", "clock_timestamp()"}, []string{"?", "unixepoch", "now()"}},
		sqlstore.SQLite:     {[]string{"?1", "unixepoch('subsec')"}, []string{"$", "clock_timestamp", "SKIP LOCKED"}},
	} {
		f, db := newFake(t, nil)
		lease := leaseOf(t, db, f)
		if d == sqlstore.SQLite {
			lease, _ = sqlstore.New(db, d, nil).TryLock(t.Context(), key, long)
		}
		f.take()
		for _, c := range calls(sqlstore.New(db, d, nil), lease) {
			_ = c.do(t.Context())
		}
		all := f.take()
		require.NotEmpty(t, all)
		for _, s := range all {
			if strings.Contains(s.statement, "CREATE TABLE") {
				continue
			}
			for _, text := range c.has[1:] {
				assert.Contains(t, s.statement, text)
			}
			if len(s.args) > 0 {
				assert.Contains(t, s.statement, c.has[0])
			}
			for _, text := range c.hasNot {
				assert.NotContains(t, s.statement, text)
			}
			for n := range s.args {
				assert.Contains(t, s.statement, c.has[0][:1]+fmt.Sprint(n+1), "each parameter is used")
			}
		}
	}
}

func ExampleSchema() {
	fmt.Println(sqlstore.Schema(sqlstore.PostgreSQL, "auth.tokens"))
	// Output:
	// CREATE TABLE IF NOT EXISTS "auth"."tokens" (
	// 	id      text COLLATE "C" PRIMARY KEY,
	// 	version text NOT NULL,
	// 	expires bigint NOT NULL,
	// 	data    bytea NOT NULL
	// )
}

func ExampleDialect_String() {
	fmt.Println(sqlstore.PostgreSQL, sqlstore.SQLite, sqlstore.Dialect(7))
	// Output: PostgreSQL SQLite Dialect(7)
}
