package adaptertest

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vendorlogin/vendorlogin"
)

// New names the field that it rejects, and shows no value.
func testConfiguration(t *testing.T, v Contract) {
	base := NewWire()
	s := setup(base)
	good, err := v.New(s)
	require.NoError(t, err)
	vendor := good.Account().Vendor
	s.Password = nil
	_, err = v.New(s)
	AssertInvalid(t, err, vendor, "Password")
	for _, url := range []string{
		"https://vendor.example.com?x=secret", "https://ops:secret@vendor.example.com", "http://vendor.example.com", "vendor.example.com",
	} {
		s = setup(base)
		s.BaseURL = url
		_, err = v.New(s)
		AssertInvalid(t, err, vendor, "BaseURL")
	}
	assert.Empty(t, base.Requests())
}

func testFingerprint(t *testing.T, v Contract) {
	fingerprint := func(password string) uint64 {
		s := setup(NewWire())
		s.Password = vendorlogin.SecretString(password)
		a, err := v.New(s)
		require.NoError(t, err)
		sum, err := a.(vendorlogin.Fingerprinter).Fingerprint(t.Context())
		require.NoError(t, err)
		return sum
	}
	assert.Equal(t, fingerprint("one"), fingerprint("one"))
	assert.NotEqual(t, fingerprint("one"), fingerprint("two"))
}

// One user is one account, however his name was typed.
func testNames(t *testing.T, v Contract) {
	for _, name := range []string{"", " ", "ops@example.com ", " ops@example.com", "ops@example.com\t", "ops@example.com\x00"} {
		s := setup(NewWire())
		s.Name = name
		a, err := v.New(s)
		if v.NameField != "" {
			assert.Nil(t, a, "%q", name)
			AssertInvalid(t, err, "", v.NameField)
		} else if err == nil {
			assert.Equal(t, "ops@example.com", a.Account().Principal)
		}
	}
}

// A file in UTF-16 has NULs. It must not cost an attempt.
func testSecrets(t *testing.T, v Contract) {
	for _, secret := range []string{"", "e\x00x\x00", "one\ntwo", "\x7f"} {
		w := NewWire()
		s := setup(w)
		s.Password = vendorlogin.SecretString(secret)
		a, err := v.New(s)
		require.NoError(t, err)
		_, err = a.Login(t.Context())
		e := VendorError(t, err)
		assert.Equal(t, vendorlogin.ErrInvalidRequest, e.Kind, "%q", secret)
		require.Len(t, e.Fields, 1, "%q", secret)
		assert.Equal(t, "Password", e.Fields[0].Field)
		assert.True(t, e.Unprocessed)
		assert.Empty(t, w.Requests())
	}
}

// Some servers put the scheme into the token. It goes out once.
func testScheme(t *testing.T, v Contract) {
	for access, want := range map[string]string{"abc": "Bearer abc", "Bearer abc": "Bearer abc", "bearer  abc": "Bearer abc"} {
		_, a := v.open(t, v.Login, v.Token(access))
		token, err := a.Login(t.Context())
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://example.com", nil)
		require.NoError(t, err)
		if own, ok := a.(vendorlogin.Authorizer); ok {
			err = own.Authorize(req, token)
		} else {
			err = token.SetAuthHeader(req)
		}
		require.NoError(t, err)
		if v.APIHeader != "" {
			assert.Equal(t, []string{"abc"}, req.Header.Values(v.APIHeader))
		} else {
			assert.Equal(t, []string{want}, req.Header.Values("Authorization"))
		}
	}
}
