package vendorlogin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// An exampleVendor logs in to one account of a vendor that this module does not know.
type exampleVendor struct {
	endpoint loginhttp.Endpoint
	password vendorlogin.SecretFunc
}

func (v *exampleVendor) Account() vendorlogin.Account { return v.endpoint.Account }

func (v *exampleVendor) Login(ctx context.Context) (*vendorlogin.Token, error) {
	password, err := v.endpoint.Secret(ctx, "login", "Password", v.password)
	if err != nil {
		return nil, err
	}
	call := loginhttp.Call{
		Op:     "login",
		Method: http.MethodPost,
		Path:   "/v1/login",
		Body:   map[string]string{"username": v.Account().Principal, "password": password},
	}
	var out struct{ Token string }
	answer, err := v.endpoint.Do(ctx, call, &out)
	if err != nil {
		return nil, err
	}
	if out.Token == "" {
		return nil, v.endpoint.Missing(call, answer, "token")
	}
	return &vendorlogin.Token{
		Access:    vendorlogin.NewSecret(out.Token),
		IssuedAt:  answer.SentAt,
		ExpiresAt: answer.SentAt.Add(time.Hour),
	}, nil
}

// Write a vendor: two methods over package loginhttp. Directory examples/newvendor has a whole one.
func ExampleAuthenticator() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"token": "example-token"}`)
	}))
	defer server.Close()

	base, err := loginhttp.BaseURL(server.URL, "", false)
	if err != nil {
		fmt.Println(err)
		return
	}
	vendor := &exampleVendor{
		endpoint: loginhttp.Endpoint{
			Account:    vendorlogin.Account{Vendor: "example", Endpoint: base, Principal: "ops@example.com"},
			HTTPClient: server.Client(),
		},
		password: vendorlogin.SecretString("example-password"),
	}
	client, err := vendorlogin.NewClient(vendor, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	token, err := client.Token(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Access.Reveal())
	// Output: example-token
}

var _ vendorlogin.Authenticator = (*exampleVendor)(nil)
