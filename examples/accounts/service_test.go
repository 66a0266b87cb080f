package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

func TestNobodyIsReadyBeforeTheFirstToken(t *testing.T) {
	t.Parallel()
	accounts := map[string]Account{"a": {ID: "a"}}
	open := func(context.Context, string) (vendorlogin.Authenticator, error) { return nil, errNoCustomer }
	s := &service{accounts: accounts, pool: clientpool.New(open, nil), base: &http.Client{}}
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "0 of 1 accounts can be served\n", w.Body.String())

	s.accounts = nil
	w = httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	assert.Equal(t, http.StatusOK, w.Code, "nothing to do is done")
}

func TestServable(t *testing.T) {
	t.Parallel()
	long, hold := time.Now().Add(-time.Hour), &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable}
	assert.True(t, servable(vendorlogin.Status{State: "fresh"}))
	assert.True(t, servable(vendorlogin.Status{State: "stale", Hold: hold}))
	assert.True(t, servable(vendorlogin.Status{State: "expired", LastSuccess: long}), "nobody has asked for a while")
	assert.False(t, servable(vendorlogin.Status{State: "expired", LastSuccess: long, Hold: hold}))
	assert.False(t, servable(vendorlogin.Status{State: "none"}))
}
