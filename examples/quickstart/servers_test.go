package main

import (
	"bytes"
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

// inMemory opens no socket, so the tour's clock is a bubble's.
func inMemory(server *vendortest.Server) *http.Client { return server.Client() }

func TestAgainstServers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		require.NoError(t, againstServers(t.Context(), &out, inMemory))
		columns := regexp.MustCompile(` {2,}`).ReplaceAllString(out.String(), "  ")
		for _, line := range []string{
			"  gmicloud  ops@example.com  [redacted]  Bearer  1h0m0s  720h0m0s  -  3 (1 login, 1 code, 1 refresh)\n",
			"  genlogs  ops@example.com  [redacted]  Access-Token  1h0m0s  -  101  1 (1 login, 0 code, 0 refresh)\n",
			"  gcore  ops@example.com  [redacted]  Bearer  1h0m0s  24h0m0s  -  2 (1 login, 1 code, 1 refresh)\n",
			"  genericlogin  ops@example.com  [redacted]  Bearer  1h0m0s  -  users/ops@example.com  2 (1 login, 1 code, 0 refresh)\n",
			"  Invalid credentials  1\n",
			"  Incorrect email or password  1\n",
			"  1000 concurrent calls on a cold client: 1 login\n",
			": 1 refresh, still 1 login; the longest of the calls meanwhile took 0s\n",
			"  the vendor revoked the token: 1 call rejected, token renewed, 1 call accepted; the caller saw 200 OK\n",
			"  in total: 1 login, 2 refreshes, 0 refresh tokens presented twice\n",
		} {
			assert.Contains(t, columns, line)
		}
		assert.Equal(t, 5, bytes.Count(out.Bytes(), []byte("  wrong credentials  ")))
		for _, secret := range []string{vendortest.DefaultPassword, totpSecret, "not-the-password"} {
			assert.NotContains(t, out.String(), secret)
		}
	})
}

func TestOnLoopback(t *testing.T) {
	t.Parallel()
	server := vendortest.NewGcore(nil)
	c := onLoopback(server)
	defer server.Close()
	defer c.CloseIdleConnections()
	resp, err := c.Get(server.APIURL())
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
}
