package redisstore_test

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

// Every process that does this shares one login with all the others.
func Example() {
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 []string{"localhost:6379"}, // several addresses make it a cluster; MasterName makes them sentinels
		ContextTimeoutEnabled: true,                       // a command that takes too long gives its connection back at once
	})
	defer rdb.Close()

	auth, err := gcore.New(gcore.Config{Username: "ops@example.com", Password: vendorlogin.SecretEnv("GCORE_PASSWORD")})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: redisstore.New(rdb, nil)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	// client.HTTPClient(), client.Token(ctx) and client.Authorize(req) now look in Redis before they log in.
}
