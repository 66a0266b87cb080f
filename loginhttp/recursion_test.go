package loginhttp_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// A login's own traffic goes without a token, even through the client that injects it: it would wait for itself.
func TestLoginThroughTheInjectingTransport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := answering(200, `{"access":"a-token"}`)
		own := &http.Client{}
		auth := authenticator{loginhttp.Endpoint{Account: account, HTTPClient: own}}
		client, err := vendorlogin.NewClient(auth, nil)
		require.NoError(t, err)
		defer client.Close()
		own.Transport = client.Transport(v)

		_, err = auth.Login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, v.count())
		assert.Empty(t, v.requests[0].Header["Authorization"])

		token, err := client.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "a-token", token.Access.Reveal())
		assert.Equal(t, 2, v.count())
		assert.Empty(t, v.requests[1].Header["Authorization"])

		resp, err := own.Get("https://api.example.com/v1/me")
		require.NoError(t, err)
		_ = resp.Body.Close()
		assert.Equal(t, 3, v.count())
		assert.Equal(t, "Bearer a-token", v.requests[2].Header.Get("Authorization"))
	})
}

type authenticator struct{ loginhttp.Endpoint }

func (a authenticator) Account() vendorlogin.Account { return a.Endpoint.Account }

func (a authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	var out struct{ Access string }
	answer, err := a.Do(ctx, login(), &out)
	if err != nil {
		return nil, err
	}
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(out.Access), IssuedAt: answer.SentAt}, nil
}
