// Package shipments stands for your own code: it calls a vendor's API through an http.Client it is handed. Its test shows how to test
// such code with httpmock, login included, without a network.
package shipments

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
)

// Shipments looks things up at the vendor.
type Shipments struct{ api *http.Client }

// New logs in with httpClient, and calls the API through it too; nil means http.DefaultClient. Close the Client when done.
func New(email string, password, apiKey vendorlogin.SecretFunc, httpClient *http.Client) (*Shipments, *vendorlogin.Client, error) {
	auth, err := genlogs.New(genlogs.Config{Email: email, Password: password, APIKey: apiKey, HTTPClient: httpClient})
	if err != nil {
		return nil, nil, err
	}
	client, err := vendorlogin.NewClient(auth, nil)
	if err != nil {
		return nil, nil, err
	}
	var base http.RoundTripper
	if httpClient != nil {
		base = httpClient.Transport
	}
	return &Shipments{api: &http.Client{Transport: client.Transport(base)}}, client, nil
}

// Carrier gives the name of the carrier with a DOT number.
func (s *Shipments) Carrier(ctx context.Context, dot string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, genlogs.DefaultBaseURL+"/carrier/"+dot, nil)
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
