package loginhttp_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// What the call's Accept says of the vendor's format decides whether a 4xx is the vendor's own.
func TestTheVendorsFormat(t *testing.T) {
	t.Parallel()
	const ours, theirs = true, false
	for _, test := range []struct {
		accept, contentType, body string
		vendors                   bool
	}{
		{"", "", `{"message":"no"}`, ours},
		{"", "text/html", `{"message":"no"}`, ours},
		{"", "text/plain", ` ["no"]`, ours},
		{"", "", `"no"`, ours},
		{"", "", "", theirs},
		{"", "application/json", " \n", theirs},
		{"", "", `{"message":`, theirs},
		{"", "", "404", theirs},
		{"", "", "null", theirs},
		{"", "text/plain", "default backend - 404", theirs},
		{"", "text/html", "<html><body>no", theirs},
		{"", "application/json", "<!DOCTYPE html>", theirs},
		{"", "", "<!-- a comment -->\n<HTML>", theirs},
		{"", "text/xml", "<error/>", theirs},
		{"application/xml", "text/xml", "<error/>", ours},
		{"application/xml", "", "\ufeff<?xml version='1.0'?><error/>", ours},
		{"application/soap+xml", "text/xml", "<?xml version='1.0'?><!DOCTYPE html><html>", theirs},
		{"text/xml", "", `{"message":"no"}`, theirs},
		{"text/xml", "", "no", theirs},
		{"application/json, text/xml", "", "<error/>", ours},
		{"application/json, text/xml", "", `{"a":1}`, ours},
		{"application/json, text/xml", "", "no", theirs},
		{"text/plain", "", "no", ours},
		{"text/plain", "", "5", ours},
		{"text/plain", "", "<html> is no user", theirs},
		{"text/plain", "", "no user <html>", ours},
		{"text/plain", "text/html", "no", theirs},
		{"text/plain", "", "", theirs},
		{"*/*", "", "no", ours},
	} {
		call := login()
		if test.accept != "" {
			call.Header = http.Header{"Accept": {test.accept}}
		}
		for status, kind := range map[int]error{400: vendorlogin.ErrInvalidRequest, 403: vendorlogin.ErrForbidden,
			404: vendorlogin.ErrInvalidRequest} {
			if !test.vendors {
				kind = vendorlogin.ErrUnavailable
			}
			_, err := endpoint(responding(status, test.body, "Content-Type", test.contentType)).Do(t.Context(), call, nil)
			assert.Equal(t, kind, failure(t, err).Kind, "%+v", test)
		}
		for status, kind := range map[int]error{401: vendorlogin.ErrInvalidCredentials, 429: vendorlogin.ErrRateLimited,
			503: vendorlogin.ErrUnavailable} {
			_, err := endpoint(responding(status, test.body, "Content-Type", test.contentType)).Do(t.Context(), call, nil)
			assert.Equal(t, kind, failure(t, err).Kind, "%+v", test)
		}
	}
}

// A few seconds of a deploy, and what proxies say, reject no credentials; Classify goes before.
func TestProxiesRejectNothing(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"login", "refresh", "otp"} {
		for _, response := range []struct {
			status int
			body   string
		}{
			{404, "<html><h1>404</h1>"}, {404, "default backend - 404"}, {405, ""}, {400, "<html>"}, {403, "<!doctype html>"},
			{407, ""}, {421, ""}, {425, ""}, {499, ""}, {407, "{}"}, {421, "{}"}, {425, "{}"}, {408, "{}"}, {499, "{}"},
		} {
			e, call := endpoint(responding(response.status, response.body)), login()
			call.Op = op
			_, err := e.Do(t.Context(), call, nil)
			assertKind(t, vendorlogin.ErrUnavailable, err)

			e.Classify = func(*loginhttp.Answer) *vendorlogin.Error { return &vendorlogin.Error{Kind: vendorlogin.ErrForbidden} }
			_, err = e.Do(t.Context(), call, nil)
			assertKind(t, vendorlogin.ErrForbidden, err)

			e.Classify = func(*loginhttp.Answer) *vendorlogin.Error { return &vendorlogin.Error{Message: "words"} }
			_, err = e.Do(t.Context(), call, nil)
			assertKind(t, vendorlogin.ErrUnavailable, err)
		}
	}
}
