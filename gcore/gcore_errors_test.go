package gcore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

const (
	noAccount = "No active account found with the given credentials."
	badJSON   = "JSON parse error - Expecting ',' delimiter: line 3 column 33 (char 77)"
)

type failure adaptertest.Failure

// Whoever has not configured a code reads that, and not only that one is wanted.
func TestCodeWantedAndNoneConfigured(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(400, "error-otp-required.json"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	require.ErrorIs(t, err, vendorlogin.ErrOTPRequired)
	assert.ErrorContains(t, err, "one_time_password: no OTP source is configured")
}

func TestLoginErrors(t *testing.T) {
	t.Parallel()
	nested := []vendorlogin.FieldError{
		{Field: "age", Reason: "7"}, {Field: "password"}, {Field: "profile", Reason: "Too short. Not a number. Too many."},
		{Field: "username", Reason: "Enter a valid e-mail address."},
	}
	for name, c := range map[string]failure{
		"wrong credentials": {400, "error-credentials.json", vendorlogin.ErrInvalidCredentials, "", noAccount, nil},
		"the same with 401": {401, "error-credentials.json", vendorlogin.ErrInvalidCredentials, "", noAccount, nil},
		"field": {
			400, "error-field.json", vendorlogin.ErrInvalidRequest, "", "", adaptertest.Field("password", "This field is required"),
		},
		"bad JSON":           {400, "error-json.json", vendorlogin.ErrInvalidRequest, "", badJSON, nil},
		"texts within names": {400, "error-nested.json", vendorlogin.ErrInvalidRequest, "", "", nested},
		"code wanted": {
			400, "error-otp-required.json", vendorlogin.ErrOTPRequired, "", "", adaptertest.Field("one_time_password", "This field is required"),
		},
		"token rejected": {401, "error-token.json", vendorlogin.ErrInvalidCredentials, "token_not_valid", "Token is invalid or expired", nil},
		"detail": {
			403, "error-forbidden.json", vendorlogin.ErrForbidden, "", "You do not have permission to perform this action.", nil,
		},
		"no active account, and a field": {400, `{"errors":{"one_time_password":["x"],"errors":["No active account."]}}`,
			vendorlogin.ErrInvalidCredentials, "", "No active account.", adaptertest.Field("one_time_password", "x")},
		"errors is a text": {400, `{"errors":"No."}`, vendorlogin.ErrInvalidRequest, "", "No.", nil},
		"errors is a list": {400, `{"errors":["No.",["Never."]]}`, vendorlogin.ErrInvalidRequest, "", "No. Never.", nil},
		"errors is null":   {400, `{"errors":null,"message":"no"}`, vendorlogin.ErrInvalidRequest, "", "no", nil},
		"errors and message": {
			400, `{"message":"m","detail":"d","errors":{"errors":["No."]}}`, vendorlogin.ErrInvalidCredentials, "", "No.", nil,
		},
		"errors in a text":   {400, `{"errors":{"errors":"No."}}`, vendorlogin.ErrInvalidCredentials, "", "No.", nil},
		"a code of a number": {400, `{"code":17,"detail":["a","b"]}`, vendorlogin.ErrInvalidRequest, "17", "a b", nil},
		"errors of a server": {500, "error-credentials.json", vendorlogin.ErrUnavailable, "", noAccount, nil},
		"a list":             {400, `["No."]`, vendorlogin.ErrUnavailable, "", "", nil},
		"nothing":            {400, ``, vendorlogin.ErrUnavailable, "", "", nil},
		"nothing with 401":   {401, ``, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"gateway":            {502, `<html>Bad Gateway</html>`, vendorlogin.ErrUnavailable, "", "", nil},
		"unsupported": {
			415, `{"detail":"Unsupported media type in request."}`, vendorlogin.ErrInvalidRequest, "", "Unsupported media type in request.", nil,
		},
		"no answer of a token": {200, "error-credentials.json", vendorlogin.ErrBadResponse, "", "", adaptertest.Field("access", "is missing")},
		"an empty token": {
			200, `{"access":"","refresh":"r"}`, vendorlogin.ErrBadResponse, "", "", adaptertest.Field("access", "is missing"),
		},
		"a token of a number": {200, `{"access":1}`, vendorlogin.ErrBadResponse, "", "", nil},
		"an empty answer":     {204, ``, vendorlogin.ErrBadResponse, "", "", nil},
		"half an answer":      {200, `{"access":"a`, vendorlogin.ErrBadResponse, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(c.Status, c.Body), adaptertest.Reply(200, first))

			got, err := authenticator(t, config(w)).Login(t.Context())

			adaptertest.Failure(c).Assert(t, "login", got, err)
			assert.Equal(t, "POST api.gcore.com/iam/auth/jwt/login", adaptertest.VendorError(t, err).Request)
			assert.Len(t, w.Requests(), 1, "no login is repeated")
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(400, "error-credentials.json"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "gcore (ops@example.com): login: wrong credentials (400, POST api.gcore.com/iam/auth/jwt/login)")
}

func TestRejectedCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		kind error
	}{
		"wrong":         {"error-otp-wrong.json", vendorlogin.ErrOTPRejected},
		"wanted":        {"error-otp-required.json", vendorlogin.ErrOTPRejected},
		"wrong account": {"error-credentials.json", vendorlogin.ErrInvalidCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(400, c.body), adaptertest.Reply(200, first))
			source := adaptertest.Typed("012345", "123456")
			cfg := config(w)
			cfg.OTP = source

			_, err := authenticator(t, cfg).Login(t.Context())

			assert.Equal(t, c.kind, adaptertest.VendorError(t, err).Kind)
			assert.Len(t, w.Requests(), 1, "the vendor counts passwords, too")
			assert.Len(t, source.Asked(), 1)
		})
	}
}

func TestRefreshErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]failure{
		"token rejected":    {401, "error-token.json", vendorlogin.ErrRefreshRejected, "token_not_valid", "Token is invalid or expired", nil},
		"the same with 400": {400, "error-token.json", vendorlogin.ErrRefreshRejected, "token_not_valid", "Token is invalid or expired", nil},
		"the same with 403": {403, "error-token.json", vendorlogin.ErrRefreshRejected, "token_not_valid", "Token is invalid or expired", nil},
		"field": {
			400, "error-refresh-field.json", vendorlogin.ErrRefreshRejected, "", "", adaptertest.Field("refresh", "This field may not be blank."),
		},
		"no active account": {400, "error-credentials.json", vendorlogin.ErrRefreshRejected, "", noAccount, nil},
		"401 and no more":   {401, ``, vendorlogin.ErrRefreshRejected, "", "", nil},
		"another field":     {400, `{"errors":{"client":["x"]}}`, vendorlogin.ErrInvalidRequest, "", "", adaptertest.Field("client", "x")},
		"bad JSON":          {400, "error-json.json", vendorlogin.ErrInvalidRequest, "", badJSON, nil},
		"forbidden": {
			403, "error-forbidden.json", vendorlogin.ErrForbidden, "", "You do not have permission to perform this action.", nil,
		},
		"token rejected by 500": {500, "error-token.json", vendorlogin.ErrUnavailable, "token_not_valid", "Token is invalid or expired", nil},
		"server error":          {503, `{}`, vendorlogin.ErrUnavailable, "", "", nil},
		"an answer of no token": {200, `{"refresh":"r"}`, vendorlogin.ErrBadResponse, "", "", adaptertest.Field("access", "is missing")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", refreshURL, adaptertest.Reply(c.Status, c.Body), adaptertest.Reply(200, first))

			got, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

			adaptertest.Failure(c).Assert(t, "refresh", got, err)
			assert.Len(t, w.Requests(), 1)
		})
	}
}

// The vendor may not make us work, however it nests and whatever it repeats.
func TestLargeErrors(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"deep":      `{"errors":` + strings.Repeat(`{"a":`, 9000) + `"x"` + strings.Repeat(`}`, 9001),
		"deep list": `{"errors":{"a":` + strings.Repeat(`["x",`, 9000) + `"x"` + strings.Repeat(`]`, 9000) + `}}`,
		"wide":      `{"errors":{"a":[` + strings.Repeat(`"abc",`, 150000) + `"x"]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", loginURL, adaptertest.Reply(400, body))

			_, err := authenticator(t, config(w)).Login(t.Context())

			e := adaptertest.VendorError(t, err)
			require.Len(t, e.Fields, 1)
			assert.Equal(t, "a", e.Fields[0].Field)
			assert.LessOrEqual(t, len(e.Fields[0].Reason), 256)
		})
	}
}

// Pages come from what stands before the vendor: the text says so.
func TestPageInPlaceOfAResponse(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", loginURL, adaptertest.Reply(502, "<html>Bad Gateway</html>"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "gcore (ops@example.com): login: unavailable (502, POST api.gcore.com/iam/auth/jwt/login): an HTML page")
}
