package otelvendorlogin_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
	"github.com/vendorlogin/vendorlogin/otelvendorlogin"
)

func TestClientsByState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t)
		pool := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
			f := &fake{}
			if id == "wrong" {
				f.err = &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrInvalidCredentials, Status: 401}
			}
			return f, nil
		}, nil)
		registration, err := otelvendorlogin.Observe(r.config, pool.All())
		require.NoError(t, err)
		assert.Empty(t, r.points(t))

		for _, id := range []string{"a", "b", "wrong", "new"} {
			client, err := pool.Client(t.Context(), id)
			require.NoError(t, err)
			if id != "new" {
				_, _ = client.Token(t.Context())
			}
		}
		const where, what = "server.address=api.example.com", "vendorlogin.vendor=example} "
		assert.Equal(t, []string{
			"vendorlogin.clients {client} {" + "error.type=invalid_credentials," + where + ",vendorlogin.state=none," + what + "1",
			"vendorlogin.clients {client} {" + where + ",vendorlogin.state=fresh," + what + "2",
			"vendorlogin.clients {client} {" + where + ",vendorlogin.state=none," + what + "1",
		}, r.points(t))

		time.Sleep(56 * time.Minute)
		assert.Contains(t, r.points(t), "vendorlogin.clients {client} {"+where+",vendorlogin.state=stale,"+what+"2")

		require.NoError(t, registration.Unregister())
		assert.Empty(t, r.points(t), "not any more")
		require.NoError(t, pool.Shutdown(t.Context()))
	})
}

func TestObserveWantsClients(t *testing.T) {
	t.Parallel()
	_, err := otelvendorlogin.Observe(nil, nil)
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
}
