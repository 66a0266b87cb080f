package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// TestMain lets the test binary be the service itself, in a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("WEBSERVICE") != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// start runs the service in a process of its own and gives its address.
func start(t *testing.T) (base string, process *exec.Cmd) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	process = exec.CommandContext(ctx, os.Args[0])
	process.Env = append(os.Environ(), "WEBSERVICE=1")
	out, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "the service says where it listens")
	go func() {
		for lines.Scan() {
		}
	}()
	return strings.TrimPrefix(lines.Text(), "listening on "), process
}

func ask(t *testing.T, method, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestServiceUnderFire(t *testing.T) {
	t.Parallel()
	base, process := start(t)

	var bad atomic.Int64
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if status, _ := ask(t, http.MethodGet, base+"/things"); status != http.StatusOK {
					bad.Add(1)
				}
			}
		})
	}
	waitForOK(t, base)
	status, body := ask(t, http.MethodGet, base+"/readyz")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "ready\n", body)
	ask(t, http.MethodPost, base+"/vendor/revoke")
	waitForOK(t, base)
	assert.Zero(t, bad.Load(), "a revoked token is no caller's concern")

	ask(t, http.MethodPost, base+"/vendor/outage")
	require.Eventually(t, func() bool { return bad.Load() > 0 }, 10*time.Second, time.Millisecond)
	ask(t, http.MethodPost, base+"/vendor/outage")
	waitForOK(t, base)
	close(stop)
	callers.Wait()

	_, counts := ask(t, http.MethodGet, base+"/vendor/counts")
	assert.Contains(t, counts, "1 logins, 1 refreshes, 0 wrong passwords")

	http.DefaultClient.CloseIdleConnections()
	require.NoError(t, process.Process.Signal(syscall.SIGTERM))
	require.NoError(t, process.Wait(), "SIGTERM ends it with status 0")
}

func waitForOK(t *testing.T, base string) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, _ := ask(t, http.MethodGet, base+"/things")
		return status == http.StatusOK
	}, 10*time.Second, time.Millisecond)
}

// A readiness probe is all that a service without traffic needs: it logs in, says why it cannot, and logs in when it can again.
func TestReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		vendor := vendortest.NewGcore(nil)
		defer vendor.Close()
		var password atomic.Value
		password.Store("wrong-example")
		auth, err := gcore.New(gcore.Config{
			Username: vendortest.DefaultEmail, BaseURL: vendor.URL, HTTPClient: vendor.Client(),
			Password: func(context.Context) (vendorlogin.Secret, error) {
				return vendorlogin.NewSecret(password.Load().(string)), nil
			},
		})
		require.NoError(t, err)
		client, err := vendorlogin.NewClient(auth, nil)
		require.NoError(t, err)
		defer client.Close()
		probe := func() *httptest.ResponseRecorder {
			time.Sleep(10 * time.Second) // as a load balancer does
			w := httptest.NewRecorder()
			ready(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil), client)
			return w
		}
		for range 10 {
			w := probe()
			assert.Equal(t, http.StatusServiceUnavailable, w.Code)
			assert.Contains(t, w.Body.String(), "wrong credentials")
			assert.NotContains(t, w.Body.String(), "wrong-example")
		}
		assert.Equal(t, 1, vendor.Counts().WrongPasswords)
		password.Store(vendortest.DefaultPassword)
		_ = probe() // it reads the secret, and finds that it has changed
		assert.Equal(t, "ready\n", probe().Body.String())
		for range 1000 {
			require.Equal(t, http.StatusOK, probe().Code, "though no request comes")
		}
		assert.Equal(t, 1, vendor.Counts().Logins)
	})
}
