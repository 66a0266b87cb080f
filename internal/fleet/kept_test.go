package fleet_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// While nobody listens at the vendor's, a refresh was certainly not sent: when it is back, one process refreshes, with the token that
// it has, though another was killed meanwhile.
func TestRefreshTokenOutlivesAnUnreachableVendor(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipInShort(t, name != "file")
			var way *gate
			f := newFleet(t, fleetSize, medium(t), func(i int, j *job) {
				if way == nil {
					way = newGate(t, j.BaseURL)
				}
				j.BaseURL, j.APIURL = way.through(j.BaseURL), way.through(j.APIURL)
				j.FreshConns = true
				firstLogsInBriefly(i, j)
			})
			f.share()
			before := f.vendor.Counts()
			way.shut()
			for _, said := range together(orderCall, f.processes...) {
				assert.NotEmpty(t, said.Err)
				assert.Less(t, said.Took, loginTimeout, "nobody listens: there is nothing to wait for")
			}
			f.processes[2].kill()
			way.open()
			others := append(f.processes[:2:2], f.processes[3:]...)
			f.callUntilServed(others...)
			assert.Equal(t, requests{refreshes: 1}, f.asked(before))
			f.settled(others...)
		})
	}
}

// A vendor that ends a user's session when another begins: a process whose token was ended finds the one that another process has, also
// within the minute in which it has renewed a rejected token itself.
func TestRejectedTokenIsReplacedFromTheStore(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 3, medium(t), nil)
			f.vendor.ClearFaults()
			reader, writers := f.processes[0], f.processes[1:]
			f.served(together(orderCall, f.processes...)...)
			f.vendor.Revoke()
			require.Empty(t, together(orderCall, reader)[0].Err)
			require.Equal(t, requests{logins: 1, refreshes: 1}, f.asked(vendortest.Counts{}), "its renewal of this minute")
			for n, writer := range writers {
				f.vendor.Revoke()
				renewed := together(orderRenew, writer)[0]
				require.Empty(t, renewed.Err)
				before := f.vendor.Counts()
				for range 2 { // the first call has the old token, at first
					assert.Empty(t, together(orderCall, reader)[0].Err)
				}
				assert.True(t, renewed.Access == together(orderCall, reader)[0].Access, "the other process's token")
				assert.Zero(t, f.asked(before), "nobody was asked for what the store has")
				assert.Equal(t, n+2, f.vendor.Counts().APIRejected)
				<-time.After(1100 * time.Millisecond) // a rejected token looks at the store once a second at most
			}
			assert.Zero(t, f.vendor.Counts().RefreshReused)
		})
	}
}

// A server that has lost its database says 401 to good tokens. Nobody's token is thrown away for that.
func TestTokenOutlivesAVendorWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, fleetSize, medium(t), nil)
			first := together(orderCall, f.processes...)
			f.served(first...)
			f.vendor.ClearFaults()
			f.vendor.Inject(
				vendortest.Fault{Op: "api", Times: -1, Status: http.StatusUnauthorized},
				vendortest.Fault{Op: "login", Times: -1, Status: http.StatusInternalServerError},
				vendortest.Fault{Op: "refresh", Times: -1, Status: http.StatusInternalServerError},
			)
			for i, said := range together(orderCall, f.processes...) {
				assert.Equal(t, "the API says 401 Unauthorized", said.Err)
				assert.True(t, first[i].Access == said.Access, "there is no other")
			}
			f.processes[0].kill()
			f.vendor.ClearFaults()
			before := f.vendor.Counts()
			for _, said := range together(orderCall, f.processes[1:]...) {
				assert.Empty(t, said.Err)
				assert.True(t, first[0].Access == said.Access, "the token was good all the time")
			}
			assert.Zero(t, f.asked(before))
			assert.Zero(t, f.vendor.Counts().RefreshReused)
		})
	}
}

// A backup that is restored, or a failover that lost writes, hands back a record whose refresh token was used. No process that knows
// better sends it.
func TestRestoredRecord(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	f := newFleet(t, fleetSize, at(server), firstLogsInBriefly)
	f.vendor.ClearFaults()
	first := together(orderCall, f.processes[0])[0]
	f.served(together(orderCall, f.processes...)...)
	backup := dump(t, server)
	f.expire(first.Expires)
	f.served(together(orderCall, f.processes...)...)
	require.Equal(t, requests{logins: 1, refreshes: 1}, f.asked(vendortest.Counts{}))

	restore(t, server, backup)
	f.vendor.Revoke()
	before := f.vendor.Counts()
	for _, said := range together(orderCall, f.processes...) {
		assert.Empty(t, said.Err)
	}
	counts := f.vendor.Counts()
	assert.Zero(t, counts.RefreshReused, "refresh tokens presented twice")
	assert.Zero(t, counts.RefreshesRejected)
	assert.LessOrEqual(t, f.asked(before).all(), fleetSize, "more than one request per process")
	t.Log("asked", f.asked(before))
}

// callUntilServed lets processes call until each has been served, and heeds RetryAt meanwhile.
func (f *fleet) callUntilServed(processes ...*process) {
	f.t.Helper()
	for range 4 {
		var retry time.Time
		for _, said := range together(orderCall, processes...) {
			if said.Err != "" && said.RetryAt.After(retry) {
				retry = said.RetryAt
			}
		}
		if retry.IsZero() {
			break
		}
		require.WithinDuration(f.t, time.Now(), retry, 15*time.Second, "nobody waits so long")
		<-time.After(time.Until(retry))
	}
	f.served(together(orderCall, processes...)...)
}

// dump is what Redis holds, as backups have it.
func dump(t *testing.T, s *redistest.Server) map[string]string {
	t.Helper()
	rdb := s.Client(t, nil)
	keys, err := rdb.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	values := map[string]string{}
	for _, key := range keys {
		values[key], err = rdb.Dump(t.Context(), key).Result()
		require.NoError(t, err)
	}
	require.NotEmpty(t, values)
	return values
}

func restore(t *testing.T, s *redistest.Server, values map[string]string) {
	t.Helper()
	rdb := s.Client(t, nil)
	require.NoError(t, rdb.FlushAll(t.Context()).Err())
	for key, value := range values {
		require.NoError(t, rdb.Restore(t.Context(), key, time.Hour, value).Err())
	}
}
