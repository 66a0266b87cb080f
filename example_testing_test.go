package vendorlogin_test

import (
	"fmt"
	"net/http"

	"github.com/jarcoal/httpmock"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Test with httpmock: the mock goes into the vendor's Config, and under Client.Transport.
func Example_httpmock() {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", "https://api.gcore.com/iam/auth/jwt/login",
		httpmock.NewStringResponder(200, `{"access": "example-access-token", "refresh": "example-refresh-token"}`))
	mock.RegisterResponder("GET", "https://api.gcore.com/iam/clients/me",
		func(req *http.Request) (*http.Response, error) {
			return httpmock.NewStringResponse(200, req.Header.Get("Authorization")), nil
		})
	auth, err := gcore.New(gcore.Config{
		Username:   "ops@example.com",
		Password:   vendorlogin.SecretString("example-password"),
		HTTPClient: &http.Client{Transport: mock},
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

	api := &http.Client{Transport: client.Transport(mock)}
	resp, err := api.Get("https://api.gcore.com/iam/clients/me")
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status, mock.GetTotalCallCount())
	// Output: 200 OK 2
}

// Test with a server that behaves like the vendor: it counts, and makes trouble when it is told to.
func Example_vendortest() {
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
	api := &http.Client{Transport: client.Transport(srv.Client().Transport)}
	get := func() {
		resp, err := api.Get(srv.APIURL())
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}

	get()
	srv.Revoke() // every access token so far is rejected
	get()
	counts := srv.Counts()
	fmt.Println(counts.Logins, "login,", counts.Refreshes, "refresh,", counts.APIRejected, "rejected,", len(srv.Problems()), "problems")
	// Output:
	// 200 OK
	// 200 OK
	// 1 login, 1 refresh, 1 rejected, 0 problems
}
