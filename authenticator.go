package vendorlogin

import (
	"context"
	"net/http"
)

// An Authenticator logs in to one account of one vendor. It has no cache, no lock and no retry loop; a [Client] has those.
// Implementations are safe for concurrent use, keep no state between calls of Login, and honour ctx.
//
// What a vendor can do beyond logging in, it says by implementing one of the one-method interfaces below; a Client finds them by
// type assertion.
type Authenticator interface {
	// Account says which account this is. It holds no secret and is the same for the same configuration, in every process.
	Account() Account

	// Login exchanges the credentials for a fresh token. It passes on the ctx it is given, to SecretFuncs and OTPSources too. It does not
	// repeat a login that the vendor rejected. A failure is an *[Error] whose Kind is one of this package's sentinels; where ctx ended, it
	// matches ctx.Err(). Set Unprocessed only if the vendor acted on no request of this Login that carries a credential: then it does not
	// count as an attempt. Package loginhttp sets it by the last request alone, and tells the Client of earlier ones.
	Login(ctx context.Context) (*Token, error)
}

// A Refresher renews a token without the password.
type Refresher interface {
	// Refresh is called only when old.Refresh is set. It does not change old. [ErrRefreshRejected] means that the vendor will not take this
	// refresh token again. A Client then logs in within the same call, as it does after [ErrInvalidCredentials], [ErrForbidden], and
	// [ErrInvalidRequest] with a status from 400 to 499. After an error that is not Unprocessed the refresh token is never sent again: it may
	// be consumed.
	Refresh(ctx context.Context, old *Token) (*Token, error)
}

// An Authorizer puts a token on a request the vendor's own way. Without it a request carries "Authorization: <Type> <Access>".
type Authorizer interface {
	// Authorize sets headers on req, and the query or the body where the vendor carries its token there. It does nothing else to req. In a
	// Transport req is a shallow copy: do not write into its header values. To change the body, close it, and give req a new Body with its
	// GetBody and ContentLength. It removes a token that req carries already. A token that cannot stand there, such as one with a line break,
	// is [ErrBadResponse], and req stays as it was: [Token.SetHeader] and [Token.SetAuthHeader] do all of this for a header.
	Authorize(req *http.Request, t *Token) error
}

// A Rejecter says whether an API's response means that the token is not accepted any more. Without it that is status 401.
type Rejecter interface {
	// Rejected is true for status 401, and for what else means it at this vendor. It looks at status and headers, and at the body
	// through [PeekBody] only.
	Rejected(resp *http.Response, t *Token) bool
}

// An Originer says where the vendor's API is, for vendors whose API is not at Account.Endpoint. Without it a token goes to the origin
// of Account.Endpoint only. Options.Origins replaces both.
type Originer interface {
	// APIOrigins lists origins such as "https://api.example.com". A Client asks it once per token.
	APIOrigins(t *Token) []string
}

// A Revoker ends a session at the vendor.
type Revoker interface {
	// Revoke makes the vendor forget t, which may have expired and may lack a refresh token. A session that the vendor does not
	// know any more is no error.
	Revoke(ctx context.Context, t *Token) error
}

// A Fingerprinter tells whether credentials have changed without telling what they are. After a wrong password a [Client] sends
// nothing until the fingerprint differs, or its cooldown has passed.
type Fingerprinter interface {
	// Fingerprint covers every secret that Login sends; see [Account.Fingerprint]. A secret that goes through
	// [SecretFunc.OncePerLogin] is read once for both.
	Fingerprint(ctx context.Context) (uint64, error)
}

// WithoutToken returns a context whose requests pass through a Client's Transport untouched: no token, no renewal. An Authenticator
// that is not built on package loginhttp makes its own requests with it. Its http.Client may then be one that a Client's Transport
// was put into: the login does not wait for itself.
func WithoutToken(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutTokenKey{}, true)
}

type withoutTokenKey struct{}
