// Package vendortest has five servers that behave like the login APIs of the
// five vendors this module knows, for tests and examples.
//
// They check what they are sent: method, path, headers, exact body fields and
// types. They respond with the vendors' own status codes, headers and bodies.
// They have second factors, rotating refresh tokens, tokens that expire,
// lockouts and rate limits. A server can be called in two ways:
//
//	srv := vendortest.NewGcore(nil)
//	srv.Client()           // in memory: no socket, works inside testing/synctest
//	srv.Start()            // or over a loopback socket, at srv.URL
//	defer srv.Close()
//
// In both, srv.URL is what a vendor's Config wants as BaseURL. After the test,
// [Server.Counts] tells what happened and [Server.Problems] what was wrong
// with what the client sent. [Server.Inject] simulates outages.
//
// Where a vendor documents no response, the server returns the most likely one.
// The constructors' comments list those. Time is time.Now: in a synctest bubble
// it is the bubble's.
package vendortest

import (
	"cmp"
	"time"
)

// The user and the API key of a server whose Options name none.
const (
	DefaultEmail    = "ops@example.com"
	DefaultPassword = "example-password"
	DefaultAPIKey   = "example-api-key"
)

// Options describe a server. Nil and zero values mean the vendor's documented
// defaults. The server keeps a copy.
type Options struct {
	// Users are the accounts. None: one user, DefaultEmail with
	// DefaultPassword and no second factor.
	Users []User

	// AccessLife is the lifetime of an access token. Zero: 1 hour, at all five.
	// Negative: tokens are issued already expired. In a JWT the end is cut to a
	// whole second, so that a token may end up to a second early. If AccessLife
	// has a fraction of a second, the end is cut to milliseconds instead.
	AccessLife time.Duration

	// RefreshLife is the lifetime of a refresh token. Zero: gmicloud 30 days,
	// genlogs, gcore and secmgmt 24 hours, genericlogin 7 days (documented for
	// gcore and genericlogin only). A rotation starts it anew, but not at
	// genericlogin, where the end is fixed at login.
	RefreshLife time.Duration

	// ChallengeLife is how long the second step of a login stays open:
	// gmicloud's authToken and e-mailed code, genericlogin's mfaTempToken.
	// Zero: 5 minutes.
	ChallengeLife time.Duration

	// ClockOffset is the server's clock minus the true time. It shows in the
	// Date header, in the tokens' exp and iat, in genlogs' expires, and in
	// which TOTP codes are accepted.
	ClockOffset time.Duration

	// MaxFailures is the number of wrong passwords within 10 minutes that locks
	// an e-mail address. The right password is rejected too, until the first
	// wrong one is 10 minutes old. gmicloud and genericlogin return 429
	// then, the others as if the password were wrong. Zero: 10; genericlogin:
	// 5. Negative: never.
	//
	// genericlogin counts attempts of password and LDAP, right or wrong, before
	// it checks them; a success forgets them.
	MaxFailures int

	// MaxOTPFailures is the number of wrong codes for one e-mail address after
	// which gmicloud and genericlogin return 429: within 5 minutes at
	// gmicloud, within 10 at genericlogin. The latter counts second factors
	// and e-mailed codes apart, before it checks them, and forgets them after
	// a success. Zero: 5. Negative: never. The others do not count them.
	MaxOTPFailures int

	// MaxResends is the number of times gmicloud sends a code again within 5
	// minutes before it returns 429. Zero: 5. Negative: no limit.
	MaxResends int

	// RateLimit is the number of logins, right or wrong, of all accounts
	// together, that one RateWindow allows; further ones get a 429.
	// Zero: no limit. A window begins with the first login after the last
	// window's end. The 429 has a Retry-After of the seconds left, rounded up;
	// genericlogin sends none.
	RateLimit int

	// RateWindow belongs to RateLimit. Zero: 5 minutes.
	RateWindow time.Duration

	// APIKey is what genlogs wants as x-api-key. Empty: DefaultAPIKey.
	APIKey string

	// BodyCredentials makes genlogs expect the credentials as a JSON body
	// instead of in the query.
	BodyCredentials bool

	// RefreshWorks turns genlogs' refresh call on. The vendor documents the
	// call, and that it cannot be used for now. False: it returns 401.
	RefreshWorks bool

	// NaiveExpires makes genlogs send expires without an offset (it is UTC).
	NaiveExpires bool

	// ExpiredStatus is the status genlogs' API gives an expired access token,
	// 401 or 403. Zero: 401.
	ExpiredStatus int

	// NAKStatus is the HTTP status of a failure in secmgmt's envelope at the
	// login and refresh calls. Zero: 200.
	NAKStatus int

	// NoWeb makes genericlogin reject web: true with a 403 for everybody, not
	// for service accounts only.
	NoWeb bool
}

