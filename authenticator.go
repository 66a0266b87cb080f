package vendorlogin

import (
	"context"
	"net/http"
)

// An Authenticator logs in to one account of one vendor. It is dumb on purpose: no cache, no lock, no retry loop; a [Client] has
// those. Implementations are safe for concurrent use, change nothing about themselves in Login, and honour ctx.
//
// What a vendor can do beyond logging in, it says by implementing one of the one-method interfaces below; a Client finds them by
// type assertion.
type Authenticator interface {
	// Account says which account this is. It holds no secret and is the same for the same configuration, in every process.
	Account() Account

	// Login exchanges the credentials for a fresh token. It passes on the ctx it is given, to SecretFuncs and OTPSources too. A failure is an *[Error] whose Kind is one of this package's sentinels;
	// ctx ending is one that errors.Is ctx.Err(). Login sends wrong credentials once and never again by itself.
	Login(ctx context.Context) (*Token, error)
}

// A Refresher renews a token without the password.
type Refresher interface {
	// Refresh is called only when old.Refresh is set. It does not change old. [ErrRefreshRejected] means that the vendor will not
	// take this refresh token again: a Client then logs in at once. After any other error that is not Unprocessed, it cannot know
	// whether the refresh token is used up: it never sends it again, and its next attempt is a Login.
	Refresh(ctx context.Context, old *Token) (*Token, error)
}

// An Authorizer puts a token on a request the vendor's own way. Without it a request carries "Authorization: <Type> <Access>".
type Authorizer interface {
	// Authorize sets headers on req and does nothing else to it. req may be a clone that shares its body with the original.
	Authorize(req *http.Request, t *Token) error
}

// A Rejecter says whether an API's answer means that the token is not accepted any more. Without it that is status 401.
type Rejecter interface {
	// Rejected looks at status and headers; it neither reads nor closes the body.
	Rejected(resp *http.Response, t *Token) bool
}

// An Originer says where the vendor's API is, for vendors whose API is not at Account.Endpoint. Without it a token goes to the origin
// of Account.Endpoint only. Options.Origins replaces both.
type Originer interface {
	// APIOrigins lists origins such as "https://api.example.com". It is asked once per token; t is nil before the first.
	APIOrigins(t *Token) []string
}

// A Revoker ends a session at the vendor.
type Revoker interface {
	// Revoke makes the vendor forget t, which may have expired and may lack a refresh token. That the vendor does not know it any
	// more is no error.
	Revoke(ctx context.Context, t *Token) error
}

// A Fingerprinter tells whether credentials have changed without telling what they are: after a wrong password, a [Client] sends
// nothing until the fingerprint differs, or its cooldown has passed.
type Fingerprinter interface {
	// Fingerprint covers every secret that Login would send now; see [Account.Fingerprint].
	Fingerprint(ctx context.Context) (uint64, error)
}

// WithoutToken returns a context whose requests pass through a Client's Transport untouched: no token, no renewal. An
// Authenticator that is not built on package loginhttp makes its own requests with it, so that a login never waits for itself when
// its http.Client is one that a Client's Transport was put into.
func WithoutToken(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutTokenKey{}, true)
}

type withoutTokenKey struct{}

// authorize is the one place that puts a token on a request.
func authorize(a Authenticator, req *http.Request, t *Token) error {
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if own, ok := a.(Authorizer); ok {
		return own.Authorize(req, t)
	}
	return t.SetAuthHeader(req)
}

// rejected is the one place that decides whether an answer condemns the token.
func rejected(a Authenticator, resp *http.Response, t *Token) bool {
	if own, ok := a.(Rejecter); ok {
		return own.Rejected(resp, t)
	}
	return resp.StatusCode == http.StatusUnauthorized
}
