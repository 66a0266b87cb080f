package gcore_test

import (
	"context"
	"fmt"
	"log"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A user with two-factor authentication works in the second of two accounts. The server simulates the vendor, as in a test.
func Example() {
	srv := vendortest.NewGcore(&vendortest.Options{Users: []vendortest.User{{
		Email: "ops@example.com", Password: "example-password", TOTP: "JBSWY3DPEHPK3PXP", ClientIDs: []int{2, 7},
	}}})
	prompt := func(context.Context, vendorlogin.Challenge) (string, error) { return srv.Code("ops@example.com"), nil }

	auth, err := gcore.New(gcore.Config{
		Username:   "ops@example.com",
		Password:   vendorlogin.SecretString("example-password"),
		OTP:        vendorlogin.OTPFunc(prompt),
		ClientID:   "7",
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
	fmt.Println(srv.Counts().Logins, "login,", srv.Counts().Selects, "account selected")
	// Output:
	// Bearer <nil>
	// 1 login, 1 account selected
}
