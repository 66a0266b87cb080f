package loginhttp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// account is who logs in, in tests without a server.
var account = vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com/v1", Principal: "ops@example.com"}

// A sent is one request as it arrived.
type sent struct {
	*http.Request
	body string
}

// A vendor is an http.RoundTripper that keeps what it is sent and answers from a function, which gets the request's number from 1.
type vendor struct {
	answer func(n int, r *http.Request) (*http.Response, error)

	mu       sync.Mutex
	requests []sent
}

func (v *vendor) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
		_ = r.Body.Close()
	}
	v.mu.Lock()
	v.requests = append(v.requests, sent{r, body})
	n := len(v.requests)
	v.mu.Unlock()
	return v.answer(n, r)
}

// count is how many requests came.
func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.requests)
}

// answering is a vendor that always answers the same.
func answering(status int, body string, header ...string) *vendor {
	return &vendor{answer: func(int, *http.Request) (*http.Response, error) { return reply(status, body, header...), nil }}
}

// failing is a vendor that cannot be reached.
func failing(err error) *vendor {
	return &vendor{answer: func(int, *http.Request) (*http.Response, error) { return nil, err }}
}

// reply is an answer; header is names and values in turn.
func reply(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// endpoint is the way to v.
func endpoint(v http.RoundTripper) loginhttp.Endpoint {
	return loginhttp.Endpoint{Account: account, HTTPClient: &http.Client{Transport: v}}
}

// login is a call with credentials in it.
func login() loginhttp.Call {
	return loginhttp.Call{Op: "login", Method: "POST", Path: "/login", Body: map[string]string{"username": "ops@example.com", "password": "example-password"}}
}

// failure is err as the *Error that every failure is.
func failure(t *testing.T, err error) *vendorlogin.Error {
	t.Helper()
	require.Error(t, err)
	own, ok := err.(*vendorlogin.Error)
	require.True(t, ok, "%T", err)
	return own
}

// assertHides fails if err tells one of the secrets to anybody who prints it, any part of it, or any error in it.
func assertHides(t *testing.T, err error, secrets ...string) {
	t.Helper()
	var texts []string
	for _, node := range tree(err) {
		texts = append(texts, fmt.Sprintf("%v|%+v|%#v|%s|%q", node, node, node, node, node.Error()))
		if data, err := json.Marshal(node); err == nil {
			texts = append(texts, string(data))
		}
		if own, ok := node.(*vendorlogin.Error); ok {
			texts = append(texts, own.Code, own.Message, own.Request, fmt.Sprint(own.Fields))
		}
	}
	for _, text := range texts {
		for _, secret := range secrets {
			assert.NotContains(t, strings.ToLower(text), strings.ToLower(secret))
		}
	}
}

// tree is err and every error that it unwraps to.
func tree(err error) []error {
	if err == nil {
		return nil
	}
	nodes := []error{err}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return append(nodes, tree(wrapper.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, child := range wrapper.Unwrap() {
			nodes = append(nodes, tree(child)...)
		}
	}
	return nodes
}

// assertKind checks that err is of one kind, and of no other.
func assertKind(t *testing.T, kind, err error) {
	t.Helper()
	for _, sentinel := range []error{
		vendorlogin.ErrInvalidCredentials, vendorlogin.ErrForbidden, vendorlogin.ErrOTPRequired, vendorlogin.ErrOTPRejected,
		vendorlogin.ErrRateLimited, vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidRequest, vendorlogin.ErrUnavailable, vendorlogin.ErrBadResponse,
	} {
		assert.Equal(t, sentinel == kind, errors.Is(err, sentinel), "%v: %v", sentinel, err)
	}
}
