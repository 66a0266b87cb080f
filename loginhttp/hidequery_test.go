package loginhttp_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// An instrument keeps all that it can see of a request and its response.
type instrument struct {
	base http.RoundTripper
	seen []string
}

func (i *instrument) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := i.base.RoundTrip(req)
	i.seen = append(i.seen, req.URL.String(), fmt.Sprintf("%v %+v", req.Context(), req.Context()))
	if resp != nil {
		i.seen = append(i.seen, resp.Request.URL.String())
	}
	return resp, err
}

func TestHideQuery(t *testing.T) {
	t.Parallel()
	v := responding(200, `{}`)
	var traced *instrument
	rt := loginhttp.HideQuery(v, func(base http.RoundTripper) http.RoundTripper {
		traced = &instrument{base: base}
		return traced
	})
	const whole = "https://user:userinfo-secret@api.example.com/v1/a%2Fb?password=query-secret#fragment-secret"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, whole, nil)
	require.NoError(t, err)
	resp, err := rt.RoundTrip(req)
	require.NoError(t, err)

	assert.Equal(t, whole, v.requests[0].URL.String(), "what the vendor gets")
	assert.Equal(t, whole, req.URL.String(), "the caller's request stays as it is")
	assert.Same(t, req, resp.Request)
	assert.Equal(t, "https://api.example.com/v1/a%2Fb", traced.seen[0])
	assert.Equal(t, "https://api.example.com/v1/a%2Fb", traced.seen[2])
	for _, text := range traced.seen {
		assert.NotContains(t, text, "secret")
	}
}

// A login's query goes to the vendor and past the instrumentation.
func TestHideQueryOfALogin(t *testing.T) {
	t.Parallel()
	v := responding(200, `{}`)
	var traced *instrument
	rt := loginhttp.HideQuery(v, func(base http.RoundTripper) http.RoundTripper {
		traced = &instrument{base: base}
		return traced
	})
	call := secretCall()
	_, err := withTransport(endpoint(v), rt).Do(t.Context(), call, nil)
	require.NoError(t, err)
	assert.Equal(t, "password=query-secret", v.requests[0].URL.RawQuery)
	assert.Equal(t, "https://api.example.com/v1/login", traced.seen[0])
}

// What the instrumentation sends by itself, and elsewhere, gets no query from here.
func TestHideQueryGivesTheQueryToItsHostAlone(t *testing.T) {
	t.Parallel()
	v := responding(200, `{}`)
	rt := loginhttp.HideQuery(v, func(base http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			for _, target := range []string{"https://other.example.net/v1", "http://api.example.com/v1"} {
				elsewhere := req.Clone(req.Context())
				elsewhere.URL, _ = url.Parse(target)
				if _, err := base.RoundTrip(elsewhere); err != nil {
					return nil, err
				}
			}
			return base.RoundTrip(req.Clone(req.Context()))
		})
	})
	_, err := withTransport(endpoint(v), rt).Do(t.Context(), secretCall(), nil)
	require.NoError(t, err)
	require.Equal(t, 3, v.count())
	assert.Empty(t, v.requests[0].URL.RawQuery)
	assert.Empty(t, v.requests[1].URL.RawQuery)
	assert.Equal(t, "password=query-secret", v.requests[2].URL.RawQuery)
}

func TestHideQueryOfOddRequests(t *testing.T) {
	t.Parallel()
	var seen []*url.URL
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, req.URL)
		return reply(200, ""), nil
	})
	none := func(base http.RoundTripper) http.RoundTripper { return base }
	opaque := &url.URL{Scheme: "https", Host: "h", Opaque: "//h/a", RawQuery: "q"}
	for _, u := range []*url.URL{nil, opaque} {
		_, err := loginhttp.HideQuery(base, none).RoundTrip(&http.Request{URL: u})
		require.NoError(t, err)
	}
	assert.Equal(t, []*url.URL{nil, opaque}, seen)
	seen = nil
	drops := func(base http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			return base.RoundTrip((&http.Request{}).WithContext(req.Context()))
		})
	}
	_, err := loginhttp.HideQuery(base, drops).RoundTrip(&http.Request{URL: opaque})
	require.NoError(t, err)
	_, err = loginhttp.HideQuery(base, nil).RoundTrip(&http.Request{URL: opaque})
	require.NoError(t, err)
	sets := func(base http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			return base.RoundTrip((&http.Request{URL: opaque}).WithContext(req.Context()))
		})
	}
	_, err = loginhttp.HideQuery(base, sets).RoundTrip(&http.Request{})
	require.NoError(t, err)
	assert.Equal(t, []*url.URL{nil, opaque, opaque}, seen)
}

// A base may ask the same host for something else meanwhile.
func TestHideQueryOfARequestWithinARequest(t *testing.T) {
	t.Parallel()
	var queries []string
	api := roundTripper(func(req *http.Request) (*http.Response, error) {
		queries = append(queries, req.URL.RawQuery)
		return reply(200, ""), nil
	})
	within := loginhttp.HideQuery(api, nil)
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		other, err := http.NewRequestWithContext(req.Context(), http.MethodGet, "https://api.example.com/time?zone=utc", nil)
		if err != nil {
			return nil, err
		}
		if _, err := within.RoundTrip(other); err != nil {
			return nil, err
		}
		return api.RoundTrip(req)
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com/login?password=example", nil)
	require.NoError(t, err)
	_, err = loginhttp.HideQuery(base, func(rt http.RoundTripper) http.RoundTripper { return rt }).RoundTrip(req)
	require.NoError(t, err)
	assert.Equal(t, []string{"zone=utc", "password=example"}, queries)
}

func TestHideQueryOfFailures(t *testing.T) {
	t.Parallel()
	rt := loginhttp.HideQuery(failing(timeoutError{}), func(base http.RoundTripper) http.RoundTripper { return base })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com", nil)
	require.NoError(t, err)
	_, err = rt.RoundTrip(req)
	require.ErrorIs(t, err, timeoutError{})
}

// Without base it is the default transport, as it is at each request; without instrumentation nothing happens.
func TestHideQueryDefaults(t *testing.T) { // not parallel: Activate changes http.DefaultTransport
	plain := loginhttp.HideQuery(nil, nil)
	seen := loginhttp.HideQuery(nil, func(base http.RoundTripper) http.RoundTripper { return base })
	httpmock.Activate(t)
	httpmock.RegisterResponder("POST", "https://api.example.com/v1/login?password=query-secret", httpmock.NewStringResponder(200, `{}`))
	for _, rt := range []http.RoundTripper{plain, seen} {
		_, err := withTransport(endpoint(nil), rt).Do(t.Context(), secretCall(), nil)
		require.NoError(t, err)
	}
}

func TestHideQueryClosesIdleConnections(t *testing.T) {
	t.Parallel()
	below := &pool{RoundTripper: responding(200, "")}
	client := &http.Client{Transport: loginhttp.HideQuery(below, func(base http.RoundTripper) http.RoundTripper { return base })}
	client.CloseIdleConnections()
	assert.EqualValues(t, 1, below.closed.Load())
	(&http.Client{Transport: loginhttp.HideQuery(responding(200, ""), nil)}).CloseIdleConnections()
}
