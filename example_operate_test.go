package vendorlogin_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Tell a readiness probe, a metric or an admin page how a Client is. Status does no I/O.
func ExampleClient_Status() {
	srv := vendortest.NewGcore(nil)
	auth, err := gcore.New(gcore.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString("wrong"),
		BaseURL:    srv.URL,
		HTTPClient: srv.Client(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := vendorlogin.NewClient(auth, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	_, _ = client.Token(context.Background())
	status := client.Status()
	fmt.Println("ready:", status.Ready(), "state:", status.State, "attempts:", status.Attempts)
	if status.Hold != nil {
		fmt.Println("on hold:", status.Hold.Kind, "for", time.Until(status.Hold.RetryAt).Round(time.Minute))
	}
	// Output:
	// ready: false state: none attempts: 1
	// on hold: wrong credentials for 15m0s
}

// Take over a token from elsewhere, so that nobody has to log in again to move here.
func ExampleClient_Seed() {
	srv := vendortest.NewGcore(nil)
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
	elsewhere, err := auth.Login(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}

	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: tokenstore.NewMemory()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	err = client.Seed(
		context.Background(),
		&vendorlogin.Token{Access: elsewhere.Access, Refresh: elsewhere.Refresh, ExpiresAt: elsewhere.ExpiresAt},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Token(context.Background())
	fmt.Println(err, srv.Counts().Logins)
	// Output: <nil> 1
}

// Say that an API rejected a token, in a program that builds its own requests. The Transport does that by itself.
func ExampleClient_Invalidate() {
	srv := vendortest.NewGcore(nil)
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
	client, err := vendorlogin.NewClient(auth, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	for i := range 2 {
		req, err := http.NewRequest(http.MethodGet, srv.APIURL(), nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		token, err := client.Token(req.Context())
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := client.AuthorizeWith(req, token); err != nil {
			fmt.Println(err)
			return
		}
		if i == 0 {
			srv.Revoke()
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusUnauthorized {
			client.Invalidate(token) // the next Token renews
		}
		fmt.Println(resp.Status)
	}
	// Output:
	// 401 Unauthorized
	// 200 OK
}
