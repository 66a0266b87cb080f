package fleet_test

import (
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// An outage is what becomes of Redis when a token has expired, and what the end of that is.
type outage struct {
	start      func(redistest.TB, ...string) *redistest.Server // one that this can become of
	begin, end func(*testing.T, *redistest.Server)
	after      requests // when the tokens fetched meanwhile have expired
}

var outages = map[string]outage{
	"killed": {
		start: redistest.Start,
		begin: func(_ *testing.T, s *redistest.Server) { s.Kill() },
		end:   func(t *testing.T, s *redistest.Server) { require.NoError(t, s.Restart()) },
		after: requests{logins: 1}, // nothing is left of what each token's process told the others, so none is sure to be unused
	},
	"stopped": {
		start: redistest.StartReal,
		begin: func(t *testing.T, s *redistest.Server) {
			require.NoError(t, s.Pause())
			resume := time.AfterFunc(3*time.Second, func() { _ = s.Resume() })
			t.Cleanup(func() { resume.Stop() })
		},
		end:   func(t *testing.T, s *redistest.Server) { require.NoError(t, s.Resume()) },
		after: requests{refreshes: 1},
	},
	"read-only": {
		start: redistest.StartReal,
		begin: func(t *testing.T, s *redistest.Server) { replicaOf(t, s, "127.0.0.1", "1") },
		end:   func(t *testing.T, s *redistest.Server) { replicaOf(t, s, "no", "one") },
		after: requests{refreshes: 1},
	},
}

func replicaOf(t *testing.T, s *redistest.Server, host, port string) {
	t.Helper()
	require.NoError(t, s.Client(t, nil).Do(t.Context(), "REPLICAOF", host, port).Err())
}

// While there is no Redis, each process logs in for itself, once, and refreshes nothing, since nobody could be told. When there is one
// again, they share.
func TestRedisOutAtExpiry(t *testing.T) {
	t.Parallel()
	for name, out := range outages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipInShort(t, name != "killed")
			server := out.start(t)
			f := newFleet(t, fleetSize, at(server), func(_ int, j *job) { j.BriefLogins = 2 })
			f.share()

			out.begin(t, server)
			before := f.vendor.Counts()
			reports := together(orderCall, f.processes...)
			f.served(reports...)
			during := f.asked(before)
			assert.Zero(t, during.refreshes)
			assert.LessOrEqual(t, during.logins, fleetSize, "more than one login per process")
			out.end(t, server)

			f.expire(latestExpiry(reports))
			before = f.vendor.Counts()
			f.served(together(orderCall, f.processes...)...)
			assert.Equal(t, out.after, f.asked(before), "after the outage")
			f.settled(f.processes...)
			t.Log("asked during the outage", during, "longest wait", longestWait(reports))
		})
	}
}

// On a cold start without Redis each process logs in.
func TestNoRedisOnColdStart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := newFleet(t, fleetSize, at(server), nil)
	server.Kill()
	f.served(together(orderCall, f.processes...)...)
	assert.Equal(t, requests{logins: fleetSize}, f.asked(vendortest.Counts{}))
	f.settled(f.processes...)
}

// A Redis that was restarted is empty, but it is there.
func TestRedisRestartedBeforeExpiry(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	f := newFleet(t, fleetSize, at(server), firstLogsInBriefly)
	f.share()
	require.NoError(t, server.Restart())
	before := f.vendor.Counts()
	f.served(together(orderCall, f.processes...)...)
	assert.Equal(t, requests{logins: 1}, f.asked(before))
	f.settled(f.processes...)
}

// Redis fails while one process has the lock and has sent its refresh, and the others wait for it.
func TestRedisOutDuringRefresh(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]outage{
		"restarted": {
			start: redistest.Start,
			begin: func(t *testing.T, s *redistest.Server) { require.NoError(t, s.Restart()) },
			end:   func(*testing.T, *redistest.Server) {},
		},
		"killed": outages["killed"], "stopped": outages["stopped"], "read-only": outages["read-only"],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipInShort(t, true)
			server := out.start(t)
			f := newFleet(t, fleetSize, at(server), func(i int, j *job) {
				if i == 1 {
					j.StopAt = "responded"
				}
				firstLogsInBriefly(i, j)
			})
			f.share()

			before := f.vendor.Counts()
			holder, others := f.processes[1], append(f.processes[:1:1], f.processes[2:]...)
			holder.order(orderCall)
			require.Equal(t, "responded", holder.report().At)
			for _, p := range others {
				p.order(orderCall)
			}
			out.begin(t, server)
			holder.send(orderGoOn)
			reports := []report{holder.report()}
			for _, p := range others {
				reports = append(reports, p.report())
			}
			f.served(reports...)
			all := f.asked(before)
			assert.Equal(t, 1, all.refreshes)
			assert.LessOrEqual(t, all.logins, len(others), "more than one login per process")
			out.end(t, server)
			f.settled(f.processes...)
			t.Log("asked", all, "longest wait", longestWait(reports))
		})
	}
}

// The primary is killed, and the replica takes its place, while processes need a token, or before.
func TestFailover(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]bool{"before expiry": true, "at expiry": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipInShort(t, true)
			sentinel := redistest.StartSentinel(t)
			store := at(sentinel.Primary)
			store.Master, store.Sentinel = sentinel.MasterName, []string{sentinel.Watcher.Addr}
			f := newFleet(t, fleetSize, store, firstLogsInBriefly)
			f.share()
			awaitReplication(t, sentinel)

			sentinel.Primary.Kill()
			if before {
				awaitPromotion(t, sentinel)
			}
			counts := f.vendor.Counts()
			reports := together(orderCall, f.processes...)
			f.served(reports...)
			all := f.asked(counts)
			t.Log("asked", all, "longest wait", longestWait(reports))
			if before {
				assert.Equal(t, requests{refreshes: 1}, all, "the replica has the record")
			}
			assert.LessOrEqual(t, all.all(), fleetSize, "more than one request per process")
			awaitPromotion(t, sentinel)
			f.settled(f.processes...)
		})
	}
}

// awaitReplication waits until the replica has what the primary has.
func awaitReplication(t *testing.T, s *redistest.Sentinel) {
	t.Helper()
	primary := s.Primary.Client(t, nil)
	eventually(t, "the replica has it all", func() bool {
		n, err := primary.Wait(t.Context(), 1, time.Second).Result()
		return err == nil && n == 1
	})
}

// awaitPromotion waits until the sentinel says that the replica is the primary, and the replica thinks so too.
func awaitPromotion(t *testing.T, s *redistest.Sentinel) {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Replica.Addr)
	require.NoError(t, err)
	watcher := redis.NewSentinelClient(&redis.Options{Addr: s.Watcher.Addr})
	t.Cleanup(func() { _ = watcher.Close() })
	replica := s.Replica.Client(t, nil)
	eventually(t, "the replica is the primary", func() bool {
		address, err := watcher.GetMasterAddrByName(t.Context(), s.MasterName).Result()
		if err != nil || len(address) != 2 || address[1] != port {
			return false
		}
		role, err := replica.Do(t.Context(), "ROLE").Slice()
		return err == nil && role[0] == "master"
	})
}
