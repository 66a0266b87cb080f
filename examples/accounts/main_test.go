package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the program with its simulated vendors until the test ends, and returns its address.
func start(t *testing.T) (base string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", "", in) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		assert.NoError(t, <-ended)
		in.Close()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return address
		}
	}
	require.Fail(t, "the program does not say where it listens")
	return ""
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func TestFiftyAccounts(t *testing.T) {
	t.Parallel()
	base := start(t)
	var resp *http.Response
	var page string
	require.Eventually(t, func() bool { // four have something wrong, and one vendor takes four logins per minute
		resp, page = get(t, base+"/")
		return strings.Contains(page, "<strong>40</strong> ready") && strings.Contains(page, "<strong>6</strong> waiting")
	}, 30*time.Second, 20*time.Millisecond)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, 50, strings.Count(page, `<th scope="row">customer-`))
	assert.Contains(t, page, "<strong>4</strong> action needed")
	assert.Equal(t, 3, strings.Count(page, "<small>portal</small>"), "vendors that are described in a file")
	wrong := page[strings.Index(page, "customer-07"):]
	wrong = wrong[:strings.Index(wrong, "</tr>")]
	assert.Contains(t, wrong, "The vendor rejects the password.")
	assert.Contains(t, wrong, "UTC (in 15 min)")
	for _, secret := range []string{vendortest.DefaultPassword, vendortest.DefaultAPIKey, "not-the-password", totpSecret} {
		assert.NotContains(t, page, secret)
	}
	assert.NotContains(t, page, "<script")
	assert.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	resp, probe := get(t, base+"/readyz")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "40 of 50 accounts can be served\n", probe)
	resp, css := get(t, base+"/style.css")
	assert.Equal(t, "text/css; charset=utf-8", resp.Header.Get("Content-Type"))
	assert.Contains(t, css, ".badge")

	resp, profile := get(t, base+"/customers/customer-01/profile")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Contains(t, profile, "user-01@example.com")
	resp, reason := get(t, base+"/customers/customer-07/profile")
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.Contains(t, reason, "wrong credentials")
	resp, _ = get(t, base+"/customers/nobody/profile")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}
