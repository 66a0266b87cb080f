package loginhttp_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestDoChangesNothingOfTheCallers(t *testing.T) {
	t.Parallel()
	v := responding(302, "", "Location", "/elsewhere")
	v.respond = func(_ int, r *http.Request) (*http.Response, error) {
		r.Header["X-Key"][0] = "changed"
		r.Header.Add("X-Key", "added")
		return reply(302, "", "Location", "/elsewhere"), nil
	}
	header := http.Header{"x-key": {"value"}}
	query := url.Values{"q": {"1"}}
	client := &http.Client{Transport: v}
	before := *client
	e := loginhttp.Endpoint{Account: account, HTTPClient: client}
	_, err := e.Do(t.Context(), loginhttp.Call{Op: "login", Header: header, Query: query}, nil)
	require.Error(t, err)
	assert.Equal(t, http.Header{"x-key": {"value"}}, header)
	assert.Equal(t, url.Values{"q": {"1"}}, query)
	assert.Equal(t, before.Timeout, client.Timeout)
	assert.Same(t, before.Transport, client.Transport)
	assert.Nil(t, client.CheckRedirect)
	assert.Nil(t, client.Jar)
}

// The same Endpoint serves many goroutines.
func TestDoIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	v := responding(200, `{"access":"a"}`)
	e := endpoint(v)
	header := http.Header{"X-Key": {"value"}}
	done := make(chan error)
	for range 8 {
		go func() {
			var out struct{ Access string }
			_, err := e.Do(t.Context(), loginhttp.Call{Op: "login", Method: "POST", Header: maps.Clone(header), Body: out}, &out)
			done <- err
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
	assert.Equal(t, 8, v.count())
}

// FuzzDo responds to a login with anything. What comes back is a value or an *Error, bounded, on one line, without the password.
func FuzzDo(f *testing.F) {
	f.Add(200, `{"access":"a","n":1}`, "application/json", "", "")
	f.Add(400, `{"message":"password fuzzed-password is wrong","code":"x"}`, "", "", "")
	f.Add(401, "<html>fuzzed%2Dpassword", "text/html", "", "")
	f.Add(302, "", "", "https://x.example/fuzzed-password?fuzzed-password", "")
	f.Add(429, `{"message":"\\u0066uzzed-password"}`, "", "", "300")
	f.Add(200, "&#102;uzzed-password\x00\u2028\xff", "", "", "")
	f.Fuzz(func(t *testing.T, status int, body, contentType, location, retryAfter string) {
		v := responding(status, body, "Content-Type", contentType, "Location", location, "Retry-After", retryAfter)
		e := endpoint(v)
		e.Classify = func(a *loginhttp.Answer) *vendorlogin.Error {
			var own struct{ Code, Message string }
			if json.Unmarshal(a.Body, &own) != nil {
				own.Message = string(a.Body)
			}
			if a.Status == 200 && own.Code == "" {
				return nil
			}
			return &vendorlogin.Error{Code: own.Code, Message: own.Message, Fields: []vendorlogin.FieldError{{Field: own.Message, Reason: own.Code}}}
		}
		call := loginhttp.Call{Op: "login", Method: "POST", Path: "/login", Body: map[string]string{"password": "fuzzed-password"}, Once: true}
		var out struct {
			Access string
			N      int
			List   []map[string]json.Number
		}
		_, err := e.Do(t.Context(), call, &out)
		require.Equal(t, 1, v.count())
		if err == nil {
			require.Equal(t, 200, status)
			return
		}
		own := failure(t, err)
		require.NotNil(t, own.Kind)
		require.LessOrEqual(t, utf8.RuneCountInString(own.Message), 256)
		assertHides(t, err, "fuzzed-password")
		for _, text := range []string{own.Error(), own.Message, own.Code} {
			require.True(t, utf8.ValidString(text))
			require.Less(t, strings.IndexFunc(text, unicode.IsControl), 0)
		}
	})
}

// A login's own traffic goes without a token, even through the client that injects it: it would wait for itself.
func TestLoginThroughTheInjectingTransport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := responding(200, `{"access":"a-token"}`)
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
