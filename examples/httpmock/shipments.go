// Package shipments stands for your own code, which calls a vendor's API through an http.Client that its caller passes in. Its test
// shows how to test such code with httpmock, login included, without a network.
package shipments

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
)

// NewHTTPClient is the client that production passes to New, where a test passes a mock.
//
// A load balancer may forget a connection without telling. A login on it would wait until TCP gives up, which takes minutes. So pings
// find such an HTTP/2 connection within 15 seconds, an idle one is not kept for long, and no response is waited for without end.
func NewHTTPClient() *http.Client {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.ResponseHeaderTimeout = 20 * time.Second
	base.IdleConnTimeout = 30 * time.Second
	base.HTTP2 = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}
	return &http.Client{Transport: base, Timeout: 30 * time.Second}
}

// Shipments looks up what the vendor knows.
type Shipments struct{ api *http.Client }

// New logs in and calls the API through httpClient; nil means http.DefaultClient. The caller closes the Client.
func New(email string, password, apiKey vendorlogin.SecretFunc, httpClient *http.Client) (*Shipments, *vendorlogin.Client, error) {
	auth, err := genlogs.New(genlogs.Config{Email: email, Password: password, APIKey: apiKey, HTTPClient: httpClient})
	if err != nil {
		return nil, nil, err
	}
	client, err := vendorlogin.NewClient(auth, nil)
	if err != nil {
		return nil, nil, err
	}
	if httpClient == nil {
		httpClient = http.DefaultClient
	}
	api := &http.Client{Transport: client.Transport(httpClient.Transport), Timeout: httpClient.Timeout}
	return &Shipments{api}, client, nil
}

// Carrier is the name of the carrier with a DOT number.
func (s *Shipments) Carrier(ctx context.Context, dot string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, genlogs.DefaultBaseURL+"/carrier/"+url.PathEscape(dot), nil)
	if err != nil {
		return "", err
	}
	resp, err := s.api.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("carrier %s: %s", dot, resp.Status)
	}
	var carrier struct{ Name string }
	if err := json.NewDecoder(resp.Body).Decode(&carrier); err != nil {
		return "", fmt.Errorf("carrier %s: %w", dot, err)
	}
	return carrier.Name, nil
}
