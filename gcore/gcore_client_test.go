package gcore_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A rejected code costs the password an attempt too: eight processes over one store make four in 10 minutes.
func TestAFleetWithWrongCodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := against(t, vendortest.User{TOTP: adaptertest.TOTPSecret})
		var n atomic.Int64
		c.OTP = adaptertest.Generated(func() int64 { return n.Add(1) })
		store := tokenstore.NewMemory()
		var clients []*vendorlogin.Client
		for range 8 {
			client, err := vendorlogin.NewClient(authenticator(t, c), &vendorlogin.Options{Store: store})
			require.NoError(t, err)
			defer client.Close()
			clients = append(clients, client)
		}
		for range 120 {
			for _, client := range clients {
				_, err := client.Token(t.Context())
				assert.ErrorIs(t, err, vendorlogin.ErrOTPRejected)
			}
			time.Sleep(5 * time.Second)
		}
		assert.LessOrEqual(t, srv.Counts().Requests, 4)
	})
}
