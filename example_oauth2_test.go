package vendorlogin_test

import (
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/oauth2source"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Give the token to a library that takes an oauth2.TokenSource.
func Example_oauth2() {
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

	var source oauth2.TokenSource = oauth2source.New(client)
	api := &http.Client{Transport: &oauth2.Transport{Source: source, Base: srv.Client().Transport}}
	resp, err := api.Get(srv.APIURL())
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}
