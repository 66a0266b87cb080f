package vendorlogin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// mint is an Authenticator that gives access-1, access-2 and so on.
type mint struct {
	logins atomic.Int64
	same   bool // always access-1, as a vendor whose tokens depend on nothing but the second
	took   time.Duration
	err    atomic.Pointer[error]
	via    *http.Client // its login traffic, if any
}

func (*mint) Account() vendorlogin.Account {
	return vendorlogin.Account{Vendor: "mint", Endpoint: "https://api.example.com/base", Principal: "ops@example.com"}
}

func (m *mint) Login(ctx context.Context) (*vendorlogin.Token, error) {
	n := m.logins.Add(1)
	time.Sleep(m.took)
	if err := m.err.Load(); err != nil {
		return nil, *err
	}
	if m.via != nil {
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com/login", nil)
		resp, err := m.via.Do(req)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
	}
	if m.same {
		n = 1
	}
	now := time.Now()
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(fmt.Sprint("access-", n)), IssuedAt: now, ExpiresAt: now.Add(time.Hour)}, nil
}

// api is a base transport: it accepts the tokens from accepts on and keeps what it was sent.
type api struct {
	mu      sync.Mutex
	accepts int // the lowest number of a token that is good; 0: all
	sent    []string
	bodies  []string
	closed  atomic.Int64 // response bodies closed
	answer  func(req *http.Request) *http.Response
	before  func(token string)
}

func (a *api) RoundTrip(req *http.Request) (*http.Response, error) {
	token := req.Header.Get("Authorization")
	if a.before != nil {
		a.before(token)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent = append(a.sent, req.URL.Host+req.URL.Path+" "+token)
	var body string
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
		_ = req.Body.Close()
	}
	a.bodies = append(a.bodies, body)
	if a.answer != nil {
		if resp := a.answer(req); resp != nil {
			resp.Request = req
			resp.Body = &countedBody{ReadCloser: resp.Body, closed: &a.closed}
			return resp, nil
		}
	}
	var n int
	_, _ = fmt.Sscanf(token, "Bearer access-%d", &n)
	status := http.StatusOK
	if n < a.accepts {
		status = http.StatusUnauthorized
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: req,
		Body: &countedBody{ReadCloser: io.NopCloser(strings.NewReader("answer to " + token)), closed: &a.closed}}, nil
}

func (a *api) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.sent...)
}

type countedBody struct {
	io.ReadCloser
	closed *atomic.Int64
}

func (b *countedBody) Close() error {
	b.closed.Add(1)
	return b.ReadCloser.Close()
}

func newTransportClient(t *testing.T, a vendorlogin.Authenticator, o *vendorlogin.Options) *vendorlogin.Client {
	t.Helper()
	c, err := vendorlogin.NewClient(a, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func get(t *testing.T, rt http.RoundTripper, url string) (int, string) {
	t.Helper()
	resp, err := (&http.Client{Transport: rt}).Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode, string(body)
}

const things = "https://api.example.com/things"
