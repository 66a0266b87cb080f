package genlogs_test

import (
	"fmt"
	"log"
	"net/http"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A request gets the token and the API key, each in a header of its own. The server simulates the vendor, as in a test.
func Example() {
	srv := vendortest.NewGenLogs(&vendortest.Options{BodyCredentials: true})
	auth, err := genlogs.New(genlogs.Config{
		Email:             vendortest.DefaultEmail,
		Password:          vendorlogin.SecretString(vendortest.DefaultPassword),
		APIKey:            vendorlogin.SecretString(vendortest.DefaultAPIKey),
		CredentialsInBody: true,
		HTTPClient:        srv.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := vendorlogin.NewClient(auth, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	req, err := http.NewRequest(http.MethodGet, srv.APIURL(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Authorize(req))
	fmt.Println(req.Header.Get("x-api-key"), req.Header.Get("Access-Token") != "", req.Header.Get("Authorization") != "")
	// Output:
	// <nil>
	// example-api-key true false
}
