package authtest

import (
	"net/http"

	"github.com/vendorlogin/vendorlogin"
)

// A Vendor is what [TestAuthenticator] has to know. New, Server and Password are required.
type Vendor struct {
	// New makes the authenticator of an account that Server knows, and returns what the New function of the vendor's package returns.
	// An error is to come back as it is.
	New func(s Setup) (vendorlogin.Authenticator, error)

	// Server behaves like the vendor when all is well. The suite simulates what goes wrong.
	Server http.Handler

	// BaseURL is where the authenticator is told that Server is; its host need not exist. Empty: "https://vendor.example".
	BaseURL string

	// Username is the name that Server knows. New finds it in Setup. Empty: New has one of its own, and the case about names is skipped.
	Username string

	// Password is the one that Server accepts. The suite looks for it in everything that is printed: choose a string that occurs
	// nowhere else, of 8 characters or more.
	Password string

	// OTP gives the one-time passwords that Server wants. Nil: it wants none.
	OTP vendorlogin.OTPSource

	// API is the URL of a resource at Server. Server responds to a GET of it with a 2xx when the request carries a valid token. Without a
	// valid token it responds with a status of 300 or more, which need not be one that Rejected knows. Empty: the case that needs it is
	// skipped.
	API string

	// Secrets are further ones that New configures, such as an API key. The suite looks for them in everything that is printed, too.
	Secrets []string
}

// A Setup is what [Vendor].New makes an authenticator with. All of it must reach the configuration of the vendor's package.
type Setup struct {
	// BaseURL is Vendor.BaseURL, or one that a case tries.
	BaseURL string

	// HTTPClient calls Server in memory. An authenticator that uses a client of its own opens a socket inside of the bubble. The test
	// program then ends with "fatal error: … synctest channel" in place of a failed test.
	HTTPClient *http.Client

	// Username is Vendor.Username, or one that a case tries.
	Username string

	// Password reads Vendor.Password, or what a case puts in its place.
	Password vendorlogin.SecretFunc

	// OTP asks Vendor.OTP. It is nil where Vendor.OTP is nil, and in the test of an account without a source.
	OTP vendorlogin.OTPSource
}
