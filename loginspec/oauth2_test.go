package loginspec_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/url"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginspec"
)

// What each grant and each way to authenticate a client sends. Package oauthtest tries them on a server that somebody else wrote.
func TestOAuth2(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		oauth  loginspec.OAuth2
		user   string
		form   url.Values
		basic  bool
		values map[string]string
	}{
		"client credentials": {
			oauth: loginspec.OAuth2{Scope: "read write", Audience: "api", Resource: "https://r.example"}, user: "client:id", basic: true,
			form: url.Values{"grant_type": {"client_credentials"}, "scope": {"read write"}, "audience": {"api"}, "resource": {"https://r.example"}},
		},
		"in the body": {
			oauth: loginspec.OAuth2{ClientAuth: "body"}, user: "client:id",
			form: url.Values{"grant_type": {"client_credentials"}, "client_id": {"client:id"}, "client_secret": {"example secret"}},
		},
		"password, public client": {
			oauth: loginspec.OAuth2{Grant: "password", ClientAuth: "public"}, user: "ops@example.com",
			form: url.Values{"grant_type": {"password"}, "client_id": {"client:id"}, "username": {"ops@example.com"},
				"password": {"example secret"}},
		},
		"refresh token": {
			oauth: loginspec.OAuth2{Grant: "refresh_token", Scope: "read"}, user: "client:id", basic: true,
			form: url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"example secret"}, "scope": {"read"}},
		},
		"a grant of the vendor's": {
			oauth: loginspec.OAuth2{Grant: "account_credentials", Fields: map[string]string{"account_id": "7"}}, user: "client:id", basic: true,
			form: url.Values{"grant_type": {"account_credentials"}, "account_id": {"7"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.oauth.Name, c.oauth.TokenURL, c.oauth.API = "v", "https://login.v.example/token", "https://api.v.example/v1/"
			w := &wire{handler: respond(200, `{"access_token": "t", "token_type": "bearer", "expires_in": 60, "refresh_token": "r"}`)}
			config := loginspec.Config{Values: map[string]string{}, Secrets: map[string]vendorlogin.SecretFunc{},
				HTTPClient: &http.Client{Transport: w}}
			spec := c.oauth.Spec()
			for _, in := range spec.Inputs {
				switch {
				case in.Secret:
					config.Secrets[in.Name] = vendorlogin.SecretString("example secret")
				case in.Name == "client_id":
					config.Values[in.Name] = "client:id"
				default:
					config.Values[in.Name] = "ops@example.com"
				}
			}
			auth, err := loginspec.New(spec, config)
			require.NoError(t, err)
			assert.Equal(t, "https://api.v.example/v1", auth.Account().Endpoint)
			assert.Equal(t, c.user, auth.Account().Principal)
			token, err := auth.Login(t.Context())
			require.NoError(t, err)
			r := w.requests()[0]
			require.NoError(t, r.ParseForm())
			assert.Equal(t, c.form, r.PostForm)
			user, password, basic := r.BasicAuth()
			assert.Equal(t, c.basic, basic)
			if basic {
				assert.Equal(t, []string{"client%3Aid", "example+secret"}, []string{user, password})
			}
			refresher, refreshes := auth.(vendorlogin.Refresher)
			assert.Equal(t, c.oauth.Grant == "password" || c.oauth.Grant == "refresh_token", refreshes)
			if refreshes {
				_, err := refresher.Refresh(t.Context(), token)
				require.NoError(t, err)
				r := w.requests()[1]
				require.NoError(t, r.ParseForm())
				assert.Equal(t, "r", r.PostForm.Get("refresh_token"))
				assert.Empty(t, r.PostForm.Get("password"))
			}
		})
	}
}

// What a vendor calls its tokens is no scheme: "Application Access Token" is eBay's, BearerToken that of APIs behind Apigee, such as Hue's.
func TestOAuth2Type(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"bearer", "Application Access Token", "BearerToken", "bot"} {
		w := &wire{handler: respond(200, `{"access_token": "t", "token_type": "`+said+`"}`)}
		spec := (loginspec.OAuth2{Name: "v", TokenURL: "https://login.v.example/token", ClientAuth: "body"}).Spec()
		c := config(spec, w, map[string]string{"client_id": "7"})
		auth, err := loginspec.New(spec, c)
		require.NoError(t, err)
		token, err := auth.Login(t.Context())
		require.NoError(t, err)
		req := &http.Request{Header: http.Header{}}
		require.NoError(t, token.SetAuthHeader(req))
		assert.Equal(t, "Bearer t", req.Header.Get("Authorization"), said)
	}
}

