package redisstore_test

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
)

// An exampleVendor logs in to nowhere, and says so. Yours comes from a vendor's package, such as gcore.New.
type exampleVendor struct{}

func (exampleVendor) Account() vendorlogin.Account {
	return vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com", Principal: "ops@example.com"}
}

func (exampleVendor) Login(context.Context) (*vendorlogin.Token, error) {
	fmt.Println("login")
	now := time.Now()
	return &vendorlogin.Token{Access: vendorlogin.NewSecret("example-token"), IssuedAt: now, ExpiresAt: now.Add(time.Hour)}, nil
}

// Two processes of a fleet, here two Clients with a connection each, share one login.
func ExampleNew() {
	server, err := miniredis.Run() // stands for your Redis
	if err != nil {
		panic(err)
	}
	defer server.Close()

	process := func() {
		rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
		defer rdb.Close()
		client, err := vendorlogin.NewClient(exampleVendor{}, &vendorlogin.Options{Store: redisstore.New(rdb, nil)})
		if err != nil {
			panic(err)
		}
		defer client.Close()
		token, err := client.Token(context.Background())
		fmt.Println(token.Access, err)
	}
	process()
	process()
	// Output:
	// login
	// [redacted] <nil>
	// [redacted] <nil>
}

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
	// client.HTTPClient(), client.Token(ctx) and client.Authorize(req) now ask Redis before they log in.
}
