package vendorlogin

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// What went wrong, for errors.Is. Every error of this module is, or wraps, one of them.
var (
	ErrInvalidCredentials = errors.New("wrong credentials")
	ErrForbidden          = errors.New("forbidden")
	ErrOTPRequired        = errors.New("one-time password required")
	ErrOTPRejected        = errors.New("one-time password rejected")
	ErrRateLimited        = errors.New("rate limited")
	ErrRefreshRejected    = errors.New("refresh token rejected")
	ErrInvalidRequest     = errors.New("invalid request") // a mistake in the configuration or the call, found by us or by the vendor
	ErrUnavailable        = errors.New("unavailable")     // the vendor, or something on the way to it, did not answer as it should
	ErrBadResponse        = errors.New("bad response")    // an answer that is not what the vendor documents

	ErrStore         = errors.New("store failure")
	ErrNoRecord      = errors.New("no record")
	ErrRecordChanged = errors.New("record changed")
	ErrLocked        = errors.New("locked")
	ErrClosed        = errors.New("client closed")
)

// An Error says what failed and for which account. Its text never holds a secret, a request's query or body, nor the vendor's own
// words, since vendors echo what they were sent; those, less anything that was sent, are in Message.
type Error struct {
	Account Account // whose login it was
	Op      string  // "login", "refresh", "otp", "resend", "select", "logout", "new" for a configuration refused, "token", "store", …
	Kind    error   // one of the sentinels
	Err     error   // the cause, where there is one: a network error, ctx.Err(); never holds a secret

	Request string // method, host and path, such as "POST api.gcore.com/iam/auth/jwt/login"; empty: nothing was to be sent
	Status  int    // HTTP status; 0: no answer

	Code    string       // the vendor's error code, such as "session/0"
	Message string       // the vendor's words: one line of at most 256 characters, less every value that was sent
	Fields  []FieldError // the fields that the vendor, or we, refused

	// RetryAt is when trying again makes sense; zero: not known. Until then a Client answers with this error, without a request.
	RetryAt time.Time

	// Unprocessed is set when the vendor surely did not act on the request: it was never sent, or turned away unread. A refresh
	// token in it is still good.
	Unprocessed bool
}

// A FieldError is one field that was refused, and why. It holds no value.
type FieldError struct {
	Field  string // its name, as the vendor or our Config spells it
	Reason string // such as "is empty"
}

// Error reads like "gcore: login: wrong credentials (400, POST api.gcore.com/iam/auth/jwt/login)". It does not say which account: several
// of one vendor are told apart by Account.
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Account.Vendor, e.Op} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	cause := e.Err
	if cause != nil && e.where() == "" && len(e.Fields) == 0 && errors.Is(cause, e.Kind) { // it says the kind too
		b.WriteString(cause.Error())
		cause = nil
	} else {
		b.WriteString(e.kind().Error())
	}
	if where := e.where(); where != "" {
		b.WriteString(" (" + where + ")")
	}
	if fields := e.fields(); fields != "" {
		b.WriteString(": " + fields)
	}
	if cause != nil {
		b.WriteString(": " + cause.Error())
	}
	if !e.RetryAt.IsZero() {
		rounded := e.RetryAt.Add(time.Second - 1).Truncate(time.Second)
		b.WriteString("; not before " + rounded.UTC().Format(time.RFC3339))
	}
	return b.String()
}

// GoString is Error: %#v must not print the fields one by one.
func (e *Error) GoString() string { return e.Error() }

// Unwrap gives Kind and Err.
func (e *Error) Unwrap() []error {
	chain := make([]error, 0, 2)
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			chain = append(chain, err)
		}
	}
	return chain
}

func (e *Error) kind() error {
	if e.Kind == nil {
		return errors.New("failed")
	}
	return e.Kind
}

// where is "400 session/0, POST host/path", as much of it as there is.
func (e *Error) where() string {
	var status []string
	if e.Status != 0 {
		status = append(status, strconv.Itoa(e.Status))
	}
	if e.Code != "" {
		status = append(status, e.Code)
	}
	var parts []string
	for _, part := range []string{strings.Join(status, " "), e.Request} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// fields names the refused fields. The reasons follow only where they are ours: a vendor's may quote what it was sent.
func (e *Error) fields() string {
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = f.Field
		if e.Status == 0 {
			names[i] += " " + f.Reason
		}
	}
	return strings.Join(names, ", ")
}
