package loginhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// exampleClient stands for the vendor.
func exampleClient(method, url string, status int, body string) *http.Client {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(method, url, httpmock.NewStringResponder(status, body))
	return &http.Client{Transport: mock}
}

// An Authenticator's Login: a request with credentials, and the token in its response.
func Example() {
	base, err := loginhttp.BaseURL("", "https://API.example.com/v1/", false)
	if err != nil {
		fmt.Println(err)
		return
	}
	e := loginhttp.Endpoint{
		Account:    vendorlogin.Account{Vendor: "example", Endpoint: base, Principal: "ops@example.com"},
		HTTPClient: exampleClient("POST", "https://api.example.com/v1/login", 200, `{"token":"an-access-token","expires_in":"3600"}`),
	}
	password, err := e.Secret(context.Background(), "login", "Password", vendorlogin.SecretString("example-password"))
	if err != nil {
		fmt.Println(err)
		return
	}
	call := loginhttp.Call{
		Op: "login", Method: http.MethodPost, Path: "/login",
		Body: map[string]string{"email": e.Account.Principal, "password": password},
	}
	var out struct {
		Token     string
		ExpiresIn json.RawMessage `json:"expires_in"`
	}
	answer, err := e.Do(context.Background(), call, &out)
	if err == nil && out.Token == "" {
		err = e.Missing(call, answer, "token")
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.Token, "is valid for", answer.Expiry(out.ExpiresIn, out.Token, 0).Sub(answer.SentAt))
	// Output:
	// an-access-token is valid for 1h0m0s
}

func ExampleEndpoint_Do() {
	e := loginhttp.Endpoint{
		Account:    vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com", Principal: "ops@example.com"},
		HTTPClient: exampleClient("POST", "https://api.example.com/refresh", 401, `{}`),
	}
	var out struct{ Token string }
	_, err := e.Do(context.Background(), loginhttp.Call{
		Op: "refresh", Method: http.MethodPost, Path: "/refresh", Once: true, // the vendor takes a refresh token once
		Body: map[string]string{"refresh": "a-refresh-token"},
	}, &out)
	fmt.Println(errors.Is(err, vendorlogin.ErrRefreshRejected))
	fmt.Println(err)
	// Output:
	// true
	// example (ops@example.com): refresh: refresh token rejected (401, POST api.example.com/refresh)
}

// A token endpoint of OAuth 2.0, on a host of its own. Its error words are known.
func ExampleEndpoint_Do_form() {
	e := loginhttp.Endpoint{
		Account:    vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com", Principal: "example-client"},
		HTTPClient: exampleClient("POST", "https://login.example.net/token", 400, `{"error":"invalid_client"}`),
	}
	_, err := e.Do(context.Background(), loginhttp.Call{
		Op: "login", Method: http.MethodPost, Base: "https://login.example.net", Path: "/token",
		Form: url.Values{"grant_type": {"client_credentials"}, "client_id": {"example-client"}, "client_secret": {"example-secret"}},
	}, nil)
	fmt.Println(err)
	// Output:
	// example (example-client): login: wrong credentials (400 invalid_client, POST login.example.net/token)
}

func ExampleAnswer_Expiry() {
	answer := &loginhttp.Answer{SentAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	for _, field := range []string{`3600`, `"3600s"`, `"2026-03-01T14:00+01"`, `"Sun, 01 Mar 2026 13:00:00 GMT"`, `1772370000`, `null`} {
		fmt.Println(answer.Expiry(json.RawMessage(field), "opaque", 30*time.Minute).Format(time.TimeOnly))
	}
	// Output:
	// 13:00:00
	// 13:00:00
	// 13:00:00
	// 13:00:00
	// 13:00:00
	// 12:30:00
}
