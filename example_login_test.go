package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Log in, and have the token. The server here behaves like Gcore; without BaseURL and HTTPClient the real one is asked.
func ExampleNewClient() {
	srv := vendortest.NewGcore(nil)
	auth, err := gcore.New(gcore.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(vendortest.DefaultPassword), // SecretEnv or SecretFile in production
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

	for range 3 {
		token, err := client.Token(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(token.Type, token.Access, time.Until(token.ExpiresAt).Round(time.Hour))
	}
	fmt.Println("logins:", srv.Counts().Logins)
	// Output:
	// Bearer [redacted] 1h0m0s
	// Bearer [redacted] 1h0m0s
	// Bearer [redacted] 1h0m0s
	// logins: 1
}

// Have an http.Client that is always logged in. A token that the API rejects is renewed, and the request sent once more.
func ExampleClient_HTTPClient() {
	srv := vendortest.NewGcore(nil).Start() // on 127.0.0.1
	defer srv.Close()
	auth, err := gcore.New(gcore.Config{
		Username: vendortest.DefaultEmail,
		Password: vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL:  srv.URL,
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
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()

	api := client.HTTPClient()
	for range 2 {
		resp, err := api.Get(srv.APIURL())
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
		srv.Revoke()
	}
	fmt.Println("rejected by the API:", srv.Counts().APIRejected)
	// Output:
	// 200 OK
	// 200 OK
	// rejected by the API: 1
}

// Put the token on requests that go through a transport of one's own: a proxy, a certificate authority, a mock.
func ExampleClient_Transport() {
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

	base := srv.Client().Transport
	api := &http.Client{Transport: client.Transport(base), Timeout: time.Minute}
	resp, err := api.Get(srv.APIURL())
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	_, err = api.Get("https://elsewhere.example.com/") // a token stays on the vendor's origins
	fmt.Println(errors.Is(err, vendorlogin.ErrInvalidRequest))
	// Output:
	// 200 OK
	// true
}

// Put the vendor's headers on a request of one's own.
func ExampleClient_Authorize() {
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

	req, err := http.NewRequest(http.MethodGet, srv.APIURL(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.Authorize(req); err != nil {
		fmt.Println(err)
		return
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}
