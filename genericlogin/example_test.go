package genericlogin_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// In web mode there is a refresh token. The server simulates the vendor, as in a test.
func Example() {
	srv := vendortest.NewGenericLogin(nil)
	auth, err := genericlogin.New(genericlogin.Config{
		Email:      vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
		Web:        true,
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
	token, err := client.Token(context.Background())
	fmt.Println(token.Subject, !token.Refresh.IsZero(), err)
	fmt.Println("logged out:", client.Logout(context.Background()))
	// Output:
	// users/ops@example.com true <nil>
	// logged out: <nil>
}

// What an identity provider gave works once. Where the provider rejects it, the error is that of a wrong password.
func ExampleAuthenticator_Login() {
	srv := vendortest.NewGenericLogin(&vendortest.Options{Users: []vendortest.User{{
		Email: "ops@example.com", IdP: "idps/example", IdPCode: "example-code",
	}}})
	auth, err := genericlogin.New(genericlogin.Config{
		Email:      "ops@example.com",
		IdPName:    "idps/example",
		OIDCCode:   vendorlogin.SecretString("a-code-that-was-used"),
		BaseURL:    srv.URL,
		HTTPClient: srv.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = auth.Login(context.Background())
	fmt.Println(err)
	fmt.Println(errors.Is(err, vendorlogin.ErrInvalidCredentials))
	// Output:
	// genericlogin (ops@example.com): login: wrong credentials (500 13, POST 127.0.0.1/v1/auth/login)
	// true
}
