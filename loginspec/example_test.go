package loginspec_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// A description in JSON; package specyaml reads YAML.
const described = `{
  "name": "acme", "user": "login",
  "inputs": [{"name": "base_url", "url": true}, {"name": "login"}, {"name": "secret", "secret": true}],
  "base": "${base_url}",
  "login": [{
    "url": "${base_url}/session",
    "json": {"login": "${login}", "secret": "${secret}"},
    "keep": {"access": {"json": "token"}, "expires": {"json": "ttl"}}
  }]
}`

func ExampleNew() {
	vendor := &http.Client{Transport: &wire{handler: respond(200, `{"token": "example-token", "ttl": 3600}`)}}

	spec, err := loginspec.Read(strings.NewReader(described))
	if err != nil {
		fmt.Println(err)
		return
	}
	auth, err := loginspec.New(spec, loginspec.Config{
		Values:     map[string]string{"base_url": "https://api.acme.example", "login": "ops@example.com"},
		Secrets:    map[string]vendorlogin.SecretFunc{"secret": vendorlogin.SecretString("example-secret")},
		HTTPClient: vendor,
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
	token, err := client.Token(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(auth.Account().Principal, token.ExpiresAt.Sub(token.IssuedAt), token.Access)
	// Output: ops@example.com 1h0m0s [redacted]
}

// A mistake is found before anything is sent. It says where it is, and what was probably meant.
func ExampleRead() {
	_, err := loginspec.Read(strings.NewReader("{\n  \"name\": \"acme\",\n  \"imputs\": []\n}"))
	fmt.Println(err)
	// Output: read: invalid request: line 3: imputs is unknown; did you mean inputs?
}

func ExampleSpec_Explain() {
	spec, err := loginspec.Read(strings.NewReader(described))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := spec.Explain(loginspec.Config{Values: map[string]string{"base_url": "https://api.acme.example"}})
	fmt.Print(text, err)
	// Output:
	// acme: the account is ${login} at https://api.acme.example
	//
	// login[0]
	//   POST https://api.acme.example/session
	//   json {
	//     "login": "${login}",
	//     "secret": "[redacted]"
	//   }
	//   keeps access: json token
	//   keeps expires: json ttl
	//
	// API requests carry
	//   header.Authorization: Bearer [redacted]
	//   status 401: the token is not valid any more
	// <nil>
}

func ExampleOAuth2() {
	vendor := &http.Client{Transport: &wire{handler: respond(200, `{"access_token": "example-token", "expires_in": 3600}`)}}

	spec := loginspec.OAuth2{Name: "acme", TokenURL: "https://login.acme.example/token", API: "https://api.acme.example", Scope: "read"}.Spec()
	auth, err := loginspec.New(spec, loginspec.Config{
		Values:     map[string]string{"client_id": "example-client"},
		Secrets:    map[string]vendorlogin.SecretFunc{"client_secret": vendorlogin.SecretString("example-secret")},
		HTTPClient: vendor,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := auth.Login(context.Background())
	fmt.Println(auth.Account().Endpoint, token.Access, err)
	// Output: https://api.acme.example [redacted] <nil>
}
