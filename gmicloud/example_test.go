package gmicloud_test

import (
	"context"
	"fmt"
	"log"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// The vendor e-mails a code, which a person types. The server simulates the vendor, as in a test.
func Example() {
	srv := vendortest.NewGMICloud(&vendortest.Options{Users: []vendortest.User{{
		Email: "ops@example.com", Password: "example-password", EmailCode: true,
	}}})
	prompt := func(_ context.Context, c vendorlogin.Challenge) (string, error) {
		fmt.Println("a code for", c.Account.Principal, "by", c.Method)
		return srv.Code("ops@example.com"), nil
	}

	auth, err := gmicloud.New(gmicloud.Config{
		Email:      "ops@example.com",
		Password:   vendorlogin.SecretString("example-password"),
		OTP:        vendorlogin.OTPFunc(prompt),
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
	token, err := client.Token(context.Background())
	fmt.Println(token.Type, err)
	// Output:
	// a code for ops@example.com by email
	// Bearer <nil>
}
