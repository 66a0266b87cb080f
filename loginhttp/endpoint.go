package loginhttp

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// maxDuration bounds one Do, from before the first request to the end of the last response.
const maxDuration = 30 * time.Second

// An Endpoint is one account of one vendor, and the way to it. An Authenticator makes one and keeps it. Its methods are safe for concurrent
// use and change nothing that they are given.
type Endpoint struct {
	// Account says who logs in where. Account.Endpoint is the base URL, as [BaseURL] returns it.
	Account vendorlogin.Account

	// HTTPClient is read at every call and never changed: its Transport is used, and its Timeout where that is less than 30
	// seconds. Its Jar and CheckRedirect are not used, and its idle connections are left alone. nil means [http.DefaultClient].
	HTTPClient *http.Client

	// AllowPlainHTTP lets credentials go over plain http to hosts other than this one.
	AllowPlainHTTP bool

	// Classify reads the vendor's own words for a failure. It is called for every complete response, 2xx included, since some vendors fail
	// with 200; redirects that Call.Success does not list are the exception. It sets what it knows of Kind, Code, Message, Fields and
	// RetryAt, copied from the response as they are. Do takes out what was sent, bounds them, and fills in the rest.
	//
	// A nil result for a 2xx or a status in Call.Success means success. A result without a Kind for these is ErrBadResponse. For
	// another status, nil or a result without a Kind means what OAuth's error words say, where the request has a grant_type, or
	// else the status:
	//
	//	401                            ErrInvalidCredentials; of a "refresh" ErrRefreshRejected
	//	403                            ErrForbidden
	//	429                            ErrRateLimited
	//	407, 408, 421, 425, 499, 5xx   ErrUnavailable
	//	4xx                            ErrInvalidRequest
	//	others                         ErrBadResponse
	//
	// Where neither Classify nor OAuth's error words give a Kind, a 4xx other than 401 and 429 is ErrUnavailable if its body is empty, an
	// HTML page, or not of the format in the call's Accept: it then comes from a proxy, or from a server that is being deployed. A Kind
	// that Classify sets stays, whatever the body is. So Classify returns [Answer.Foreign] for a body that is not the vendor's.
	Classify func(*Answer) *vendorlogin.Error
}

// httpClient is the caller's client, or the default one as it is now.
func (e Endpoint) httpClient() *http.Client {
	return cmp.Or(e.HTTPClient, http.DefaultClient)
}

// transport is the caller's, or the default one as it is now.
func (e Endpoint) transport() http.RoundTripper {
	if t := e.httpClient().Transport; t != nil {
		return t
	}
	return http.DefaultTransport
}

// timeout is how long one Do may take.
func (e Endpoint) timeout() time.Duration {
	if t := e.httpClient().Timeout; t > 0 {
		return min(t, maxDuration)
	}
	return maxDuration
}

// urlOf is the URL of a call without its query, and the name of the field that its host comes from.
func (e Endpoint) urlOf(c Call) (url, field string) {
	base, field := e.Account.Endpoint, "Account.Endpoint"
	if c.Base != "" {
		base, field = c.Base, "Base"
	}
	return strings.TrimRight(base, "/") + c.Path, field
}
