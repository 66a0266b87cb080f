package loginhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func ExampleEndpoint_Do() {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", "https://api.example.com/v1/login", httpmock.NewStringResponder(200, `{"token":"an-access-token"}`))
	mock.RegisterResponder("POST", "https://api.example.com/v1/refresh", httpmock.NewStringResponder(401, `{}`))

	e := loginhttp.Endpoint{
		Account:    vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com/v1", Principal: "ops@example.com"},
		HTTPClient: &http.Client{Transport: mock},
	}
	var out struct{ Token string }
	answer, err := e.Do(context.Background(), loginhttp.Call{
		Op: "login", Method: "POST", Path: "/login",
		Body: map[string]string{"email": "ops@example.com", "password": "example-password"},
	}, &out)
	fmt.Println(out.Token, answer.Expiry(nil, out.Token, time.Hour).Sub(answer.SentAt), err)

	_, err = e.Do(context.Background(), loginhttp.Call{
		Op: "refresh", Method: "POST", Path: "/refresh", Once: true,
		Body: map[string]string{"refresh": "a-refresh-token"},
	}, &out)
	fmt.Println(errors.Is(err, vendorlogin.ErrRefreshRejected))
	fmt.Println(err)
	// Output:
	// an-access-token 1h0m0s <nil>
	// true
	// example (ops@example.com): refresh: refresh token rejected (401, POST api.example.com/v1/refresh)
}
