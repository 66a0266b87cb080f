package main

import (
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

// openStore is the store that all processes share: records in Redis, encrypted, so that who can read that Redis cannot use the tokens
// in it. In earnest the key comes from where the passwords come from.
func openStore(addr, key string) (vendorlogin.Store, error) {
	logging.Disable() // go-redis writes to stderr that Redis is down; OnEvent tells that too
	k, err := tokenstore.ParseKey(key)
	if err != nil {
		return nil, err
	}
	return tokenstore.NewSealed(redisstore.New(redis.NewClient(&redis.Options{Addr: addr}), nil), k)
}
