package loginhttp

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
)

// A Call is one request.
type Call struct {
	Op     string // what for: "login", "refresh", "otp", "resend", "select", "logout"
	Method string // empty means GET

	// Base is another base URL for this call, where a vendor logs in on another host than its API is on. The rules for
	// Account.Endpoint hold for it too. Empty means Account.Endpoint.
	Base string

	// Path is appended to the base URL. It is empty, or begins with "/"; what is variable in it is escaped by [url.PathEscape].
	// Errors show it, so no secret belongs in it.
	Path string

	Query url.Values

	// Header is added to Accept: application/json, Content-Type and User-Agent. A field of the same name replaces one of these.
	// Accept also says in which format the vendor's failures are: see [Endpoint.Classify].
	Header http.Header

	// Body is encoded as JSON. A []byte is sent as it is, under the Content-Type in Header, which is required then. A string, an
	// io.Reader and url.Values are rejected. nil means no body.
	Body any

	// Form is sent as application/x-www-form-urlencoded. At most one of Body and Form is set. A Content-Type in Header that
	// contradicts the body is rejected too, before anything is sent.
	Form url.Values

	// Success lists statuses that mean success beside 2xx, such as 302 after a login form. A redirect is never followed.
	Success []int

	// Secrets are further values that errors must not repeat. What is in Query, Header, Body and Form is known.
	Secrets []string

	// Public are values in Query, Header, Body and Form that errors may repeat, such as "password" of a grant_type. Without it the word
	// "password" in a vendor's "wrong password" would be redacted, since it was sent. A value that is in Secrets too stays secret.
	Public []string

	// Once says that the request holds what the vendor takes once, such as a one-time password or a rotating refresh token.
	// It is never sent a second time. Any other request is sent again, once and after at most 2 seconds, in two cases. Either no
	// connection came about, or the vendor responded 429 or 503 with a Retry-After of at most 2 seconds. A response that does not
	// come is never a reason.
	Once bool
}

// Format prints a Call without what is in it.
func (c Call) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%s: %s %s", c.Op, c.Method, c.Path) }

// LogValue logs a Call without what is in it.
func (c Call) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// MarshalText is Format: encoding/json would otherwise write what is in a Call.
func (c Call) MarshalText() ([]byte, error) { return fmt.Append(nil, c), nil }
