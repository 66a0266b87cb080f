package fleet_test

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// The server counts the commands: none while a token is fresh, one GET to take over a token that another process has fetched.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	rdb := server.Client(t, nil)
	f := newFleet(t, fleetSize, at(server), firstLogsInBriefly)
	first, others := f.processes[0], f.processes[1:]
	got := together(orderCall, first)
	assert.Empty(t, got[0].Err)

	before := commands(t, rdb)
	together(orderCall, others...)
	assert.Equal(t, map[string]int{"get": len(others)}, since(before, commands(t, rdb)), "to take over a token on a cold start")

	before = commands(t, rdb)
	for range 10 {
		together(orderCall, f.processes...)
	}
	assert.Empty(t, since(before, commands(t, rdb)), "while the token is fresh")

	f.expire(got[0].Expires)
	f.served(together(orderCall, first)...)
	before = commands(t, rdb)
	f.served(together(orderCall, others...)...)
	assert.Equal(t, map[string]int{"get": len(others)}, since(before, commands(t, rdb)), "to take over a token at expiry")
	assert.Equal(t, 2, f.asked(vendortest.Counts{}).all())
}

// commands is how often the server has carried out each command on keys, scripts' own ones included.
func commands(t *testing.T, rdb *redis.Client) map[string]int {
	t.Helper()
	text, err := rdb.Info(t.Context(), "commandstats").Result()
	require.NoError(t, err)
	counts := map[string]int{}
	for _, found := range regexp.MustCompile(`cmdstat_(\w+):calls=(\d+)`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(found[2])
		require.NoError(t, err)
		counts[found[1]] = n
	}
	for _, setup := range []string{"hello", "client", "info"} { // of a connection, and ours
		delete(counts, setup)
	}
	return counts
}

func since(before, now map[string]int) map[string]int {
	changed := map[string]int{}
	for command, n := range now {
		if n != before[command] {
			changed[command] = n - before[command]
		}
	}
	return changed
}
