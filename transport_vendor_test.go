package vendorlogin_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// sullen is a vendor whose API rejects a token with status 200, and whose tokens go into a header of its own.
type sullen struct{ fake }

func (*sullen) Rejected(resp *http.Response, _ *vendorlogin.Token) bool {
	return resp.Header.Get("X-Session") == "gone"
}

func (*sullen) Authorize(req *http.Request, t *vendorlogin.Token) error {
	req.Header.Set("X-Key", t.Access.Reveal())
	return nil
}

func TestRejecterSaysWhatRejectsAToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &sullen{fake{life: time.Hour}}
		c := newClient(t, f, nil)
		var sent []string
		base := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			key := req.Header.Get("X-Key")
			sent = append(sent, key)
			header := http.Header{}
			if key == "access-1" {
				header.Set("X-Session", "gone")
			}
			return &http.Response{StatusCode: http.StatusOK, Header: header, Body: http.NoBody}, nil
		})
		resp, err := c.Transport(base).RoundTrip(newRequest(t, "https://api.example.com/things"))
		require.NoError(t, err)
		assert.Empty(t, resp.Header)
		assert.Equal(t, []string{"access-1", "access-2"}, sent)
	})
}

func TestAuthorizeMakesTheHeader(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &sullen{fake{life: time.Hour}}, nil)
		var req http.Request
		require.NoError(t, c.Authorize(&req))
		assert.Equal(t, "access-1", req.Header.Get("X-Key"))
	})
}

func TestRejectedResponseIsClosedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		closed := 0
		base := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			status := http.StatusUnauthorized
			if req.Header.Get("Authorization") == "Bearer access-2" {
				status = http.StatusOK
			}
			body := closing{strings.NewReader("body"), func() { closed++ }}
			return &http.Response{StatusCode: status, Header: http.Header{}, Body: body, ContentLength: 4}, nil
		})
		resp, err := c.Transport(base).RoundTrip(newRequest(t, "https://api.example.com/things"))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		time.Sleep(time.Second)
		assert.Equal(t, 1, closed, "the other one is the caller's")
	})
}

// closing is a body that says when it is closed.
type closing struct {
	io.Reader
	on func()
}

func (c closing) Close() error {
	c.on()
	return nil
}

func TestSecondTokenThatIsRejectedIsMarkedToo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		base := roundTripperFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}, Body: http.NoBody}, nil
		})
		resp, err := c.Transport(base).RoundTrip(newRequest(t, "https://api.example.com/things"))
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		assert.True(t, c.Status().Rejected)
	})
}

func TestAuthorizeSaysWhyThereIsNoToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		err := newClient(t, &fake{err: down()}, nil).Authorize(newRequest(t, "https://api.example.com/things"))
		assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	})
}

func TestRequestWithoutAURLIsAnError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		for _, req := range []*http.Request{{Header: http.Header{}}, {URL: newRequest(t, "https://api.example.com").URL}} {
			_, err := c.Transport(answer{}).RoundTrip(req)
			assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
		}
	})
}

func refusalLogins(t *testing.T, n int, store vendorlogin.Store) int64 {
	v := &fake{life: 24 * time.Hour, took: 100 * time.Millisecond}
	var transports []http.RoundTripper
	base := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 401, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
	})
	for range n {
		c := newClient(t, v, &vendorlogin.Options{Store: store})
		transports = append(transports, c.Transport(base))
	}
	for range 3600 {
		for _, tr := range transports {
			r, _ := http.NewRequestWithContext(t.Context(), "GET", "https://api.example.com/x", nil)
			resp, err := tr.RoundTrip(r)
			require.NoError(t, err)
			resp.Body.Close()
		}
		time.Sleep(time.Second)
	}
	return v.logins.Load()
}

func TestRefusalsCostAFleetNoMoreThanItsClientsAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		alone, together := refusalLogins(t, 5, nil), refusalLogins(t, 5, newMemStore())
		assert.LessOrEqual(t, together, alone)
		assert.LessOrEqual(t, alone, int64(60))
		assert.LessOrEqual(t, together, int64(24), "a token that another brought is rejected too: that is no reason for each to log in")
	})
}

// One endpoint rejects every token, and the others do not. Each rejection would seem to be the first.
func TestEndpointThatAlwaysRejectsBecomesRare(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		rt := newClient(t, f, nil).Transport(roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			status := 200
			if r.URL.Path == "/forbidden" {
				status = 401
			}
			return &http.Response{StatusCode: status, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
		}))
		for range 24 * 60 * 60 / 10 {
			for _, path := range []string{"/things", "/forbidden", "/things"} {
				r, _ := http.NewRequestWithContext(t.Context(), "GET", "https://api.example.com"+path, nil)
				resp, err := rt.RoundTrip(r)
				require.NoError(t, err)
				resp.Body.Close()
			}
			time.Sleep(10 * time.Second)
		}
		assert.LessOrEqual(t, f.logins.Load(), int64(150))
		assert.GreaterOrEqual(t, f.logins.Load(), int64(90), "and yet it is tried again")
	})
}
