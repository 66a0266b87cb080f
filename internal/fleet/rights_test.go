package fleet_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A Redis user that lacks the right to a command is no empty Redis: each process logs in for itself, once, and is told which right is
// missing.
func TestRedisWithRestrictedRights(t *testing.T) {
	t.Parallel()
	for command, rights := range map[string][]any{
		"evalsha": {"-evalsha", "-eval"},
		"get":     {"-get"},
		"set":     {"-set"},
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			skipInShort(t, command != "set")
			server := redistest.StartReal(t)
			user := append([]any{"ACL", "SETUSER", "app", "on", ">" + userPassword, "~*", "+@all"}, rights...)
			require.NoError(t, server.Client(t, nil).Do(t.Context(), user...).Err())
			store := at(server)
			store.User = "app"
			f := newFleet(t, 4, store, nil)
			f.served(together(orderCall, f.processes...)...)
			assert.LessOrEqual(t, f.asked(vendortest.Counts{}).logins, len(f.processes), "more than one login per process")
			for _, said := range together(orderCall, f.processes...) {
				assert.Contains(t, strings.ToLower(said.StoreErr), command)
			}
			f.settled(f.processes...)
		})
	}
}
