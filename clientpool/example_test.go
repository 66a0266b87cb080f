package clientpool_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Two customers, each with an account of his own. A customer is known by the program's own id.
func Example() {
	ctx := context.Background()
	vendor := vendortest.NewGcore(&vendortest.Options{Users: []vendortest.User{
		{Email: "anna@example.com", Password: "example-password-1"},
		{Email: "bert@example.com", Password: "example-password-2"},
	}})
	customers := map[string]gcore.Config{
		"customer-1": {Username: "anna@example.com", Password: vendorlogin.SecretString("example-password-1")},
		"customer-2": {Username: "bert@example.com", Password: vendorlogin.SecretString("example-password-2")},
	}
	open := func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
		config, ok := customers[id]
		if !ok {
			return nil, fmt.Errorf("there is no %s", id)
		}
		config.BaseURL, config.HTTPClient = vendor.URL, vendor.Client()
		return gcore.New(config)
	}
	pool := clientpool.New(open, &clientpool.Options{Client: vendorlogin.Options{Store: tokenstore.NewMemory()}})
	defer pool.Shutdown(ctx)

	for _, id := range []string{"customer-1", "customer-2", "customer-1", "customer-3"} {
		client, err := pool.Client(ctx, id)
		if err != nil {
			fmt.Println(err)
			continue
		}
		api := &http.Client{Transport: client.Transport(vendor.Client().Transport)}
		resp, err := api.Get(vendor.APIURL())
		if err != nil {
			fmt.Println(err)
			continue
		}
		resp.Body.Close()
		fmt.Println(id, client.Status().Account.Principal, resp.Status)
	}
	fmt.Println(vendor.Counts().Logins, "logins")
	// Output:
	// customer-1 anna@example.com 200 OK
	// customer-2 bert@example.com 200 OK
	// customer-1 anna@example.com 200 OK
	// there is no customer-3
	// 2 logins
}

// An admin page needs no more than this, and asks nobody.
func ExamplePool_All() {
	ctx := context.Background()
	vendor := vendortest.NewGcore(nil)
	passwords := map[string]string{"good": vendortest.DefaultPassword, "bad": "not-the-password"}
	pool := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
		return gcore.New(gcore.Config{
			Username: vendortest.DefaultEmail, Password: vendorlogin.SecretString(passwords[id]),
			BaseURL: vendor.URL, HTTPClient: vendor.Client(),
		})
	}, nil)
	defer pool.Shutdown(ctx)
	for id := range passwords {
		client, _ := pool.Client(ctx, id)
		_, _ = client.Token(ctx)
	}
	for id, client := range pool.All() {
		status := client.Status()
		fmt.Println(id, status.State, status.Hold != nil)
	}
	// Unordered output:
	// good fresh false
	// bad none true
}

// Clients without a Pool share an EndpointPacer too.
func ExampleEndpointPacer() {
	pacer := &clientpool.EndpointPacer{}
	auth, err := gcore.New(gcore.Config{Username: "ops@example.com", Password: vendorlogin.SecretEnv("GCORE_PASSWORD")})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Pacer: pacer})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client, len(pacer.Endpoints()), "endpoints")
	// Output: vendorlogin.Client(gcore ops@example.com: no token) 0 endpoints
}
