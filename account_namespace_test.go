package vendorlogin_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// TestNamespacesKeepTenantsApart has two tenants name one account: the second, who has a wrong password, gets no token of the first.
func TestNamespacesKeepTenantsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := vendortest.NewGcore(nil)
		store := tokenstore.NewMemory()
		token := func(namespace, password string) (*vendorlogin.Token, error) {
			auth, err := gcore.New(gcore.Config{
				Username:   vendortest.DefaultEmail,
				Password:   vendorlogin.SecretString(password),
				BaseURL:    srv.URL,
				HTTPClient: srv.Client(),
			})
			require.NoError(t, err)
			client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: store, Namespace: namespace})
			require.NoError(t, err)
			defer client.Close()
			return client.Token(t.Context())
		}

		_, err := token("first", vendortest.DefaultPassword)
		require.NoError(t, err)
		_, err = token("second", "wrong")
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		_, err = token("first", vendortest.DefaultPassword) // the second one's hold is not the first one's
		require.NoError(t, err)
		assert.Equal(t, 1, srv.Counts().Logins)

		_, err = token("first", "wrong") // what the README warns of: whoever shares a namespace gets the token
		require.NoError(t, err)
	})
}

func TestKeyIn(t *testing.T) {
	t.Parallel()
	account := vendorlogin.Account{Vendor: "gcore", Endpoint: "https://api.gcore.com", Principal: "ops@example.com"}
	assert.Equal(t, account.Key(), account.KeyIn(""))
	assert.Regexp(t, `^my_own_vendor_-[0-9a-f]{32}$`, vendorlogin.Account{Vendor: "My_own vendor!"}.Key())
	assert.NotEqual(t, account.KeyIn("first"), account.KeyIn("second"))
	assert.NotEqual(t, account.Key(), account.KeyIn("first"))
	assert.Regexp(t, `^gcore-[0-9a-f]{32}$`, account.KeyIn("first"))
}
