package totp_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/totp"
)

// The secret is what the vendor shows beside the QR code when a user turns its second factor on.
func Example() {
	codes, err := totp.New(vendorlogin.SecretString("GEZD GNBV GY3T QOJQ gezd gnbv gy3t qojq"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, err := gcore.New(gcore.Config{Username: "ops@example.com", Password: vendorlogin.SecretEnv("GCORE_PASSWORD"), OTP: codes})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(auth.Account().Principal, "needs a person:", !codes.NonInteractive())
	// Output: ops@example.com needs a person: false
}

// Programs that log in as one user share its steps. This host's clock is 90 seconds slow and may not be set.
func ExampleNew_options() {
	codes, err := totp.New(vendorlogin.SecretString("JBSWY3DPEHPK3PXP"), &totp.Options{
		Store:       tokenstore.NewMemory(), // or the one that the fleet shares
		ClockOffset: 90 * time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// An Authenticator asks like this.
	code, err := vendorlogin.AskOTP(context.Background(), codes, vendorlogin.Challenge{Method: "totp"})
	fmt.Println(len(code), "digits,", err)
	// Output: 6 digits, <nil>
}

// A secret that cannot be read is an error when a code is needed. Its text holds nothing of the secret.
func ExampleSource_OTP() {
	codes, err := totp.New(vendorlogin.SecretString("otpauth://totp/Example:ops@example.com?secret=JBSWY3DPEHPK3PXP&digits=9"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = codes.OTP(context.Background(), vendorlogin.Challenge{})
	fmt.Println(errors.Is(err, vendorlogin.ErrInvalidRequest), err)
	// Output: true otp: invalid request: TOTP digits must be 6, 7 or 8
}
