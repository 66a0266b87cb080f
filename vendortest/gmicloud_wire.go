package vendortest

import (
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

type gmiError struct {
	Group   string      `json:"group"`
	Code    int         `json:"code"`
	Message string      `json:"message,omitempty"`
	Traces  []string    `json:"traces,omitempty"`
	Detail  []gmiDetail `json:"validationDetail,omitempty"`
}

type gmiDetail struct {
	Field         string `json:"field"`
	Expression    string `json:"expression"`
	Argument      string `json:"argument,omitempty"`
	OriginalValue any    `json:"originalValue"` // whatever was sent, as the vendor echoes it
	Reason        string `json:"reason"`
}

func gmiReply(status int, e gmiError) reply {
	return jsonReply(status, e).with("Content-Type", "application/json; charset=utf-8")
}

func gmiFailure(status int, group string, code int, message string) reply {
	return gmiReply(status, gmiError{Group: group, Code: code, Message: message})
}

func gmiLimited(wait time.Duration) reply {
	return gmiFailure(http.StatusTooManyRequests, "rate-limit", 0, "Rate limit exceeded.").retryAfter(wait)
}

func gmiInvalid(rows []gmiDetail) reply {
	return gmiReply(http.StatusBadRequest, gmiError{Group: "request", Code: 0, Detail: rows})
}

func gmiRequired(field string, sent any) []gmiDetail {
	return []gmiDetail{{Field: field, Expression: "required", OriginalValue: sent, Reason: "This field is required."}}
}

// failures are the documented ones of the 500 list.
func (v *gmiCloud) failure(status int, code string) reply {
	messages := map[string]string{
		"request/1": "The request body is required.", "session/0": "Invalid email or password.",
		"auth/0": "Invalid CE-ClientId.", "auth/1": "Invalid refresh token.",
		"rate-limit/0": "Rate limit exceeded.", "user/400": "Too many requests.",
		"email/0":      "Failed to send email.",
		"rate-limit/1": "Failed to get rate limit configuration.", "rate-limit/2": "Failed to save rate limit configuration.",
		"session/200": "Failed to create auth token.", "session/201": "Failed to save auth token data.",
		"session/1": "Invalid auth token.", "session/2": "Invalid OTP code.",
		"auth/2": "Invalid access token.", "auth/3": "The access token has expired.",
		"session/204": "Failed to create OTP code.", "session/207": "Unsupported OTP code delivery method.",
		"user/1200": "Get user encountered DB error.",
	}
	if code == "" {
		code = map[int]string{400: "request/0", 401: "auth/2", 429: "rate-limit/0"}[status]
	}
	if code == "" {
		code = "session/200"
	}
	group, number, _ := strings.Cut(code, "/")
	n, _ := strconv.Atoi(number)
	e := gmiError{Group: group, Code: n, Message: messages[code]}
	if status >= http.StatusInternalServerError {
		e.Traces = []string{"error occurred."}
	}
	return gmiReply(status, e)
}

func (v *gmiCloud) unknown(c *call) reply {
	c.broke("there is no such call")
	return gmiFailure(http.StatusNotFound, "request", 0, "Not found.")
}

// read takes a body of strings apart, and says for the vendor what is wrong with it.
func (v *gmiCloud) read(c *call, required, optional []string) (values map[string]string, bad *reply) {
	c.onlyOwnHeaders("x-api-key", "Access-Token")
	c.noQuery()
	jsonType := c.isJSON()
	o := c.object(slices.Concat(required, optional)...)
	if o.empty {
		return nil, new(gmiFailure(http.StatusBadRequest, "request", 1, "The request body is required."))
	}
	if o.syntax != nil || !jsonType {
		return nil, new(gmiReply(http.StatusBadRequest, gmiError{Group: "request", Message: "Invalid request body.", Traces: traces(o.syntax)}))
	}
	values, flaws := c.texts(o, required, optional...)
	rows := gmiFlaws(flaws)
	if email := values["email"]; email != "" && !isAddress(email) {
		c.broke("email is not an e-mail address")
		rows = append(rows, gmiDetail{Field: "email", Expression: "email", OriginalValue: email, Reason: "This field must be a valid email."})
	}
	if len(rows) > 0 {
		return nil, new(gmiInvalid(rows))
	}
	return values, nil
}

func traces(err error) []string {
	if err == nil {
		return nil
	}
	return []string{err.Error()}
}

func gmiFlaws(flaws []flaw) (rows []gmiDetail) {
	for _, f := range flaws {
		switch {
		case f.extra:
			rows = append(rows, gmiDetail{Field: f.field, Expression: "unknown", OriginalValue: f.raw, Reason: "This field is not expected."})
		case f.is == other:
			rows = append(rows, gmiDetail{
				Field: f.field, Expression: "type", Argument: "string", OriginalValue: f.raw, Reason: "This field must be a string.",
			})
		default:
			rows = append(rows, gmiRequired(f.field, "")...)
		}
	}
	return rows
}

func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// deviceID is the CE-ClientId: 1 to 7 ASCII letters and digits.
func (v *gmiCloud) deviceID(c *call) (string, bool) {
	values := c.Header.Values("CE-ClientId")
	if len(values) == 1 && goodDeviceID(values[0]) {
		return values[0], true
	}
	c.broke("CE-ClientId is not 1 to 7 letters and digits")
	return "", false
}

func goodDeviceID(id string) bool {
	for _, r := range id {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 7
}

func badDevice() reply {
	return gmiFailure(http.StatusBadRequest, "auth", 0, "Invalid CE-ClientId.")
}
