package oauth2source_test

import (
	"fmt"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/oauth2source"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func Example() {
	server := vendortest.NewGcore(nil) // behaves like the vendor; drop BaseURL, HTTPClient and Base to use the real one
	auth, err := gcore.New(gcore.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL:    server.URL,
		HTTPClient: server.Client(),
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

	api := &http.Client{Transport: &oauth2.Transport{Source: oauth2source.New(client), Base: server.Client().Transport}}
	for range 2 {
		resp, err := api.Get(server.APIURL())
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	fmt.Println("logins:", server.Counts().Logins)
	// Output:
	// 200 OK
	// 200 OK
	// logins: 1
}
