//go:build unix

package sqltest

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

// The fleets have the machine for themselves: a kind of them runs after the other, and before the tests that are parallel at the top.
func TestFleet(t *testing.T) {
	t.Run("shares", func(t *testing.T) {
		for name, newJob := range jobs(2, 4) {
			t.Run(name, func(t *testing.T) { checkSharing(t, newJob) })
		}
	})
	t.Run("processes are killed", func(t *testing.T) {
		for name, newJob := range jobs(6, 1) {
			t.Run(name, func(t *testing.T) { checkKilledProcesses(t, newJob) })
		}
	})
	t.Run("postmaster is killed", func(t *testing.T) {
		for _, driver := range []string{"pgx", "postgres"} {
			t.Run(driver, func(t *testing.T) { checkKilledPostmaster(t, driver) })
		}
	})
}

// jobs are the same work over each database and driver.
func jobs(accounts, clients int) map[string]func(*testing.T) job {
	onPostgres := func(driver string) func(*testing.T) job {
		return func(t *testing.T) job {
			return job{Driver: driver, URL: needPostgres(t).url(""), Dialect: sqlstore.PostgreSQL, Table: newTable(), Accounts: accounts,
				Clients: clients, Timeout: waitLong}
		}
	}
	return map[string]func(*testing.T) job{
		"pgx": onPostgres("pgx"),
		"pq":  onPostgres("postgres"),
		"sqlite": func(t *testing.T) job {
			file := filepath.Join(t.TempDir(), "tokens.db")
			return job{Driver: "sqlite", URL: "file:" + file, Dialect: sqlstore.SQLite, Accounts: accounts, Clients: clients,
				Timeout: waitLong}
		},
	}
}

// Two processes with four Clients of each account log in once, and then refresh: no refresh token twice, though each is valid once. Only a
// store command that fails, as on a machine without time for it, is a reason for a Client to log in by itself.
func checkSharing(t *testing.T, newJob func(*testing.T) job) {
	t.Parallel()
	j, v := newJob(t), startVendor(t)
	j.Vendor = v.server.URL
	createTable(t, j)
	workers := []*worker{startWorker(t, j), startWorker(t, j)}
	time.Sleep(3*renewal + renewal/2)
	storeFailures := 0
	for _, w := range workers {
		r := w.finish(t)
		storeFailures += r.StoreFailures
		assert.Empty(t, r.Errors)
		assert.Greater(t, r.Calls, 100)
	}
	count := v.count()
	t.Logf("%+v, %d store failures", count, storeFailures)
	assert.Zero(t, count.twice, "a refresh token was presented twice")
	assert.LessOrEqual(t, count.logins, j.Accounts+storeFailures)
	assert.GreaterOrEqual(t, count.logins+count.refreshes, 3*j.Accounts)
	assert.LessOrEqual(t, count.refreshes, 4*j.Accounts+storeFailures)
}

// Whoever is killed in whatever moment, no refresh token is presented twice.
func checkKilledProcesses(t *testing.T, newJob func(*testing.T) job) {
	t.Parallel()
	j, v := newJob(t), startVendor(t)
	j.Vendor = v.server.URL
	createTable(t, j)
	workers := []*worker{startWorker(t, j), startWorker(t, j)}
	for range 15 {
		select {
		case <-v.asked: // one of them waits for the vendor, and will then save
			time.Sleep(rand.N(60 * time.Millisecond))
		case <-time.After(renewal):
		}
		i := rand.N(len(workers))
		workers[i].kill()
		workers[i] = startWorker(t, j)
	}
	for _, w := range workers {
		assert.Empty(t, w.finish(t).Errors)
	}
	count := v.count()
	t.Logf("%+v", count)
	assert.Zero(t, count.twice, "a refresh token was presented twice")
	assert.NotZero(t, count.refreshes)
}

// While PostgreSQL is gone for 5 seconds, each process goes on by itself; afterwards they share again.
func checkKilledPostmaster(t *testing.T, driver string) {
	t.Parallel()
	checkInstalled(t)
	p, err := startPostgres()
	require.NoError(t, err)
	t.Cleanup(p.stop)
	v := startVendor(t)
	j := job{Driver: driver, URL: p.url(""), Dialect: sqlstore.PostgreSQL, Vendor: v.server.URL, Accounts: 2, Clients: 4}
	createTable(t, j)
	workers := []*worker{startWorker(t, j), startWorker(t, j)}
	time.Sleep(renewal - 2*time.Second) // so that they are renewed while it is gone
	p.kill()
	time.Sleep(5 * time.Second)
	require.NoError(t, p.start())
	time.Sleep(2 * renewal)
	before := v.count()
	time.Sleep(2 * renewal)
	after := v.count()
	for _, w := range workers {
		r := w.finish(t)
		assert.Empty(t, r.Errors, "%d of %d calls failed", r.Failed, r.Calls)
	}
	t.Logf("%+v, and after 2 renewals more %+v", before, after)
	assert.Zero(t, after.twice, "a refresh token was presented twice")
	assert.Equal(t, before.logins, after.logins, "they do not share the login again")
	assert.LessOrEqual(t, after.refreshes-before.refreshes, 3*j.Accounts, "they do not share the refreshed token again")
}
