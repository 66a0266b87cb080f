package adaptertest

import (
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vendorlogin/vendorlogin"
)

// A Contract is one adapter, for [TestContract].
type Contract struct {
	New func(Setup) (vendorlogin.Authenticator, error)

	NameField string // of Config; empty: the adapter folds names and rejects no blanks
	Login     Call   // the request whose response has the token
	Before    func(*Wire)
	Refresh   Call                                       // zero: it cannot
	Token     func(access string, h ...string) Responder // a success with those headers
	Wrong     string                                     // a wrong password, as Reply takes it; of status 400 or 401
	Undecided string                                     // a failure that means what its status means, in the vendor's format
	APIHeader string                                     // what carries the token; empty: Authorization
}

// A Setup is what differs between the adapters of a test. Empty BaseURL: the vendor's.
type Setup struct {
	Name, BaseURL string
	Password      vendorlogin.SecretFunc
	HTTPClient    *http.Client
}

func setup(w *Wire) Setup {
	return Setup{Name: "ops@example.com", Password: vendorlogin.SecretString("example-password"), HTTPClient: w.Client()}
}

// A Call is a method and a URL.
type Call struct{ Method, URL string }

// A Responder is httpmock's.
type Responder = httpmock.Responder

// open makes the adapter, and has the vendor respond to the call that is tested.
func (v Contract) open(t *testing.T, call Call, r ...Responder) (*Wire, vendorlogin.Authenticator) {
	t.Helper()
	w := NewWire()
	if v.Before != nil {
		v.Before(w)
	}
	w.On(call.Method, call.URL, r...)
	a, err := v.New(setup(w))
	require.NoError(t, err)
	return w, a
}

func (v Contract) login(t *testing.T, r ...Responder) (*vendorlogin.Token, error) {
	t.Helper()
	_, a := v.open(t, v.Login, r...)
	return a.Login(t.Context())
}

// each does both operations with that response, and hands check the error.
func (v Contract) each(t *testing.T, r Responder, check func(op string, e *vendorlogin.Error)) {
	t.Helper()
	_, err := v.login(t, r)
	check("login", VendorError(t, err))
	if v.Refresh == (Call{}) {
		return
	}
	w, a := v.open(t, v.Refresh, r)
	old := &vendorlogin.Token{Access: vendorlogin.NewSecret("old-access"), Refresh: vendorlogin.NewSecret("old-refresh"), Type: "Bearer"}
	_, err = a.(vendorlogin.Refresher).Refresh(t.Context(), old)
	check("refresh", VendorError(t, err))
	assert.Len(t, w.Requests(), 1, "a refresh token goes out once")
}
