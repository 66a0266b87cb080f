package loginhttp_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

type benchRequest struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

type benchTokens struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

// benchServer responds to a login with two tokens, 2.2 kB in all.
func benchServer(tb testing.TB) *httptest.Server {
	body, err := json.Marshal(benchTokens{Access: strings.Repeat("a", 1080), Refresh: strings.Repeat("r", 1080)})
	require.NoError(tb, err)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	tb.Cleanup(srv.Close)
	return srv
}

// BenchmarkLogin compares one login with the same by hand, on the same server. The bytes are those of client and server together.
func BenchmarkLogin(b *testing.B) {
	srv := benchServer(b)
	client := srv.Client()
	request := benchRequest{Username: "ops@example.com", Password: "example-password"}

	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var out benchTokens
			if err := loginByHand(b, client, srv.URL+"/iam/auth/jwt/login", request, &out); err != nil || out.Access == "" {
				b.Fatal(err)
			}
		}
	})
	b.Run("loginhttp", func(b *testing.B) {
		e := loginhttp.Endpoint{
			Account:    vendorlogin.Account{Vendor: "example", Endpoint: srv.URL, Principal: request.Username},
			HTTPClient: client,
		}
		b.ReportAllocs()
		for b.Loop() {
			var out benchTokens
			call := loginhttp.Call{Op: "login", Method: "POST", Path: "/iam/auth/jwt/login", Body: request}
			if _, err := e.Do(b.Context(), call, &out); err != nil || out.Access == "" {
				b.Fatal(err)
			}
		}
	})
}

func loginByHand(b *testing.B, client *http.Client, url string, request benchRequest, out *benchTokens) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(out)
}
