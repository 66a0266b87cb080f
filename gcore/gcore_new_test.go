package gcore_test

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

func TestClientIDsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, id := range []string{" ", ".", "..", "4\n2"} { // as a part of a path, ".." leads elsewhere
		c := config(adaptertest.NewWire())
		c.ClientID = id
		a, err := gcore.New(c)
		assert.Nil(t, a)
		adaptertest.AssertInvalid(t, err, "gcore", "ClientID")
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	assert.Equal(t, vendorlogin.Account{Vendor: "gcore", Endpoint: gcore.DefaultBaseURL, Principal: username}, authenticator(t, c).Account())

	c.ClientID, c.BaseURL = "42", "http://127.0.0.1:1/"
	assert.Equal(
		t, vendorlogin.Account{Vendor: "gcore", Endpoint: "http://127.0.0.1:1", Principal: username, Scope: "42"}, authenticator(t, c).Account(),
	)
}

// The path that each request begins with is no part of the base URL.
func TestBaseURLEndsBeforeIAM(t *testing.T) {
	t.Parallel()
	c := config(adaptertest.NewWire())
	c.BaseURL = gcore.DefaultBaseURL + "/iam/"
	a, err := gcore.New(c)
	assert.Nil(t, a)
	adaptertest.AssertInvalid(t, err, "gcore", "BaseURL")
}

func TestSize(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, unsafe.Sizeof(gcore.Authenticator{}), uintptr(130), "there may be 100,000 of them")
}
