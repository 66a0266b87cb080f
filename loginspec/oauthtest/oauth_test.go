package oauthtest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/storage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

const (
	clientID     = "encoded:client"   // as the server's example store has it: both must be percent-encoded
	clientSecret = "encoded&password" //
	user         = "peter"
	password     = "secret"
	issuer       = "service@example.com"
	keyClient    = "key-client" // a client that says who it is by a signed JWT
)

// A server is ory/fosite with its example store.
type server struct {
	*httptest.Server
	requests atomic.Int64
	refresh  atomic.Int64
	key      string
}

func start(t *testing.T) *server {
	s := &server{}
	store := storage.NewExampleStore()
	store.BlacklistedJTIs = map[string]time.Time{}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	s.key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	public := jose.JSONWebKey{Key: &key.PublicKey, KeyID: "k1", Algorithm: "RS256", Use: "sig"}
	store.IssuerPublicKeys[issuer] = storage.IssuerPublicKeys{Issuer: issuer, KeysBySub: map[string]storage.SubjectPublicKeys{
		issuer: {Subject: issuer, Keys: map[string]storage.PublicKeyScopes{"k1": {Key: &public, Scopes: []string{"fosite"}}}},
	}}
	store.Clients[keyClient] = &fosite.DefaultOpenIDConnectClient{
		DefaultClient:           &fosite.DefaultClient{ID: keyClient, GrantTypes: []string{"client_credentials"}, Scopes: []string{"fosite"}},
		TokenEndpointAuthMethod: "private_key_jwt", TokenEndpointAuthSigningAlgorithm: "RS256",
		JSONWebKeys: &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}},
	}
	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	config := &fosite.Config{
		GlobalSecret: []byte("an-example-secret-of-32-bytes-xx"), TokenURL: s.URL + "/token", AccessTokenLifespan: time.Hour,
		GrantTypeJWTBearerCanSkipClientAuth: true, ScopeStrategy: fosite.ExactScopeStrategy,
	}
	provider := compose.Compose(config, store, compose.NewOAuth2HMACStrategy(config),
		compose.OAuth2ClientCredentialsGrantFactory, compose.OAuth2ResourceOwnerPasswordCredentialsFactory,
		compose.OAuth2RefreshTokenGrantFactory, compose.RFC7523AssertionGrantFactory, compose.OAuth2TokenIntrospectionFactory)
	var mu sync.Mutex
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		s.requests.Add(1)
		if r.FormValue("grant_type") == "refresh_token" {
			s.refresh.Add(1)
		}
		request, err := provider.NewAccessRequest(r.Context(), r, &fosite.DefaultSession{})
		if err != nil {
			provider.WriteAccessError(r.Context(), w, request, err)
			return
		}
		for _, scope := range request.GetRequestedScopes() {
			request.GrantScope(scope)
		}
		response, err := provider.NewAccessResponse(r.Context(), request)
		if err != nil {
			provider.WriteAccessError(r.Context(), w, request, err)
			return
		}
		provider.WriteAccessResponse(r.Context(), w, request, response)
	})
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		_, _, err := provider.IntrospectToken(r.Context(), fosite.AccessTokenFromRequest(r), fosite.AccessToken, &fosite.DefaultSession{})
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	return s
}

// client is one of an account at the server. values and secrets are inputs.
func (s *server) client(t *testing.T, o loginspec.OAuth2, values, secrets map[string]string, store vendorlogin.Store) *vendorlogin.Client {
	o.Name, o.TokenURL = "fosite", s.URL+"/token"
	c := loginspec.Config{Values: values, Secrets: map[string]vendorlogin.SecretFunc{}}
	for name, value := range secrets {
		c.Secrets[name] = vendorlogin.SecretString(value)
	}
	auth, err := loginspec.New(o.Spec(), c)
	require.NoError(t, err)
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: store})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s *server) calls(t *testing.T, c *vendorlogin.Client) int {
	resp, err := c.HTTPClient().Get(s.URL + "/me")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

var one = map[string]string{"client_id": clientID}

func TestGrants(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, c := range map[string]struct {
		oauth           loginspec.OAuth2
		values, secrets map[string]string
	}{
		"client credentials, Basic": {loginspec.OAuth2{Scope: "fosite photos"}, one, map[string]string{"client_secret": clientSecret}},
		"client credentials, body":  {loginspec.OAuth2{ClientAuth: "body"}, one, map[string]string{"client_secret": clientSecret}},
		"client credentials, private_key_jwt": {
			loginspec.OAuth2{ClientAuth: "private_key_jwt", KeyID: "k1", Scope: "fosite"}, map[string]string{"client_id": keyClient},
			map[string]string{"private_key": s.key},
		},
		"password": {
			loginspec.OAuth2{Grant: "password", Scope: "offline"}, map[string]string{"client_id": clientID, "username": user},
			map[string]string{"client_secret": clientSecret, "password": password},
		},
		"JWT bearer": {
			loginspec.OAuth2{Grant: "jwt_bearer", Scope: "fosite", KeyID: "k1"}, map[string]string{"issuer": issuer},
			map[string]string{"private_key": s.key},
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := s.client(t, c.oauth, c.values, c.secrets, nil)
			token, err := client.Token(t.Context())
			require.NoError(t, err)
			assert.InDelta(t, time.Hour.Seconds(), token.ExpiresAt.Sub(token.IssuedAt).Seconds(), 5)
			assert.Equal(t, http.StatusOK, s.calls(t, client))
			assert.Equal(t, c.oauth.Grant != "password", token.Refresh.IsZero())
		})
	}
}

