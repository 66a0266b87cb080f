package secmgmt_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/secmgmt"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Responses of the vendor's API come in an envelope, too. The server simulates the vendor, as in a test.
func Example() {
	srv := vendortest.NewSecMgmt(nil)
	auth, err := secmgmt.New(secmgmt.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL:    srv.URL,
		HTTPClient: srv.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := vendorlogin.NewClient(auth, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	api := &http.Client{Transport: client.Transport(srv.Client().Transport)}
	resp, err := api.Get(srv.APIURL())
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var got secmgmt.Envelope[struct{ Email string }]
	fmt.Println(json.NewDecoder(resp.Body).Decode(&got), got.Err(), got.Content[0].Email)
	// Output: <nil> <nil> ops@example.com
}
