package genericlogin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// classify reads {"code", "message"}: gRPC's number of a status, or its name where the server speaks Connect. Outside its API the
// server says 405 with a message alone.
func classify(a *loginhttp.Answer) *vendorlogin.Error {
	if a.Status < http.StatusBadRequest {
		return nil
	}
	var body struct{ Code, Message json.RawMessage }
	_ = json.Unmarshal(a.Body, &body) // where it fails, both stay empty
	e := &vendorlogin.Error{Code: loginhttp.Text(body.Code), Message: loginhttp.Text(body.Message)}
	if e.Code == "" && (a.Status != http.StatusMethodNotAllowed || e.Message == "") {
		return a.Foreign()
	}
	switch {
	case a.Status == http.StatusUnauthorized && says(e.Message, "user has been deactivated"):
		e.Kind = vendorlogin.ErrForbidden
	case a.Status == http.StatusInternalServerError && providerRejects(e.Message):
		e.Kind = vendorlogin.ErrInvalidCredentials
	}
	return e
}

// providerRejects reports whether an internal error is an identity provider's rejection. Only the message tells that from an
// outage: a code is rejected with an error of OAuth's, an LDAP password with result code 49.
func providerRejects(message string) bool {
	for _, outage := range []string{`oauth2: "server_error"`, `oauth2: "temporarily_unavailable"`, `oauth2: "invalid_client"`} {
		if says(message, outage) {
			return false
		}
	}
	return says(message, `oauth2: "`) || says(message, "ldap result code 49") ||
		says(message, "failed to get user info") && says(message, "invalid credentials")
}

// secondStepError says what a 401 of the second step means. Only two messages mean that the code was wrong. After any other the
// code was not looked at, most likely because the step has been closed: it takes another login.
func secondStepError(err error) error {
	e, ok := errors.AsType[*vendorlogin.Error](err)
	if !ok || e.Status != http.StatusUnauthorized || e.Kind == vendorlogin.ErrForbidden {
		return err
	}
	e.Kind = vendorlogin.ErrOTPRequired
	if says(e.Message, "invalid mfa code") || says(e.Message, "invalid recovery code") {
		e.Kind = vendorlogin.ErrOTPRejected
	}
	return err
}

// says looks for words in a message whose case, blanks and escapes differ between builds of the server.
func says(message, words string) bool {
	plain := strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(message), `\`, "")), " ")
	return strings.Contains(plain, words)
}
