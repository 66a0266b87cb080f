package vendorlogin_test

import (
	"context"
	"fmt"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/totp"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Ask a person for the code that the vendor sent by e-mail.
func ExampleOTPFunc() {
	srv := vendortest.NewGMICloud(&vendortest.Options{Users: []vendortest.User{
		{Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, EmailCode: true},
	}})
	prompt := vendorlogin.OTPFunc(func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
		fmt.Printf("code from the %s to %s: ", c.Method, c.Account.Principal)
		typed := srv.Code(vendortest.DefaultEmail) // a terminal in production
		fmt.Println("*****")
		return typed, nil
	})
	auth, err := gmicloud.New(gmicloud.Config{
		Email:      vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
		OTP:        prompt,
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

	_, err = client.Token(context.Background())
	fmt.Println(err)
	// Output:
	// code from the email to ops@example.com: *****
	// <nil>
}

// Have the codes of a TOTP secret: no person is asked.
func ExampleOTPSource_totp() {
	const secret = "JBSWY3DPEHPK3PXP"
	srv := vendortest.NewGcore(&vendortest.Options{Users: []vendortest.User{
		{Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, TOTP: secret},
	}})
	codes, err := totp.New(vendorlogin.SecretString(secret), nil) // several processes: &totp.Options{Store: store}
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, err := gcore.New(gcore.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
		OTP:        codes,
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

	_, err = client.Token(context.Background())
	fmt.Println(err, srv.Counts().OTPs)
	// Output: <nil> 1
}
