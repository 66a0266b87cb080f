package secmgmt_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/secmgmt"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A Client logs in when it is first asked, and puts the token on each request. Here the vendor is a server of package vendortest, as
// it is in a test.
func Example() {
	srv := vendortest.NewSecMgmt(nil)
	auth, err := secmgmt.New(secmgmt.Config{
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
	resp, err := api.Get(srv.APIURL())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, srv.Counts().Logins, "login")
	// Output: 200 1 login
}

// A wrong password is one request, and an error of one kind at all vendors.
func ExampleAuthenticator_Login() {
	srv := vendortest.NewSecMgmt(nil)
	auth, err := secmgmt.New(secmgmt.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString("wrong"),
		BaseURL:    srv.URL,
		HTTPClient: srv.Client(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = auth.Login(context.Background())
	fmt.Println(err)
	// Output: secmgmt (ops@example.com): login: wrong credentials (200 AUTH_1001, POST 127.0.0.1/api/v2/auth/token)
}
