package fleet_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// What processes leave behind, on disk and in Redis, holds no secret and no name of an account when it is sealed. That it does when
// it is not shows that the search finds things.
func TestWhatIsLeftBehind(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(t *testing.T) (access, func() []byte){"file": folderLookedThrough, "redis": redisLookedThrough} {
		for kind, sealed := range map[string]bool{"sealed": true, "plain": false} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				store, everything := look(t)
				if !sealed {
					store.Key = ""
				}
				secrets, left := leaveBehind(t, store, everything)
				for what, secret := range secrets {
					held := holds(left, secret)
					if sealed || what == "password" {
						assert.False(t, held, "%s is left behind", what)
					}
					if !sealed && slices.Contains([]string{"access token", "refresh token", "account name"}, what) {
						assert.True(t, held, "the search does not find the %s", what)
					}
				}
			})
		}
	}
}

// leaveBehind lets processes log in, refresh, be rejected, be killed, and use a code, and gives the secrets that they had to do with
// and all that can be found of them in between.
func leaveBehind(t *testing.T, store access, everything func() []byte) (secrets map[string]string, left []byte) {
	t.Helper()
	f := newFleet(t, 4, store, func(i int, j *job) {
		switch i {
		case 0:
			j.BriefLogins = 1
		case 1:
			j.StopAt = "saved"
		case 2:
			j.Password, j.Cooldown = "wrong-example-password", time.Second
		}
	})
	rejected := together(orderCall, f.processes[2])[0]
	require.True(t, rejected.Credentials, rejected.Err)
	left = append(left, everything()...)
	<-time.After(time.Until(rejected.RetryAt)) // in one of 256 cases it is the others' hold too

	first := together(orderCall, f.processes[0])[0]
	require.Empty(t, first.Err)
	left = append(left, everything()...)
	require.Empty(t, together(orderCode, f.processes[3])[0].Err)
	f.expire(first.Expires)
	f.processes[1].order(orderCall)
	require.Equal(t, "saved", f.processes[1].report().At)
	left = append(left, everything()...)
	f.processes[1].kill()
	second := together(orderCall, f.processes[3])[0]
	require.Empty(t, second.Err)
	require.False(t, first.Access == second.Access)
	left = append(left, everything()...)
	require.Greater(t, len(left), 1000)
	return map[string]string{
		"access token": second.Access, "refresh token": second.Refresh,
		"first access token": first.Access, "first refresh token": first.Refresh,
		"password": vendortest.DefaultPassword, "wrong password": "wrong-example-password",
		"account name": vendortest.DefaultEmail, "TOTP secret": f.job.TOTP,
		"sealing key": keyMaterial(t, f.job.Store),
	}, left
}

func keyMaterial(t *testing.T, a access) string {
	t.Helper()
	if a.Key == "" {
		return tokenstore.NewKey().Reveal()
	}
	_, encoded, _ := strings.Cut(a.Key, ":")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	return string(raw)
}

// holds looks for a secret as it is, and as base64 would show it wherever in a text it begins.
func holds(all []byte, secret string) bool {
	all = bytes.ToLower(all)
	if bytes.Contains(all, bytes.ToLower([]byte(secret))) {
		return true
	}
	all = []byte(strings.NewReplacer("-", "+", "_", "/").Replace(string(all)))
	for shift := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), secret...))
		whole := encoded[(shift*8+5)/6 : len(encoded)-1] // what its neighbours have no part in
		if bytes.Contains(all, bytes.ToLower([]byte(whole))) {
			return true
		}
	}
	return false
}

func folderLookedThrough(t *testing.T) (access, func() []byte) {
	a := inFolder(t)
	return a, func() (all []byte) {
		require.NoError(t, filepath.WalkDir(a.Dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			all = append(append(all, path...), content...)
			return err
		}))
		return all
	}
}

func redisLookedThrough(t *testing.T) (access, func() []byte) {
	server := redistest.Start(t)
	rdb := server.Client(t, nil)
	return at(server), func() (all []byte) {
		keys, err := rdb.Keys(t.Context(), "*").Result()
		require.NoError(t, err)
		require.NotEmpty(t, keys)
		for _, key := range keys {
			all = append(append(all, key...), redisValue(t, rdb, key)...)
		}
		return all
	}
}

// redisValue is a value as a reader sees it, and as backups have it; and it checks that Redis will forget it. A lock may be gone by
// now.
func redisValue(t *testing.T, rdb *redis.Client, key string) []byte {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	ttl, err := rdb.PTTL(ctx, key).Result()
	require.NoError(t, err)
	assert.NotEqual(t, time.Duration(-1), ttl, "%s is kept without expiry", key)
	value, err := rdb.Get(ctx, key).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	require.NoError(t, err)
	dump, err := rdb.Dump(ctx, key).Result()
	if errors.Is(err, redis.Nil) {
		return value
	}
	require.NoError(t, err)
	return append(value, dump...)
}
