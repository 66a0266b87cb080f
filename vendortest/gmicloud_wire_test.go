package vendortest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestGMICloudInvalidRequests(t *testing.T) {
	t.Parallel()
	row := func(field, expression, more, original, reason string) string {
		return fmt.Sprintf(`{"group":"request","code":0,"validationDetail":[{"field":%q,"expression":%q,%s"originalValue":%s,"reason":%q}]}`,
			field, expression, more, original, reason)
	}
	tests := map[string]struct {
		path, body string
		header     []string
		want       string
		problem    string
	}{
		"no body": {
			body: "", header: []string{"Content-Type", "application/json"},
			want: `{"group":"request","code":1,"message":"The request body is required."}`, problem: "body is missing",
		},
		"no email": {
			body: `{"password":"x"}`, want: row("email", "required", "", `""`, "This field is required."), problem: "email is missing",
		},
		"empty email": {
			body: `{"email":"","password":"x"}`, want: row("email", "required", "", `""`, "This field is required."), problem: "email is empty",
		},
		"null password": {
			body: `{"email":"a@example.com","password":null}`, want: row("password", "required", "", `""`, "This field is required."),
			problem: "password",
		},
		"no address": {
			body: `{"email":"ops","password":"x"}`, want: row("email", "email", "", `"ops"`, "This field must be a valid email."),
			problem: "not an e-mail",
		},
		"number password": {
			body: `{"email":"a@example.com","password":12345}`,
			want: row("password", "type", `"argument":"string",`, `12345`, "This field must be a string."), problem: "not a string",
		},
		"unknown field": {
			body: `{"email":"a@example.com","password":"x","web":{"a":[1]}}`,
			want: row("web", "unknown", "", `{"a":[1]}`, "This field is not expected."), problem: "unknown field web",
		},
		"doubled field": {
			body: `{"email":"a@example.com","password":"x","password":"y"}`,
			want: row("password", "unknown", "", `"y"`, "This field is not expected."), problem: "field password twice",
		},
		"cut": {
			body:    `{"email":"a@example.com"`,
			want:    `{"group":"request","code":0,"message":"Invalid request body.","traces":["unexpected end of JSON input"]}`,
			problem: "not one JSON object",
		},
		"form": {
			body: gmiLogin, header: []string{"-Content-Type", "", "Content-Type", "text/plain"},
			want: `{"group":"request","code":0,"message":"Invalid request body."}`, problem: "Content-Type",
		},
		"device of 8": {
			body: gmiLogin, header: []string{"CE-ClientId", "gmicloud"}, want: `{"group":"auth","code":0,"message":"Invalid CE-ClientId."}`,
			problem: "CE-ClientId",
		},
		"session without device": {
			path: "/me/sessions", body: `{"authToken":"x"}`,
			want:    `{"group":"auth","code":0,"message":"Invalid CE-ClientId."}`,
			problem: "CE-ClientId"},
		"odd device": {
			path: "/me/sessions", body: `{"authToken":"x"}`, header: []string{"CE-ClientId", "dev-1"},
			want:    `{"group":"auth","code":0,"message":"Invalid CE-ClientId."}`,
			problem: "CE-ClientId"},
		"two devices": {path: "/me/sessions", body: `{"authToken":"x"}`, header: []string{"CE-ClientId", "a", "CE-ClientId", "b"},
			want: `{"group":"auth","code":0,"message":"Invalid CE-ClientId."}`, problem: "CE-ClientId"},
		"number code": {path: "/me/sessions", body: `{"authToken":"x","otpCode":321673}`, header: gmiDevice,
			want: row("otpCode", "type", `"argument":"string",`, `321673`, "This field must be a string."), problem: "otpCode is not a string"},
		"other type": {path: "/me/sessions", body: `{"authToken":"x","type":"google"}`, header: gmiDevice,
			want: row("type", "oneof", `"argument":"native",`, `"google"`, "This field is invalid."), problem: "type is not native"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := inMemory(t, vendortest.NewGMICloud, nil)
			path := "/me/auth-tokens"
			if tc.path != "" {
				path = tc.path
			}
			s.do("POST", path, tc.body, tc.header...).is(t, 400, tc.want)
			s.problem(tc.problem)
			assert.Zero(t, s.srv.Counts().WrongPasswords)
		})
	}
}

func TestGMICloudFailures(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGMICloud, nil)
	s.srv.Inject(
		vendortest.Fault{Status: 500},
		vendortest.Fault{Code: "email/0"},
		vendortest.Fault{Code: "user/1200"},
		vendortest.Fault{Status: 429},
		vendortest.Fault{Status: 401},
	)
	for _, want := range []struct {
		status int
		body   string
	}{
		{500, `{"group":"session","code":200,"message":"Failed to create auth token.","traces":["error occurred."]}`},
		{500, `{"group":"email","code":0,"message":"Failed to send email.","traces":["error occurred."]}`},
		{500, `{"group":"user","code":1200,"message":"Get user encountered DB error.","traces":["error occurred."]}`},
		{429, `{"group":"rate-limit","code":0,"message":"Rate limit exceeded."}`},
		{401, `{"group":"auth","code":2,"message":"Invalid access token."}`},
	} {
		s.do("POST", "/me/auth-tokens", gmiLogin).is(t, want.status, want.body)
	}
}
