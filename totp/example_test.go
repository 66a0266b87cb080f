package totp_test

import (
	"context"
	"fmt"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/totp"
)

// The secret is what the vendor shows beside the QR code when an authenticator app is set up.
func Example() {
	codes, err := totp.New(vendorlogin.SecretString("GEZD GNBV GY3T QOJQ gezd gnbv gy3t qojq"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// An adapter asks like this, when its Config has the Source as OTP and the vendor wants a code.
	code, err := vendorlogin.AskOTP(context.Background(), codes, vendorlogin.Challenge{Method: "totp"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(code), "digits")
	// Output: 6 digits
}
