package loginhttp

import (
	"net/http"

	"github.com/vendorlogin/vendorlogin"
)

// Foreign is what an [Endpoint.Classify] returns for a failure that is not in the vendor's format, such as the JSON of a proxy that stands
// before it. A 4xx is then ErrUnavailable: whoever sent it has rejected no credentials. It is nil where the status means the same whoever
// sent it: 401, 429, and every status outside 400 to 499.
func (a *Answer) Foreign() *vendorlogin.Error {
	if a.Status < 400 || a.Status > 499 || a.Status == http.StatusUnauthorized || a.Status == http.StatusTooManyRequests {
		return nil
	}
	return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Err: errForeign}
}
