package adaptertest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// TestContract checks what every adapter owes, whatever its vendor looks like.
func TestContract(t *testing.T, v Contract) {
	for name, test := range map[string]func(*testing.T, Contract){
		"configuration":            testConfiguration,
		"fingerprint":              testFingerprint,
		"redirect":                 testRedirect,
		"names":                    testNames,
		"secrets":                  testSecrets,
		"a success without tokens": testNoToken,
		"byte order mark":          testByteOrderMark,
		"Retry-After":              testRetryAfter,
		"pages":                    testPages,
		"statuses":                 testStatuses,
		"rejected refresh":         testRejectedRefresh,
		"scheme in the token":      testScheme,
		"clocks":                   testClocks,
		"prompt":                   testPrompt,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, v)
		})
	}
}

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

func testRedirect(t *testing.T, v Contract) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		elsewhere := Reply(status, "", "Location", "https://example.com/login?next=secret")
		v.each(t, elsewhere, func(op string, e *vendorlogin.Error) {
			assert.Equal(t, vendorlogin.ErrBadResponse, e.Kind, "%s: %d", op, status)
			assert.NotContains(t, e.Error(), "secret")
		})
	}
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

// What is a success and no token names what it lacks: somebody has to find out why.
func testNoToken(t *testing.T, v Contract) {
	for _, body := range []string{
		`{"next":"accept-terms","session":"s-1"}`, `{"accessTokens":"renamed","data":{"token_value":"x"}}`, `{}`,
	} {
		v.each(t, Reply(200, body), func(op string, e *vendorlogin.Error) {
			assert.Equal(t, vendorlogin.ErrBadResponse, e.Kind, body)
			require.Len(t, e.Fields, 1, body)
			assert.Contains(t, e.Error(), e.Fields[0].Field, "it says what is missing")
		})
	}
	v.each(t, Reply(200, `<!doctype html><title>Sign in</title>`, "Content-Type", "text/html"), func(op string, e *vendorlogin.Error) {
		assert.Equal(t, vendorlogin.ErrBadResponse, e.Kind)
	})
}

func testByteOrderMark(t *testing.T, v Contract) {
	marked := func(r Responder) Responder {
		return func(req *http.Request) (*http.Response, error) {
			resp, err := r(req)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(strings.NewReader("\ufeff" + string(body)))
			resp.ContentLength = -1
			return resp, err
		}
	}
	token, err := v.login(t, marked(v.Token("abc")))
	require.NoError(t, err)
	assert.Equal(t, "abc", token.Access.Reveal())
	for _, status := range []int{400, 401} {
		_, plain := v.login(t, Reply(status, v.Wrong))
		_, err = v.login(t, marked(Reply(status, v.Wrong)))
		want, got := VendorError(t, plain), VendorError(t, err)
		assert.Equal(t, []any{want.Kind, want.Code, want.Message}, []any{got.Kind, got.Code, got.Message})
	}
}

func testRetryAfter(t *testing.T, v Contract) {
	for _, status := range []int{400, 401, 403, 404, 423, 429, 500, 502, 503} {
		for _, body := range []string{v.Undecided, v.Wrong, "<html>", ""} {
			before := time.Now()
			v.each(t, Reply(status, body, "Retry-After", "1800"), func(op string, e *vendorlogin.Error) {
				assert.WithinRange(t, e.RetryAt, before.Add(1799*time.Second), time.Now().Add(1801*time.Second), "%s: %d %s", op, status, body)
			})
		}
	}
}

// Three seconds of a deployment must not look like a rejection.
func testPages(t *testing.T, v Contract) {
	for _, status := range []int{400, 403, 404, 405, 409, 410, 422, 502, 503} {
		for _, body := range []string{
			"", " ", "<html>closed</html>", "default backend - 404", `{"status":"maintenance"}`, `[]`, `"no"`, `null`,
		} {
			v.each(t, Reply(status, body), func(op string, e *vendorlogin.Error) {
				assert.Equal(t, vendorlogin.ErrUnavailable, e.Kind, "%s: %d %s", op, status, body)
			})
		}
	}
	for _, status := range []int{407, 408, 421, 425, 499} {
		v.each(t, Reply(status, ""), func(op string, e *vendorlogin.Error) {
			assert.Equal(t, vendorlogin.ErrUnavailable, e.Kind, "%s: %d", op, status)
		})
	}
	v.each(t, Reply(401, ""), func(op string, e *vendorlogin.Error) {
		assert.Contains(t, []error{vendorlogin.ErrInvalidCredentials, vendorlogin.ErrRefreshRejected}, e.Kind, "a 401 stays a rejection")
	})
}

// In the vendor's own format a status means what it says.
func testStatuses(t *testing.T, v Contract) {
	for status, kind := range map[int]error{
		403: vendorlogin.ErrForbidden, 404: vendorlogin.ErrInvalidRequest, 409: vendorlogin.ErrInvalidRequest, 429: vendorlogin.ErrRateLimited,
		500: vendorlogin.ErrUnavailable, 502: vendorlogin.ErrUnavailable, 408: vendorlogin.ErrUnavailable,
	} {
		_, err := v.login(t, Reply(status, v.Undecided))
		assert.Equal(t, kind, VendorError(t, err).Kind, status)
	}
}

// A refresh that the vendor rejects in its own format is a decision: a Client logs in at once after one of these kinds.
func testRejectedRefresh(t *testing.T, v Contract) {
	decisions := []error{
		vendorlogin.ErrRefreshRejected, vendorlogin.ErrInvalidCredentials, vendorlogin.ErrForbidden, vendorlogin.ErrInvalidRequest,
	}
	for _, status := range []int{400, 401, 403, 404, 410, 419, 422, 440, 498} {
		v.each(t, Reply(status, v.Undecided), func(op string, e *vendorlogin.Error) {
			assert.Contains(t, decisions, e.Kind, "%s: %d", op, status)
			assert.Equal(t, status, e.Status)
			assert.False(t, e.Unprocessed)
		})
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

// The Date of one server may be off: a token's iat that agrees with the local clock wins.
func testClocks(t *testing.T, v Contract) {
	for _, off := range []time.Duration{0, time.Hour, -time.Hour} {
		now := time.Now().Truncate(time.Second)
		date := now.Add(off).UTC().Format(http.TimeFormat)
		token, err := v.login(t, v.Token(JWTFor("a", now, now.Add(time.Hour)), "Date", date))
		require.NoError(t, err)
		assert.WithinDuration(t, now.Add(time.Hour), token.ExpiresAt, 5*time.Second, fmt.Sprint("Date off by ", off))
	}
}

// A password prompt asks once per login. What it returned is what the fingerprint of rejected credentials is of.
func testPrompt(t *testing.T, v Contract) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWire()
		if v.Before != nil {
			v.Before(w)
		}
		w.On(v.Login.Method, v.Login.URL, Reply(400, v.Wrong), v.Token("abc"))
		asked := 0
		prompt := func(context.Context) (vendorlogin.Secret, error) {
			asked++
			return vendorlogin.NewSecret(fmt.Sprint("typed-", asked)), nil
		}
		s := setup(w)
		s.Password = vendorlogin.SecretFunc(prompt).Interactive()
		a, err := v.New(s)
		require.NoError(t, err)
		client, err := vendorlogin.NewClient(a, nil)
		require.NoError(t, err)
		defer client.Close()
		for range 60 {
			_, err = client.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 1, asked)
	})
}
