//go:build !plan9

package vendorlogin_test

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Share a token through Redis, encrypted, with the whole fleet.
func Example_shareThroughRedis() {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	srv := vendortest.NewGcore(nil)

	for range 3 { // three machines
		rdb := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, DialerRetries: 1})
		key, err := tokenstore.ParseKey("2026-01:ZXhhbXBsZS1rZXktZXhhbXBsZS1rZXktZXhhbXBsZSE=")
		if err != nil {
			fmt.Println(err)
			return
		}
		store, err := tokenstore.NewSealed(redisstore.New(rdb, nil), key)
		if err != nil {
			fmt.Println(err)
			return
		}
		auth, err := gcore.New(gcore.Config{
			Username:   vendortest.DefaultEmail,
			Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
			BaseURL:    srv.URL,
			HTTPClient: srv.Client(),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: store, Namespace: "production"})
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := client.Token(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
		client.Close()
		rdb.Close()
	}
	fmt.Println("logins:", srv.Counts().Logins)
	// Output: logins: 1
}
