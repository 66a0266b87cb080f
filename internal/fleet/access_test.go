package fleet_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

// An access says how a process gets at the store.
type access struct {
	Dir      string   // a folder
	Redis    string   // the address of a server
	User     string   // its name there, with userPassword; empty: the default user
	Sentinel []string // the addresses of sentinels
	Master   string   // what they call the primary
	Key      string   // to encrypt with; empty: not encrypted
}

func (a access) open() (vendorlogin.Store, error) {
	store := a.medium()
	if a.Key == "" {
		return store, nil
	}
	key, err := tokenstore.ParseKey(a.Key)
	if err != nil {
		return nil, err
	}
	return tokenstore.NewSealed(store, key)
}

func (a access) medium() vendorlogin.Store {
	switch {
	case a.Dir != "":
		return tokenstore.NewFile(a.Dir)
	case a.Master != "":
		return redisstore.New(redis.NewFailoverClient(&redis.FailoverOptions{MasterName: a.Master, SentinelAddrs: a.Sentinel}), nil)
	}
	return redisstore.New(redis.NewClient(a.options()), nil)
}

func (a access) options() *redis.Options {
	if a.User == "" {
		return &redis.Options{Addr: a.Redis}
	}
	return &redis.Options{Addr: a.Redis, Username: a.User, Password: userPassword}
}

const userPassword = "example-redis-password"

// Each test has a store of its own.
func inFolder(t *testing.T) access {
	return access{Dir: t.TempDir(), Key: tokenstore.NewKey().Reveal()}
}

func inRedis(t *testing.T) access {
	return at(redistest.Start(t))
}

func at(s *redistest.Server) access {
	return access{Redis: s.Addr, Key: tokenstore.NewKey().Reveal()}
}

// media are the stores that processes can share.
var media = map[string]func(*testing.T) access{"file": inFolder, "redis": inRedis}