// The refresh token rotates, and each is used once. The grant of a refresh token takes over one that another login brought.
func TestRotation(t *testing.T) {
	t.Parallel()
	s := start(t)
	values := map[string]string{"client_id": clientID, "username": user}
	client := s.client(t, loginspec.OAuth2{Grant: "password", Scope: "offline"}, values,
		map[string]string{"client_secret": clientSecret, "password": password}, nil)
	first, err := client.Token(t.Context())
	require.NoError(t, err)
	second, err := client.Renew(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, first.Refresh.Reveal(), second.Refresh.Reveal())
	assert.EqualValues(t, 1, s.refresh.Load())
	assert.Equal(t, http.StatusOK, s.calls(t, client))

	o := loginspec.OAuth2{Grant: "refresh_token", Rotates: true}
	other := s.client(t, o, one, map[string]string{"client_secret": clientSecret, "refresh_token": second.Refresh.Reveal()}, nil)
	third, err := other.Token(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, second.Refresh.Reveal(), third.Refresh.Reveal())
	assert.Equal(t, http.StatusOK, s.calls(t, other))

	used := s.client(t, o, map[string]string{"client_id": clientID}, map[string]string{"client_secret": clientSecret,
		"refresh_token": first.Refresh.Reveal()}, nil)
	for range 5 {
		_, err = used.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
	}
	assert.EqualValues(t, 3, s.refresh.Load())
}

// What the server rejects has the right kind, and what it rejects for good costs one request.
func TestRejections(t *testing.T) {
	t.Parallel()
	s := start(t)
	good := map[string]string{"client_secret": clientSecret}
	for name, c := range map[string]struct {
		oauth           loginspec.OAuth2
		values, secrets map[string]string
		kind            error
	}{
		"wrong secret": {loginspec.OAuth2{}, one, map[string]string{"client_secret": "wrong-secret"}, vendorlogin.ErrInvalidCredentials},
		"in the body": {loginspec.OAuth2{ClientAuth: "body"}, one, map[string]string{"client_secret": "wrong-secret"},
			vendorlogin.ErrInvalidCredentials},
		"unknown client": {loginspec.OAuth2{}, map[string]string{"client_id": "nobody"}, good, vendorlogin.ErrInvalidCredentials},
		"wrong password": {
			loginspec.OAuth2{Grant: "password"}, map[string]string{"client_id": clientID, "username": user},
			map[string]string{"client_secret": clientSecret, "password": "wrong-secret"}, vendorlogin.ErrInvalidCredentials,
		},
		"wrong scope":   {loginspec.OAuth2{Scope: "everything"}, one, good, vendorlogin.ErrInvalidRequest},
		"unknown grant": {loginspec.OAuth2{Grant: "made_up"}, one, good, vendorlogin.ErrInvalidRequest},
		"unknown issuer": {
			loginspec.OAuth2{Grant: "jwt_bearer", KeyID: "k1"}, map[string]string{"issuer": "nobody@example.com"},
			map[string]string{"private_key": s.key}, vendorlogin.ErrInvalidCredentials,
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.requests.Load()
			client := s.client(t, c.oauth, c.values, c.secrets, nil)
			for range 20 {
				_, err := client.Token(t.Context())
				require.ErrorIs(t, err, c.kind)
				assert.NotContains(t, err.Error(), "wrong-secret")
			}
			assert.EqualValues(t, 1, s.requests.Load()-before)
		})
	}
}

// A fleet shares one token.
func TestFleet(t *testing.T) {
	t.Parallel()
	s := start(t)
	store := tokenstore.NewMemory()
	var wg sync.WaitGroup
	for range 8 {
		client := s.client(t, loginspec.OAuth2{}, one, map[string]string{"client_secret": clientSecret}, store)
		wg.Go(func() {
			_, err := client.Token(context.Background())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.EqualValues(t, 1, s.requests.Load())
}
