package secmgmt_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/adaptertest"
)

type failure adaptertest.Failure

// noToken is a success that lacks what matters.
func noToken(body string) failure {
	return failure{200, body, vendorlogin.ErrBadResponse, "", "", adaptertest.Field("content.token", "is missing")}
}

func TestLoginErrors(t *testing.T) {
	t.Parallel()
	wrong := func(status int, body string) failure {
		return failure{status, body, vendorlogin.ErrInvalidCredentials, "AUTH_1001", "Invalid credentials", nil}
	}
	token := `"content":[{"token":"a","refreshToken":"r","validityTime":60}]`
	for name, c := range map[string]failure{
		"wrong credentials, 200": wrong(200, "error-credentials.json"),
		"wrong credentials, 400": wrong(400, "error-credentials.json"),
		"wrong credentials, 401": wrong(401, "error-credentials.json"),
		"wrong credentials, 403": wrong(403, "error-credentials.json"),
		"wrong credentials, 500": wrong(500, "error-credentials.json"),
		"the right key":          wrong(200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials"}`),
		"both keys":              wrong(200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials","errorMessageerrorMessage":"x"}`),
		"an empty right key":     wrong(200, `{"errorCode":"AUTH_1001","errorMessage":"","errorMessageerrorMessage":"Invalid credentials"}`),
		"code and token":         wrong(200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials",`+token+`}`),
		"content of text":        wrong(200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials","content":"none"}`),
		"content of a number":    wrong(200, `{"errorCode":"AUTH_1001","errorMessage":"Invalid credentials","content":1,"pageable":1}`),
		"token rejected":         {200, "error-token.json", vendorlogin.ErrInvalidCredentials, "AUTH_1002", "Invalid token", nil},
		"unavailable, 200":       {200, "error-unavailable.json", vendorlogin.ErrUnavailable, "GLOBAL_1001", "Service unavailable", nil},
		"unavailable, 400":       {400, "error-unavailable.json", vendorlogin.ErrUnavailable, "GLOBAL_1001", "Service unavailable", nil},
		"unavailable, 503":       {503, "error-unavailable.json", vendorlogin.ErrUnavailable, "GLOBAL_1001", "Service unavailable", nil},
		"other code, 200":        {200, "error-other.json", vendorlogin.ErrInvalidRequest, "SUBSCRIBER_1002", "Subscriber not found", nil},
		"other code, 404":        {404, "error-other.json", vendorlogin.ErrInvalidRequest, "SUBSCRIBER_1002", "Subscriber not found", nil},
		"other code, 403":        {403, "error-other.json", vendorlogin.ErrForbidden, "SUBSCRIBER_1002", "Subscriber not found", nil},
		"other code, 500":        {500, "error-other.json", vendorlogin.ErrUnavailable, "SUBSCRIBER_1002", "Subscriber not found", nil},
		"a code of a number":     {200, `{"errorCode":1001,"errorMessage":["x"]}`, vendorlogin.ErrInvalidRequest, "1001", "", nil},
		"limit":                  {429, `{"errorCode":"AUTH_1001","errorMessage":"slow"}`, vendorlogin.ErrRateLimited, "AUTH_1001", "slow", nil},
		"framework, 500":         {500, "error-spring.json", vendorlogin.ErrUnavailable, "", "No static resource api/v2/auth/token.", nil},
		"framework, 401": {
			401, `{"timestamp":1,"status":401,"error":"Unauthorized","path":"/x"}`, vendorlogin.ErrInvalidCredentials, "", "Unauthorized", nil,
		},
		"framework, 400": {
			400, `{"status":400,"error":"Bad Request","message":""}`, vendorlogin.ErrInvalidRequest, "", "Bad Request", nil,
		},
		"html":                 {502, `<html>Bad Gateway</html>`, vendorlogin.ErrUnavailable, "", "", nil},
		"nothing, 401":         {401, ``, vendorlogin.ErrInvalidCredentials, "", "", nil},
		"nothing, 403":         {403, ``, vendorlogin.ErrUnavailable, "", "", nil},
		"a list, 400":          {400, `[1]`, vendorlogin.ErrUnavailable, "", "", nil},
		"a login page":         {200, `<html>Sign in</html>`, vendorlogin.ErrBadResponse, "", "", nil},
		"an empty answer":      {200, ``, vendorlogin.ErrBadResponse, "", "", nil},
		"half an answer":       {200, `{"errorCode":"","content":[{"token":"a`, vendorlogin.ErrBadResponse, "", "", nil},
		"a list":               {200, `[1]`, vendorlogin.ErrBadResponse, "", "", nil},
		"text for content":     {200, answer(`"token"`), vendorlogin.ErrBadResponse, "", "", nil},
		"a number for a token": {200, answer(`[{"token":1}]`), vendorlogin.ErrBadResponse, "", "", nil},
		"null":                 noToken(`null`),
		"another object":       noToken(`{"ok":true}`),
		"content of nothing":   noToken(answer(`""`)),
		"content of blanks":    noToken(answer(`"  "`)),
		"content null":         noToken(answer(`null`)),
		"content empty":        noToken(answer(`[]`)),
		"content of null":      noToken(answer(`[null]`)),
		"no token":             noToken(answer(`{}`)),
		"an empty token":       noToken(answer(`[{"token":"","refreshToken":"r"}]`)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("POST", tokenURL, adaptertest.Reply(c.Status, c.Body), adaptertest.Reply(200, "login.json"))

			got, err := authenticator(t, config(w)).Login(t.Context())

			adaptertest.Failure(c).Assert(t, "login", got, err)
			assert.Equal(t, "POST portal.example.com/api/v2/auth/token", adaptertest.VendorError(t, err).Request)
			assert.Len(t, w.Requests(), 1, "no login is repeated")
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokenURL, adaptertest.Reply(200, "error-credentials.json"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "secmgmt (ops@example.com): login: wrong credentials (200 AUTH_1001, POST portal.example.com/api/v2/auth/token)")
}

func TestRefreshErrors(t *testing.T) {
	t.Parallel()
	rejected := func(status int) failure {
		return failure{status, "error-token.json", vendorlogin.ErrRefreshRejected, "AUTH_1002", "Invalid token", nil}
	}
	for name, c := range map[string]failure{
		"token rejected, 200": rejected(200),
		"token rejected, 400": rejected(400),
		"token rejected, 401": rejected(401),
		"wrong credentials":   {200, "error-credentials.json", vendorlogin.ErrRefreshRejected, "AUTH_1001", "Invalid credentials", nil},
		"401 and no more":     {401, ``, vendorlogin.ErrRefreshRejected, "", "", nil},
		"unavailable":         {200, "error-unavailable.json", vendorlogin.ErrUnavailable, "GLOBAL_1001", "Service unavailable", nil},
		"other code":          {200, "error-other.json", vendorlogin.ErrInvalidRequest, "SUBSCRIBER_1002", "Subscriber not found", nil},
		"framework":           {500, "error-spring.json", vendorlogin.ErrUnavailable, "", "No static resource api/v2/auth/token.", nil},
		"no token":            noToken(answer(`""`)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := adaptertest.NewWire()
			w.On("PUT", tokenURL, adaptertest.Reply(c.Status, c.Body), adaptertest.Reply(200, "refresh.json"))

			got, err := authenticator(t, config(w)).Refresh(t.Context(), oldToken())

			adaptertest.Failure(c).Assert(t, "refresh", got, err)
			assert.Len(t, w.Requests(), 1)
		})
	}
}

// Pages come from what stands before the vendor: the text says so.
func TestPageInPlaceOfAResponse(t *testing.T) {
	t.Parallel()
	w := adaptertest.NewWire()
	w.On("POST", tokenURL, adaptertest.Reply(502, "<html>Bad Gateway</html>"))

	_, err := authenticator(t, config(w)).Login(t.Context())

	assert.EqualError(t, err, "secmgmt (ops@example.com): login: unavailable (502, POST portal.example.com/api/v2/auth/token): an HTML page")
}
