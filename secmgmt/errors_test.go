package secmgmt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
)

type fields = []vendorlogin.FieldError

// outcome is what an answer means.
type outcome struct {
	kind    error
	code    string
	message string
	fields  fields
}

var noToken = outcome{kind: vendorlogin.ErrBadResponse, fields: fields{{Field: "content.token", Reason: "is missing"}}}

func assertOutcome(t *testing.T, want outcome, op string, status int, err error) {
	t.Helper()
	e := vendorError(t, err)
	assert.Equal(t, want, outcome{e.Kind, e.Code, e.Message, e.Fields})
	assert.Equal(t, op, e.Op)
	assert.Equal(t, status, e.Status)
	assert.NotContains(t, err.Error(), "\n")
	if want.message != "" {
		assert.NotContains(t, err.Error(), want.message, "the vendor's words are in Message alone")
	}
}

func TestLoginErrors(t *testing.T) {
	t.Parallel()
	wrong := outcome{vendorlogin.ErrInvalidCredentials, "AUTH_1001", "Invalid credentials", nil}
	token := `"content":[{"token":"a","refreshToken":"r","validityTime":60}]`
	for name, c := range map[string]struct {
		status int
		body   string
		want   outcome
	}{
		"wrong credentials, 200": {200, file(t, "error-credentials.json"), wrong},
		"wrong credentials, 400": {400, file(t, "error-credentials.json"), wrong},
		"wrong credentials, 401": {401, file(t, "error-credentials.json"), wrong},
		"wrong credentials, 403": {403, file(t, "error-credentials.json"), wrong},
		"wrong credentials, 500": {500, file(t, "error-credentials.json"), wrong},
		"the right key":          {200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials"}`, wrong},
		"both keys":              {200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials","errorMessageerrorMessage":"x"}`, wrong},
		"an empty right key":     {200, `{"errorCode":"AUTH_1001","errorMessage":"","errorMessageerrorMessage":"Invalid credentials"}`, wrong},
		"code and token":         {200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials",` + token + `}`, wrong},
		"content of text":        {200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials","content":"none"}`, wrong},
		"content of a number":    {200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials","content":1,"pageable":1}`, wrong},
		"token refused":          {200, file(t, "error-token.json"), outcome{vendorlogin.ErrInvalidCredentials, "AUTH_1002", "Invalid token", nil}},
		"unavailable, 200":       {200, file(t, "error-unavailable.json"), outcome{vendorlogin.ErrUnavailable, "GLOBAL_1001", "Service unavailable", nil}},
		"unavailable, 400":       {400, file(t, "error-unavailable.json"), outcome{vendorlogin.ErrUnavailable, "GLOBAL_1001", "Service unavailable", nil}},
		"unavailable, 503":       {503, file(t, "error-unavailable.json"), outcome{vendorlogin.ErrUnavailable, "GLOBAL_1001", "Service unavailable", nil}},
		"other code, 200":        {200, file(t, "error-other.json"), outcome{vendorlogin.ErrInvalidRequest, "SUBSCRIBER_1002", "Subscriber not found", nil}},
		"other code, 404":        {404, file(t, "error-other.json"), outcome{vendorlogin.ErrInvalidRequest, "SUBSCRIBER_1002", "Subscriber not found", nil}},
		"other code, 403":        {403, file(t, "error-other.json"), outcome{vendorlogin.ErrForbidden, "SUBSCRIBER_1002", "Subscriber not found", nil}},
		"other code, 500":        {500, file(t, "error-other.json"), outcome{vendorlogin.ErrUnavailable, "SUBSCRIBER_1002", "Subscriber not found", nil}},
		"a code of a number":     {200, `{"errorCode":1001,"errorMessage":["x"]}`, outcome{vendorlogin.ErrInvalidRequest, "1001", `["x"]`, nil}},
		"limit":                  {429, `{"errorCode":"AUTH_1001","errorMessage":"slow"}`, outcome{vendorlogin.ErrRateLimited, "AUTH_1001", "slow", nil}},
		"framework, 500":         {500, file(t, "error-spring.json"), outcome{vendorlogin.ErrUnavailable, "", "No static resource api/v2/auth/token.", nil}},
		"framework, 401":         {401, `{"timestamp":1,"status":401,"error":"Unauthorized","path":"/x"}`, outcome{vendorlogin.ErrInvalidCredentials, "", "Unauthorized", nil}},
		"framework, 400":         {400, `{"status":400,"error":"Bad Request","message":""}`, outcome{vendorlogin.ErrInvalidRequest, "", "Bad Request", nil}},
		"html":                   {502, `<html>Bad Gateway</html>`, outcome{vendorlogin.ErrUnavailable, "", "", nil}},
		"nothing, 401":           {401, ``, outcome{vendorlogin.ErrInvalidCredentials, "", "", nil}},
		"nothing, 403":           {403, ``, outcome{vendorlogin.ErrForbidden, "", "", nil}},
		"a list, 400":            {400, `[1]`, outcome{vendorlogin.ErrInvalidRequest, "", "", nil}},
		"a login page":           {200, `<html>Sign in</html>`, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"an empty answer":        {200, ``, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"half an answer":         {200, `{"errorCode":"","content":[{"token":"a`, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"a list":                 {200, `[1]`, outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"text for content":       {200, answer(`"token"`), outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"a number for a token":   {200, answer(`[{"token":1}]`), outcome{vendorlogin.ErrBadResponse, "", "", nil}},
		"null":                   {200, `null`, noToken},
		"another object":         {200, `{"ok":true}`, noToken},
		"content of nothing":     {200, answer(`""`), noToken},
		"content of blanks":      {200, answer(`"  "`), noToken},
		"content null":           {200, answer(`null`), noToken},
		"content empty":          {200, answer(`[]`), noToken},
		"content of null":        {200, answer(`[null]`), noToken},
		"no token":               {200, answer(`{}`), noToken},
		"an empty token":         {200, answer(`[{"token":"","refreshToken":"r"}]`), noToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.answers("POST", tokenURL, reply(c.status, c.body), reply(200, file(t, "login.json")))

			got, err := authenticator(t, config(w)).Login(t.Context())

			assert.Nil(t, got)
			assertOutcome(t, c.want, "login", c.status, err)
			assert.Equal(t, "POST portal.example.com/api/v2/auth/token", vendorError(t, err).Request)
			assert.Len(t, w.requests(), 1, "no login is repeated")
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", tokenURL, reply(200, file(t, "error-credentials.json")))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "secmgmt (ops@example.com): login: wrong credentials (200 AUTH_1001, POST portal.example.com/api/v2/auth/token)")
}

func TestRefreshErrors(t *testing.T) {
	t.Parallel()
	refused := outcome{vendorlogin.ErrRefreshRejected, "AUTH_1002", "Invalid token", nil}
	for name, c := range map[string]struct {
		status int
		body   string
		want   outcome
	}{
		"token refused, 200": {200, file(t, "error-token.json"), refused},
		"token refused, 400": {400, file(t, "error-token.json"), refused},
		"token refused, 401": {401, file(t, "error-token.json"), refused},
		"wrong credentials":  {200, file(t, "error-credentials.json"), outcome{vendorlogin.ErrRefreshRejected, "AUTH_1001", "Invalid credentials", nil}},
		"401 and no more":    {401, ``, outcome{vendorlogin.ErrRefreshRejected, "", "", nil}},
		"unavailable":        {200, file(t, "error-unavailable.json"), outcome{vendorlogin.ErrUnavailable, "GLOBAL_1001", "Service unavailable", nil}},
		"other code":         {200, file(t, "error-other.json"), outcome{vendorlogin.ErrInvalidRequest, "SUBSCRIBER_1002", "Subscriber not found", nil}},
		"framework":          {500, file(t, "error-spring.json"), outcome{vendorlogin.ErrUnavailable, "", "No static resource api/v2/auth/token.", nil}},
		"no token":           {200, answer(`""`), noToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire()
			w.answers("PUT", tokenURL, reply(c.status, c.body), reply(200, file(t, "refresh.json")))

			got, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

			assert.Nil(t, got)
			assertOutcome(t, c.want, "refresh", c.status, err)
			assert.Len(t, w.requests(), 1)
		})
	}
}

// Pages come from what stands before the vendor: the text says so.
func TestPageInPlaceOfAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWire()
	w.answers("POST", tokenURL, reply(502, "<html>Bad Gateway</html>"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "secmgmt (ops@example.com): login: unavailable (502, POST portal.example.com/api/v2/auth/token): an HTML page")
}