// An assertion of the client and one of a user are two tokens in one request, and neither is for the audience of the access token.
func TestOAuth2Assertions(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	const tokenURL = "https://login.v.example/token"
	for name, c := range map[string]struct {
		oauth                      loginspec.OAuth2
		audience, ofUser, ofClient string
	}{
		"client":          {loginspec.OAuth2{ClientAuth: "private_key_jwt", Audience: "api"}, "api", "", tokenURL},
		"client, issuer":  {loginspec.OAuth2{ClientAuth: "private_key_jwt", Audience: "api", AssertionAudience: "iss"}, "api", "", "iss"},
		"user":            {loginspec.OAuth2{Grant: "jwt_bearer", Audience: "aud"}, "", "aud", ""},
		"user, api":       {loginspec.OAuth2{Grant: "jwt_bearer", Audience: "api", AssertionAudience: "aud"}, "api", "aud", ""},
		"both":            {loginspec.OAuth2{Grant: "jwt_bearer", ClientAuth: "private_key_jwt"}, "", tokenURL, tokenURL},
		"both, subject":   {loginspec.OAuth2{Grant: "jwt_bearer", ClientAuth: "private_key_jwt", Subject: "s"}, "", tokenURL, tokenURL},
		"client, subject": {loginspec.OAuth2{ClientAuth: "private_key_jwt", Subject: "s"}, "", "", tokenURL},
		"own field":       {loginspec.OAuth2{ClientAuth: "private_key_jwt", Fields: map[string]string{"audience": "x"}}, "x", "", tokenURL},
	} {
		c.oauth.Name, c.oauth.TokenURL = "v", tokenURL
		w := &wire{handler: respond(200, `{"access_token": "t"}`)}
		spec := c.oauth.Spec()
		values := map[string]string{"client_id": "c", "issuer": "i", "private_key": privateKey(t, key)}
		auth, err := loginspec.New(spec, config(spec, w, values))
		require.NoError(t, err, name)
		_, err = auth.Login(t.Context())
		require.NoError(t, err, name)
		r := w.requests()[0]
		require.NoError(t, r.ParseForm())
		assert.Equal(t, c.audience, r.PostForm.Get("audience"), name)
		ids := map[any]bool{}
		for field, want := range map[string]string{"assertion": c.ofUser, "client_assertion": c.ofClient} {
			claims := jwt.MapClaims{}
			if want == "" {
				assert.Empty(t, r.PostForm.Get(field), name)
				continue
			}
			_, err := jwt.ParseWithClaims(r.PostForm.Get(field), claims, func(*jwt.Token) (any, error) { return key.Public(), nil })
			require.NoError(t, err, name)
			issuer := map[string]string{"assertion": "i", "client_assertion": "c"}[field]
			subject := issuer
			if c.oauth.Subject != "" && (field == "assertion" || c.ofUser == "") {
				subject = c.oauth.Subject
			}
			assert.Equal(t, []any{want, issuer, subject}, []any{claims["aud"], claims["iss"], claims["sub"]}, name)
			assert.False(t, ids[claims["jti"]], "two tokens have two ids")
			ids[claims["jti"]] = true
		}
	}
}

func TestOAuth2Mistakes(t *testing.T) {
	t.Parallel()
	config := loginspec.Config{Values: map[string]string{"client_id": "c"},
		Secrets: map[string]vendorlogin.SecretFunc{"client_secret": vendorlogin.SecretString("s")}}
	for _, o := range []loginspec.OAuth2{
		{}, {Name: "v"}, {Name: "v", TokenURL: "http://login.v.example/token"}, {Name: "v", TokenURL: "https://v.example", ClientAuth: "post"},
		{Name: "v", TokenURL: "https://v.example", API: "api.v.example"},
	} {
		_, err := loginspec.New(o.Spec(), config)
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%+v", o)
	}
	_, err := loginspec.New(loginspec.OAuth2{Name: "v", TokenURL: "https://v.example", ClientAuth: "bsic"}.Spec(), config)
	assert.ErrorContains(t, err, "ClientAuth is unknown; did you mean basic?")
}

// A refresh token that the vendor takes once is not sent again by the next login.
func TestOAuth2Rotates(t *testing.T) {
	t.Parallel()
	o := loginspec.OAuth2{Name: "v", TokenURL: "https://login.v.example/token", Grant: "refresh_token", Rotates: true}
	w := &wire{handler: respond(500, "")}
	auth, err := loginspec.New(o.Spec(), loginspec.Config{
		Values: map[string]string{"client_id": "c"},
		Secrets: map[string]vendorlogin.SecretFunc{"client_secret": vendorlogin.SecretString("s-1"),
			"refresh_token": vendorlogin.SecretString("r-1")},
		HTTPClient: &http.Client{Transport: w},
	})
	require.NoError(t, err)
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{MaxAttempts: -1})
	require.NoError(t, err)
	defer client.Close()
	_, err = client.Token(t.Context())
	require.Error(t, err)
	_, err = client.Renew(t.Context())
	require.Error(t, err)
	assert.Len(t, w.requests(), 1)
}
