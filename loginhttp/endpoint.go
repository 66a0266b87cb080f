// Package loginhttp is the one HTTP exchange that every vendor logs in through: [Endpoint.Do] sends a request that carries
// credentials and reads the answer, and gets right what is easy to get wrong there.
//
//   - It sends over https only, follows no redirect, uses no cookie jar, reads at most 1 MiB and ends within 30 seconds.
//   - It sends again, once, only what the vendor surely did not act on; see [Call.Once].
//   - Every failure is a [*vendorlogin.Error] that holds nothing that was sent, even where the vendor echoes it.
//
// An adapter is left with what is the vendor's own: what its requests look like, how to read its answers, and what its errors
// are called. Directory examples/newvendor holds one to copy.
package loginhttp

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// maxDuration bounds one Do, from before the first request to the end of the last answer.
const maxDuration = 30 * time.Second

// An Endpoint is one account of one vendor, and the way to it. It is a small value: make one for each login. Its methods are
// safe for concurrent use and change nothing that they are handed.
type Endpoint struct {
	// Account says who logs in where. Account.Endpoint is the base URL, as [BaseURL] gives it.
	Account vendorlogin.Account

	// HTTPClient is read at every call and never changed: its Transport is used, and its Timeout where that is less than 30
	// seconds. Its Jar and CheckRedirect are not, and its idle connections are left alone. nil means [http.DefaultClient].
	HTTPClient *http.Client

	// AllowPlainHTTP lets credentials go over plain http to hosts other than this one.
	AllowPlainHTTP bool

	// Classify reads the vendor's own words for a failure. It is called for every complete answer but redirects, with status 2xx
	// too, since some vendors fail with 200; there nil means success. For another status nil, or a result without a Kind,
	// means what the status says:
	//
	//	401       ErrInvalidCredentials; of a "refresh" ErrRefreshRejected
	//	403       ErrForbidden
	//	408, 5xx  ErrUnavailable
	//	429       ErrRateLimited
	//	4xx       ErrInvalidRequest
	//	others    ErrBadResponse
	//
	// Classify sets what it knows of Kind, Code, Message and Fields, copied from the answer as they are; Do takes out what was
	// sent, bounds them, and fills in the rest.
	Classify func(*Answer) *vendorlogin.Error
}

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

	// Header replaces the fields of the same name among Accept (application/json), Content-Type and User-Agent, and adds others.
	Header http.Header

	// Body is encoded as JSON. A []byte is sent as it is, under the Content-Type in Header, which is required then. A string, an
	// io.Reader and url.Values are rejected. nil means no body.
	Body any

	// Form is sent as application/x-www-form-urlencoded. At most one of Body and Form is set. A Content-Type in Header that
	// contradicts the body is rejected too, before anything is sent.
	Form url.Values

	// Secrets are further values that errors must not repeat. What is in Query, Header, Body and Form is known.
	Secrets []string

	// Once says that the request holds what the vendor takes once, such as a one-time password or a rotating refresh token:
	// it is never sent a second time. Without it a request goes out again, once and after at most 2 seconds, if no connection
	// came about, or if the vendor answered 429 or 503 with a Retry-After of at most 2 seconds. An answer that does not come is
	// never a reason. (A GET may be repeated by net/http itself, on a connection that the server closed meanwhile.)
	Once bool
}

// Format prints a Call without what is in it.
func (c Call) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%s: %s %s", c.Op, c.Method, c.Path) }

// LogValue logs a Call without what is in it.
func (c Call) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// MarshalText is Format: encoding/json would otherwise write what is in a Call.
func (c Call) MarshalText() ([]byte, error) { return fmt.Append(nil, c), nil }

// Do sends c and decodes the JSON of a 2xx response into out. JSON is known by its content: a wrong Content-Type is no failure. With
// out nil any 2xx response will do, an empty one too; a *[]byte takes the body as it is. Answer.Body has it in any case, so XML and
// text are read from there.
//
// The error is a *[vendorlogin.Error] with Account, Op, Request and, as far as they are known, Status, Code, Message, Fields and
// RetryAt. If ctx ended it matches ctx.Err(). The Answer is there whenever there was a response, beside an error too; then it is
// not safe to print what is in it.
func (e Endpoint) Do(ctx context.Context, c Call, out any) (*Answer, error) {
	ctx, cancel := context.WithTimeout(vendorlogin.WithoutToken(ctx), e.timeout())
	defer cancel()

	x := &exchange{Endpoint: e, Call: c}
	if failure := x.prepare(ctx); failure != nil {
		return nil, failure
	}
	answer, failure := x.send(ctx)
	if failure != nil {
		return answer, failure
	}
	if failure := x.judge(answer); failure != nil {
		return answer, failure
	}
	if failure := x.decode(answer, out); failure != nil {
		return answer, failure
	}
	return answer, nil
}

// httpClient is the caller's client, or the default one as it is now.
func (e Endpoint) httpClient() *http.Client {
	if e.HTTPClient == nil {
		return http.DefaultClient
	}
	return e.HTTPClient
}

// timeout is how long one Do may take.
func (e Endpoint) timeout() time.Duration {
	if t := e.httpClient().Timeout; t > 0 {
		return min(t, maxDuration)
	}
	return maxDuration
}