// A User is an account. What a vendor does not have is ignored there.
type User struct {
	// Email is the name to log in with, "username" at gcore and secmgmt.
	// Upper and lower case are the same.
	Email    string
	Password string

	// TOTP is the secret of an authenticator app in base32, as a QR code
	// carries it. Not empty: gcore wants one_time_password, genericlogin a
	// second step. Codes of the step before and after are accepted.
	TOTP string

	// EmailCode switches on gmicloud's second factor, a code sent by e-mail. At
	// genericlogin it lets the user log in by such a code instead of the
	// password. See [Server.Code].
	EmailCode bool

	// RecoveryCodes stand in for a TOTP code at genericlogin, each once.
	RecoveryCodes []string

	// ResetPassword sets requireResetPassword in genericlogin's response.
	ResetPassword bool

	// ClientIDs are the accounts of a gcore user. Login lands in the first.
	// None: account 2.
	ClientIDs []int

	// Service makes a genericlogin service account: web: true is rejected
	// with a 403, and responses have no user.
	Service bool

	// Deactivated makes genericlogin reject the user after all right factors.
	Deactivated bool

	// IdP lets genericlogin log in by identity provider: idpName is IdP
	// ("idps/example"). IdPKind is "oauth2", "oidc" or "ldap"; empty: oauth2 or
	// oidc, whichever is sent. The code in idpContext is IdPCode, which works
	// once; SetUser makes it work again. "ldap" takes IdPUser and Password,
	// sent as email and password. What the provider rejects is a 500 with
	// code 13, as are the provider's own outages: see Server.SetIdPDown.
	IdP, IdPKind, IdPCode, IdPUser string
}

// Counts are what a server has seen since it was made.
type Counts struct {
	Requests          int // all that arrived, those that a fault replaced included
	Logins            int // tokens handed out for credentials
	WrongPasswords    int // logins with an unknown e-mail, a wrong password, or a wrong code of an identity provider
	WrongAPIKeys      int // genlogs: requests with a wrong x-api-key
	OTPs              int // second-factor codes accepted, recovery codes included
	WrongOTPs         int // codes rejected
	OTPReused         int // codes that had been accepted before; genericlogin accepts them again, gcore and gmicloud do not
	Refreshes         int // refresh tokens exchanged for new tokens
	RefreshesRejected int // refresh calls rejected
	RefreshReused     int // refresh tokens presented after they had been used; part of RefreshesRejected
	Selects           int // gcore: accounts selected
	Resends           int // gmicloud: codes sent again; genericlogin: codes sent
	Logouts           int // genericlogin: logouts
	APICalls          int // calls to the protected API accepted
	APIRejected       int // calls to the protected API rejected
	APIExpired        int // an expired token was presented there; part of APIRejected
	RateLimited       int // responses with status 429, those of a fault not included
	LockedOut         int // logins rejected because of earlier wrong passwords or codes
	Faulted           int // requests that met an injected fault
	Invalid           int // requests that broke the vendor's contract; see Problems
}

// defaults are those that differ between vendors.
type defaults struct {
	refreshLife time.Duration
	maxFailures int           // zero: 10
	codeWindow  time.Duration // of MaxOTPFailures; zero: 5 minutes
}

func (o *Options) withDefaults(d defaults) Options {
	var c Options
	if o != nil {
		c = *o
	}
	if len(c.Users) == 0 {
		c.Users = []User{{Email: DefaultEmail, Password: DefaultPassword}}
	}
	setDefault(&c.AccessLife, time.Hour)
	setDefault(&c.RefreshLife, d.refreshLife)
	setDefault(&c.ChallengeLife, 5*time.Minute)
	setDefault(&c.MaxFailures, cmp.Or(d.maxFailures, 10))
	setDefault(&c.MaxOTPFailures, 5)
	setDefault(&c.MaxResends, 5)
	setDefault(&c.RateWindow, 5*time.Minute)
	setDefault(&c.APIKey, DefaultAPIKey)
	setDefault(&c.ExpiredStatus, 401)
	setDefault(&c.NAKStatus, 200)
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
