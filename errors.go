package vendorlogin

import (
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What went wrong, for errors.Is. Every error of this module is, or wraps, one of them, or matches ctx.Err().
var (
	ErrInvalidCredentials = errors.New("wrong credentials")
	ErrForbidden          = errors.New("forbidden")
	ErrOTPRequired        = errors.New("one-time password required")
	ErrOTPRejected        = errors.New("one-time password rejected")
	ErrRateLimited        = errors.New("rate limited")
	ErrRefreshRejected    = errors.New("refresh token rejected")
	ErrInvalidRequest     = errors.New("invalid request") // a mistake in the configuration or the call, found here or by the vendor
	ErrUnavailable        = errors.New("unavailable")     // the vendor, or something on the way to it, did not respond as it should
	ErrBadResponse        = errors.New("bad response")    // not what the vendor documents

	ErrStore         = errors.New("store failure")
	ErrNoRecord      = errors.New("no record")
	ErrRecordChanged = errors.New("record changed")
	ErrLocked        = errors.New("locked")
	ErrClosed        = errors.New("client closed")
)

// An Error says what failed and for which account. Its text never holds a secret, a request's query or body, or of the vendor's own words
// more than Code and the names of Fields, since vendors echo what they were sent.
type Error struct {
	Account Account // whose login it was
	Op      string  // "login", "refresh", "otp", "resend", "select", "logout", "new" for a rejected configuration, "token", "store", …
	Kind    error   // one of the sentinels; of a caller that left: its ctx.Err()
	Err     error   // the cause, where there is one, such as a network error; never holds a secret

	Request string // method, host and path, such as "POST api.gcore.com/iam/auth/jwt/login"; empty: there was no request
	Status  int    // HTTP status; 0: no response

	Code    string       // the vendor's error code, such as "session/0"
	Message string       // the vendor's words: one line of at most 256 characters; each value that was sent is replaced by "[redacted]"
	Fields  []FieldError // the fields that were rejected, by the vendor or here

	// RetryAt is when trying again makes sense; zero: not known. Until then a Client that has no valid token returns this error again,
	// with Remembered set, and sends nothing.
	RetryAt time.Time

	// Unprocessed is set when the vendor certainly did not act on the request: it was never sent, or was not processed. A refresh token in it
	// is still good. In a login of several requests through loginhttp it speaks of the last one.
	Unprocessed bool

	// Remembered is set when this call sent nothing: the error is that of an earlier one, and holds until RetryAt.
	Remembered bool
}

// A FieldError is one field that was rejected, and why. It holds no value.
type FieldError struct {
	Field  string // its name, as the vendor or our Config spells it
	Reason string // such as "is empty"
}

// Error reads like "gcore (ops@example.com): login: wrong credentials (400, POST api.gcore.com/iam/auth/jwt/login); not sent again
// before 2026-03-01T10:15:00Z".
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.who(), e.Op} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	cause := e.Err
	if cause != nil && e.where() == "" && errors.Is(cause, e.Kind) { // it says the kind too
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
		again := "; not sent again before "
		if e.Unprocessed {
			again = "; not tried again before "
		}
		b.WriteString(again + rounded.UTC().Format(time.RFC3339))
	}
	if e.Remembered {
		b.WriteString(" (remembered from an earlier call)")
	}
	return b.String()
}

// GoString is Error: %#v must not print the fields one by one.
func (e *Error) GoString() string { return e.Error() }

// MarshalText is Error, so that encoding/json writes the text and not the fields.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LogValue is a group: the text, and what one would search a log for.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("text", e.Error()), slog.String("kind", e.kind().Error())}
	for _, a := range []struct{ key, value string }{
		{"vendor", e.Account.Vendor}, {"principal", e.Account.Principal}, {"op", e.Op}, {"request", e.Request}, {"code", e.Code},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, a.value))
		}
	}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("status", e.Status))
	}
	if !e.RetryAt.IsZero() {
		attrs = append(attrs, slog.Time("retry_at", e.RetryAt))
	}
	return slog.GroupValue(append(attrs, slog.Bool("remembered", e.Remembered))...)
}

// Unwrap returns Kind and Err.
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

// who is "vendor (principal)", as much of it as there is.
func (e *Error) who() string {
	if e.Account.Principal == "" {
		return e.Account.Vendor
	}
	return strings.TrimSpace(e.Account.Vendor + " (" + e.Account.Principal + ")")
}

// where is "400 session/0, POST host/path", as much of it as there is.
func (e *Error) where() string {
	status := ""
	if e.Status != 0 {
		status = strconv.Itoa(e.Status)
	}
	return joined(", ", joined(" ", status, e.Code), e.Request)
}

// joined leaves out what is empty.
func joined(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

// fields names the rejected fields. The reasons follow only where they are ours: a vendor's may quote what it was sent.
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

// asError is e as an error, nil where e is nil.
func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}

// plainError is an error that is its text.
type plainError string

func (e plainError) Error() string { return string(e) }

// kinds are what a login can fail with.
var kinds = []error{ErrInvalidCredentials, ErrForbidden, ErrOTPRequired, ErrOTPRejected, ErrRateLimited, ErrRefreshRejected,
	ErrInvalidRequest, ErrUnavailable, ErrBadResponse}
