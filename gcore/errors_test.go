package gcore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

type fields = []vendorlogin.FieldError

// outcome is what an error body means.
type outcome struct {
	kind    error
	code    string
	message string
	fields  fields
}

const (
	noAccount = "No active account found with the given credentials."
	badJSON   = "JSON parse error - Expecting ',' delimiter: line 3 column 33 (char 77)"
)

func assertOutcome(t *testing.T, want outcome, op string, status int, err error) {
	t.Helper()
	e := vendorError(t, err)
	assert.Equal(t, want, outcome{e.Kind, e.Code, e.Message, e.Fields})
	assert.Equal(t, op, e.Op)
	assert.Equal(t, status, e.Status)
	assert.False(t, e.Unprocessed)
	assert.NotContains(t, err.Error(), "\n")
	if want.message != "" {
		assert.NotContains(t, err.Error(), want.message, "the vendor's words are in Message alone")
	}
}

func TestLoginErrors(t *testing.T) {
	t.Parallel()
	nested := fields{
		{Field: "age", Reason: "7"}, {Field: "password"}, {Field: "profile", Reason: "Too short. Not a number. Too many."},
		{Field: "username", Reason: "Enter a valid e-mail address."},
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   outcome
	}{
		"wrong credentials":  {400, file(t, "error-credentials.json"), outcome{vendorlogin.ErrInvalidCredentials, "", noAccount, nil}},
		"the same with 401":  {401, file(t, "error-credentials.json"), outcome{vendorlogin.ErrInvalidCredentials, "", noAccount, nil}},
		"field":              {400, file(t, "error-field.json"), outcome{vendorlogin.ErrInvalidRequest, "", "", fields{{Field: "password", Reason: "This field is required"}}}},
		"bad JSON":           {400, file(t, "error-json.json"), outcome{vendorlogin.ErrInvalidRequest, "", badJSON, nil}},
		"texts within names": {400, file(t, "error-nested.json"), outcome{vendorlogin.ErrInvalidRequest, "", "", nested}},
		"code wanted":        {400, file(t, "error-otp-required.json"), outcome{vendorlogin.ErrOTPRequired, "", "", fields{{Field: "one_time_password", Reason: "This field is required"}}}},
		"token refused":      {401, file(t, "error-token.json"), outcome{vendorlogin.ErrInvalidCredentials, "token_not_valid", "Token is invalid or expired", nil}},
		"detail":             {403, file(t, "error-forbidden.json"), outcome{vendorlogin.ErrForbidden, "", "You do not have permission to perform this action.", nil}},
		"no active account, and a field": {400, `{"errors":{"one_time_password":["x"],"errors":["No active account."]}}`,
			outcome{vendorlogin.ErrInvalidCredentials, "", "No active account.", fields{{Field: "one_time_password", Reason: "x"}}}},
		"errors is a text":     {400, `{"errors":"No."}`, outcome{vendorlogin.ErrInvalidRequest, "", "No.", nil}},
		"errors is a list":     {400, `{"errors":["No.",["Never."]]}`, outcome{vendorlogin.ErrInvalidRequest, "", "No. Never.", nil}},
		"errors is null":       {400, `{"errors":null,"message":"no"}`, outcome{vendorlogin.ErrInvalidRequest, "", "no", nil}},
		"errors and message":   {400, `{"message":"m","detail":"d","errors":{"errors":["No."]}}`, outcome{vendorlogin.ErrInvalidCredentials, "", "No.", nil}},
		"errors in a text":     {400, `{"errors":{"errors":"No."}}`, outcome{vendorlogin.ErrInvalidCredentials, "", "No.", nil}},
		"a code of a number":   {400, `{"code":17,"detail":["a","b"]}`, outcome{vendorlogin.ErrInvalidRequest, "17", "a b", nil}},
		"errors of a server":   {500, file(t, "error-credentials.json"), outcome{vendorlogin.ErrUnavailable, "", noAccount, nil}},
		"a list":               {400, `["No."]`, outcome{vendorlogin.ErrInvalidRequest, "", "", nil}},
		"nothing":              {400, ``, outcome{vendorlogin.ErrInvalidRequest, "", "", nil}},
		"nothing with 401":     {401, ``, outcome{vendorlogin.ErrInvalidCredentials, "", "", nil}},
		"gateway":              {502, `<html>Bad Gateway</html>`, outcome{vendorlogin.ErrUnavailable, "", "", nil}},
		"unsupported":          {415, `{"detail":"Unsupported media type in request."}`, outcome{vendorlogin.ErrInvalidRequest, "", "Unsupported media type in request.", nil}},
		"no answer of a token": {200, file(t, "error-credentials.json"), outcome{vendorlogin.ErrBadResponse, "", "", fields{{Field: "access", Reason: "is missing"}}}},
		"an empty token":       {200, `{"access":"","refresh":"r"}`, outcome{vendorlogin.ErrBadResponse, "", "", fields{{Field: "access", Reason: "is missing"}}}},
		"a token of a number":  {200, `{"access":1}`, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"an empty answer":      {204, ``, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"half an answer":       {200, `{"access":"a`, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.answers("POST", loginURL, reply(c.status, c.body), reply(200, first))

			got, err := authenticator(t, config(w)).Login(t.Context())

			assert.Nil(t, got)
			assertOutcome(t, c.want, "login", c.status, err)
			assert.Equal(t, "POST api.gcore.com/iam/auth/jwt/login", vendorError(t, err).Request)
			assert.Len(t, w.requests(), 1, "no login is repeated")
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", loginURL, reply(400, file(t, "error-credentials.json")))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "gcore (ops@example.com): login: wrong credentials (400, POST api.gcore.com/iam/auth/jwt/login)")
}

func TestRefusedCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		kind error
	}{
		"wrong":         {file(t, "error-otp-wrong.json"), vendorlogin.ErrOTPRejected},
		"wanted":        {file(t, "error-otp-required.json"), vendorlogin.ErrOTPRejected},
		"wrong account": {file(t, "error-credentials.json"), vendorlogin.ErrInvalidCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.answers("POST", loginURL, reply(400, c.body), reply(200, first))
			source := &codes{codes: []string{"012345", "123456"}}
			cfg := config(w)
			cfg.OTP = source

			_, err := authenticator(t, cfg).Login(t.Context())

			assert.Equal(t, c.kind, vendorError(t, err).Kind)
			assert.Len(t, w.requests(), 1, "the vendor counts passwords, too")
			assert.Len(t, source.asked, 1)
		})
	}
}

func TestRefreshErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   outcome
	}{
		"token refused":         {401, file(t, "error-token.json"), outcome{vendorlogin.ErrRefreshRejected, "token_not_valid", "Token is invalid or expired", nil}},
		"the same with 400":     {400, file(t, "error-token.json"), outcome{vendorlogin.ErrRefreshRejected, "token_not_valid", "Token is invalid or expired", nil}},
		"the same with 403":     {403, file(t, "error-token.json"), outcome{vendorlogin.ErrRefreshRejected, "token_not_valid", "Token is invalid or expired", nil}},
		"field":                 {400, file(t, "error-refresh-field.json"), outcome{vendorlogin.ErrRefreshRejected, "", "", fields{{Field: "refresh", Reason: "This field may not be blank."}}}},
		"no active account":     {400, file(t, "error-credentials.json"), outcome{vendorlogin.ErrRefreshRejected, "", noAccount, nil}},
		"401 and no more":       {401, ``, outcome{vendorlogin.ErrRefreshRejected, "", "", nil}},
		"another field":         {400, `{"errors":{"client":["x"]}}`, outcome{vendorlogin.ErrInvalidRequest, "", "", fields{{Field: "client", Reason: "x"}}}},
		"bad JSON":              {400, file(t, "error-json.json"), outcome{vendorlogin.ErrInvalidRequest, "", badJSON, nil}},
		"forbidden":             {403, file(t, "error-forbidden.json"), outcome{vendorlogin.ErrForbidden, "", "You do not have permission to perform this action.", nil}},
		"token refused by 500":  {500, file(t, "error-token.json"), outcome{vendorlogin.ErrUnavailable, "token_not_valid", "Token is invalid or expired", nil}},
		"server error":          {503, `{}`, outcome{vendorlogin.ErrUnavailable, "", "", nil}},
		"an answer of no token": {200, `{"refresh":"r"}`, outcome{vendorlogin.ErrBadResponse, "", "", fields{{Field: "access", Reason: "is missing"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.answers("POST", refreshURL, reply(c.status, c.body), reply(200, first))

			got, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

			assert.Nil(t, got)
			assertOutcome(t, c.want, "refresh", c.status, err)
			assert.Len(t, w.requests(), 1)
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
			w := newWire()
			w.answers("POST", loginURL, reply(400, body))

			_, err := authenticator(t, config(w)).Login(t.Context())

			e := vendorError(t, err)
			require.Len(t, e.Fields, 1)
			assert.Equal(t, "a", e.Fields[0].Field)
			assert.LessOrEqual(t, len(e.Fields[0].Reason), 256)
		})
	}
}

// Pages come from what stands before the vendor: the text says so.
func TestPageInPlaceOfAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", loginURL, reply(502, "<html>Bad Gateway</html>"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "gcore (ops@example.com): login: unavailable (502, POST api.gcore.com/iam/auth/jwt/login): an HTML page")
}
