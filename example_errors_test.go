package vendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// Handle each kind of error: decide by errors.Is, and read the rest from the fields of the *Error.
func ExampleError() {
	handle := func(err error) {
		var e *vendorlogin.Error
		if !errors.As(err, &e) {
			fmt.Println("logged in")
			return
		}
		switch {
		case errors.Is(err, vendorlogin.ErrInvalidCredentials):
			fmt.Println("the password has to be changed")
		case errors.Is(err, vendorlogin.ErrOTPRequired), errors.Is(err, vendorlogin.ErrOTPRejected):
			fmt.Println("a person has to look after the second factor")
		case errors.Is(err, vendorlogin.ErrForbidden), errors.Is(err, vendorlogin.ErrInvalidRequest):
			fmt.Println("the vendor has to be asked, or the configuration corrected:", e.Message)
		case errors.Is(err, vendorlogin.ErrRateLimited):
			fmt.Println("try again in", time.Until(e.RetryAt).Round(time.Minute))
		case errors.Is(err, vendorlogin.ErrUnavailable):
			fmt.Println("an outage, status", e.Status)
		case errors.Is(err, vendorlogin.ErrBadResponse):
			fmt.Println("the vendor has changed its API:", e.Request)
		default:
			fmt.Println(err)
		}
	}
	for _, fault := range []vendortest.Fault{
		{Header: http.Header{"X-Example": {"none"}}}, // nothing goes wrong
		{Status: http.StatusForbidden, Body: `{"message": "not from this network"}`},
		{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"600"}}},
		{Status: http.StatusBadGateway},
		{Status: http.StatusOK, Body: `{"next": "accept-terms"}`},
	} {
		srv := vendortest.NewGcore(nil)
		srv.Inject(fault)
		handle(exampleLogin(srv, vendortest.DefaultPassword))
	}
	handle(exampleLogin(vendortest.NewGcore(nil), "wrong"))
	srv := vendortest.NewGcore(nil)
	srv.SetUser(vendortest.User{Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, TOTP: "JBSWY3DPEHPK3PXP"})
	handle(exampleLogin(srv, vendortest.DefaultPassword))
	// Output:
	// logged in
	// the vendor has to be asked, or the configuration corrected: not from this network
	// try again in 10m0s
	// an outage, status 502
	// the vendor has changed its API: POST 127.0.0.1/iam/auth/jwt/login
	// the password has to be changed
	// a person has to look after the second factor
}

// A failure is remembered: further calls fail at once, with the same error, and send nothing.
func ExampleError_remembered() {
	srv := vendortest.NewGcore(nil)
	auth, err := gcore.New(gcore.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString("wrong"),
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

	for range 3 {
		_, err := client.Token(context.Background())
		var e *vendorlogin.Error
		fmt.Println(errors.As(err, &e) && e.Remembered, errors.Is(err, vendorlogin.ErrInvalidCredentials))
	}
	fmt.Println("requests:", srv.Counts().Requests)
	// Output:
	// false true
	// true true
	// true true
	// requests: 1
}

func exampleLogin(srv *vendortest.Server, password string) error {
	auth, err := gcore.New(gcore.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(password),
		BaseURL:    srv.URL,
		HTTPClient: srv.Client(),
	})
	if err != nil {
		return err
	}
	client, err := vendorlogin.NewClient(auth, nil)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Token(context.Background())
	return err
}
