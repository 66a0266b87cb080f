package vendorlogin_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestCallerThatLeavesGetsItsOwnError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour, took: time.Minute / 3}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Equal(t, "fake (ops@example.com): token: context deadline exceeded", err.Error())
	})
}

func TestShutdown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &deaf{refresher: newRefresher(time.Hour, 0), loginTook: 20 * time.Second}
		s := newMemStore()
		c, err := vendorlogin.NewClient(f, shared(s))
		require.NoError(t, err)
		result := waiting(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err = c.Shutdown(ctx)
		assert.Equal(t, 5*time.Second, time.Since(began))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Contains(t, err.Error(), "a renewal did not end in time")
		require.ErrorIs(t, <-result, vendorlogin.ErrClosed)

		require.NoError(t, c.Shutdown(t.Context()), "now it waits to the end")
		assert.Equal(t, 20*time.Second, time.Since(began))
		assert.Equal(t, "access-1", s.record(t).Token.Access, "what was sent is saved")
		ended, stop := context.WithCancel(t.Context())
		stop()
		require.NoError(t, c.Shutdown(ended), "there is nothing to wait for")
	})
}

// trimIssued is the access token without its number, of which a failed login has used one up.
func trimIssued(t *vendorlogin.Token) string {
	return strings.NewReplacer("access-2", "access-1").Replace(t.Access.Reveal())
}

func TestClientInALog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{}, nil)
		const text = "vendorlogin.Client(fake ops@example.com: no token)"
		assert.Equal(t, text, c.LogValue().String())
		assert.Equal(t, text, fmt.Sprintf("%+v", c))
		data, err := c.MarshalText()
		require.NoError(t, err)
		assert.Equal(t, text, string(data))
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Refresh: vendorlogin.NewSecret("r")}))
		assert.Equal(t, "vendorlogin.Client(fake ops@example.com: expired)", c.String())
		f := &fake{}
		assert.Same(t, f, newClient(t, f, nil).Authenticator())
	})
}

func TestAccountThatAStoreWouldMixUp(t *testing.T) {
	t.Parallel()
	for _, a := range []vendorlogin.Account{
		{}, {Vendor: "v", Endpoint: "https://h"}, {Vendor: "v", Principal: "p"}, {Endpoint: "https://h", Principal: "p"},
	} {
		_, err := vendorlogin.NewClient(accounted{a}, shared(newMemStore()))
		require.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, "%+v", a)
		_, err = vendorlogin.NewClient(accounted{a}, nil)
		require.NoError(t, err, "without a store nothing is mixed up")
	}
}

type accounted struct{ account vendorlogin.Account }

func (a accounted) Account() vendorlogin.Account { return a.account }
func (a accounted) Login(context.Context) (*vendorlogin.Token, error) {
	return nil, vendorlogin.ErrUnavailable
}

func TestTenantsDoNotMeet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Hour}
		one := newClient(t, f, &vendorlogin.Options{Store: s, Namespace: "one"})
		two := newClient(t, f, &vendorlogin.Options{Store: s, Namespace: "two"})
		same := newClient(t, f, &vendorlogin.Options{Store: s, Namespace: "one"})
		assert.Equal(t, "access-1", mustToken(t, one).Access.Reveal())
		assert.Equal(t, "access-2", mustToken(t, two).Access.Reveal())
		assert.Equal(t, "access-1", mustToken(t, same).Access.Reveal())
		a := f.Account()
		assert.Equal(t, a.Key(), a.KeyIn(""))
		assert.NotEqual(t, a.KeyIn("one"), a.KeyIn("two"))
	})
}

func TestAuthorizeWith(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, nil)
		token := mustToken(t, c)
		req := &http.Request{}
		require.NoError(t, c.AuthorizeWith(req, token))
		assert.Equal(t, "Bearer access-1", req.Header.Get("Authorization"))
		req.Header.Set("Accept", "text/plain")
		require.NoError(t, c.AuthorizeWith(req, token))
		assert.Equal(t, "text/plain", req.Header.Get("Accept"))
		require.ErrorIs(t, c.AuthorizeWith(req, nil), vendorlogin.ErrInvalidRequest)
		require.ErrorIs(t, c.AuthorizeWith(req, &vendorlogin.Token{}), vendorlogin.ErrBadResponse)
		broken := newClient(t, &repeating{token: &vendorlogin.Token{
			Access: vendorlogin.NewSecret("a\nb"), ExpiresAt: time.Now().Add(time.Hour),
		}}, nil)
		require.ErrorIs(t, broken.Authorize(req), vendorlogin.ErrBadResponse)
		other := &vendorlogin.Token{Access: vendorlogin.NewSecret("Token abc"), Type: " token"}
		require.NoError(t, c.AuthorizeWith(req, other))
		assert.Equal(t, "token abc", req.Header.Get("Authorization"))
		assert.EqualValues(t, 1, f.logins.Load())
	})
}

func TestAuthorizeWithATokenOfAnotherClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil) // it has none itself
		req := &http.Request{}
		require.NoError(t, c.AuthorizeWith(req, &vendorlogin.Token{Access: vendorlogin.NewSecret("example")}))
		assert.Equal(t, "Bearer example", req.Header.Get("Authorization"))
	})
}

func TestSuccessInTheFirstInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newClient(t, &fake{life: time.Hour}, nil)
		mustToken(t, c)
		assert.False(t, c.Status().LastSuccess.IsZero())
	})
}
