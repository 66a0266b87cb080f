package redisstore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

// needed are the commands that the package comment names, each with the calls that fail without it.
var needed = map[string][]string{
	"GET":      {"load", "lock taken", "extend", "unlock"},
	"GETRANGE": {"save blindly", "save", "delete"},
	"SET":      {"save", "lock", "lock taken"},
	"DEL":      {"delete", "unlock"},
	"PEXPIRE":  {"lock taken", "extend"},
	"PTTL":     {"lock taken"},
	"EVALSHA":  {"save blindly", "save", "delete", "lock", "lock taken", "extend", "unlock"},
	"EVAL":     {"save blindly", "save", "delete", "lock", "lock taken", "extend", "unlock"},
}

// A right that is missing is a store failure that names it. It is never taken for "no record", which would end in a blind overwrite.
func TestMissingRight(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	admin := server.Client(t, nil)
	for command, fail := range needed {
		user := "without-" + strings.ToLower(command)
		rules := []any{"ACL", "SETUSER", user, "reset", "on", ">example-password", "~vendorlogin:*", "-@all"}
		for other := range needed {
			if other != command {
				rules = append(rules, "+"+strings.ToLower(other))
			}
		}
		require.NoError(t, admin.Do(t.Context(), rules...).Err())
		rdb := server.Client(t, &redis.Options{Username: user, Password: "example-password"})
		checkWithout(t, admin, rdb, command, fail, "has no right to this command (NOPERM)")
	}
}

func TestRenamedCommand(t *testing.T) {
	t.Parallel()
	for command, fail := range needed {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			server := redistest.StartReal(t, "--rename-command", command, "RENAMED")
			rdb := server.Client(t, nil)
			checkWithout(t, rdb, rdb, command, fail, "no such command, or has it under another name (unknown command)")
		})
	}
}

// checkWithout checks the calls of a store whose client rdb lacks a command.
func checkWithout(t *testing.T, admin, rdb *redis.Client, command string, fail []string, reason string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	const record = "vendorlogin:{" + key + "}:record"
	kept := "vl1:ABCDEFGHIJKLMNOPQRSTUVWXYZ\n" + canary
	restored := func(name, value string) { // by whatever command the server has left
		require.NoError(t, admin.Do(ctx, "MSET", name, value).Err())
	}
	restored(record, kept)
	require.NoError(t, admin.Unlink(ctx, lockName).Err())
	if command == "EVAL" {
		require.NoError(t, admin.Do(ctx, "SCRIPT", "FLUSH").Err()) // else EVALSHA would do
	}
	store := redisstore.New(rdb, nil)
	must := func(name string, err error) {
		t.Helper()
		for _, f := range fail {
			if f != name {
				continue
			}
			require.ErrorIs(t, err, vendorlogin.ErrStore, "%s without %s", name, command)
			assert.NotErrorIs(t, err, vendorlogin.ErrNoRecord)
			assert.ErrorContains(t, err, ": "+command+": ", "%s without %s", name, command)
			assert.ErrorContains(t, err, reason, "%s without %s", name, command)
			tellsNothing(t, err)
			return
		}
		assert.NotErrorIs(t, err, vendorlogin.ErrStore, "%s without %s", name, command)
	}
	_, _, err := store.Load(ctx, key)
	must("load", err)
	_, err = store.Save(ctx, key, blob(), "", long)
	must("save blindly", err)
	require.Error(t, err, "a Save without %s replaced a record that it could not see", command)
	_, err = store.Save(ctx, key, blob(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ", long)
	must("save", err)
	restored(record, kept)
	must("delete", store.Delete(ctx, key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))

	lease, err := store.TryLock(ctx, key, long)
	must("lock", err)
	held, _ := admin.MGet(ctx, lockName).Val()[0].(string)
	restored(lockName, "stranger")
	_, err = store.TryLock(ctx, key, long)
	must("lock taken", err)
	restored(lockName, held)
	if lease == nil {
		return
	}
	must("extend", lease.Extend(ctx))
	must("unlock", lease.Unlock(ctx))
}

// The user that the package comment describes, and with no keys but the two: what a script touched beside them would be rejected.
func TestNoOtherKeysOrCommands(t *testing.T) {
	t.Parallel()
	server := redistest.StartReal(t)
	admin := server.Client(t, nil)
	rules := []any{"ACL", "SETUSER", "logins", "reset", "on", ">example-password",
		"~vendorlogin:{" + key + "}:record", "~" + lockName, "-@all"}
	for command := range needed {
		rules = append(rules, "+"+strings.ToLower(command))
	}
	require.NoError(t, admin.Do(t.Context(), rules...).Err())
	store := redisstore.New(server.Client(t, &redis.Options{Username: "logins", Password: "example-password"}), nil)

	version := ""
	for range 2 { // a record that is new, and one that is there
		next, err := store.Save(t.Context(), key, blob(), version, long)
		require.NoError(t, err)
		version = next
	}
	_, _, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	require.NoError(t, store.Delete(t.Context(), key, version))
	lease, err := store.TryLock(t.Context(), key, long)
	require.NoError(t, err)
	_, err = store.TryLock(t.Context(), key, long)
	require.ErrorIs(t, err, vendorlogin.ErrLocked)
	require.NoError(t, lease.Extend(t.Context()))
	require.NoError(t, lease.Unlock(t.Context()))

	_, _, err = store.Load(t.Context(), key+"-2")
	assert.ErrorContains(t, err, "GET: the Redis user has no right to the store's keys (NOPERM)", "the user is one that may not do more")
	_, err = store.Save(t.Context(), key+"-2", blob(), "", long)
	assert.ErrorContains(t, err, "has no right to the store's keys (NOPERM)")
}
