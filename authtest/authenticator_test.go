package authtest_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
)

// plainVendor is a plainServer and an authenticator for it.
func plainVendor(f flaws, wantsCode bool) authtest.Vendor {
	v := authtest.Vendor{
		Server:  newPlainServer(wantsCode),
		BaseURL: "https://vendor.example/base", API: "https://vendor.example/base/me",
		Username: "ops@example.com", Password: examplePassword,
		New: func(s authtest.Setup) (vendorlogin.Authenticator, error) { return newPlain(f, s) },
	}
	if wantsCode {
		v.OTP = vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return exampleCode, nil })
	}
	return v
}

func TestAuthenticatorPlain(t *testing.T) {
	t.Parallel()
	authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor { return plainVendor(flaws{}, false) })
}

func TestAuthenticatorWithCode(t *testing.T) {
	t.Parallel()
	authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor { return plainVendor(flaws{}, true) })
}

// TestAuthenticatorBare: one that has none of the optional interfaces, before a vendor without an API, passes too.
func TestAuthenticatorBare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(*testing.T) {
		failed, skipped := authtest.AuthenticatorCases(func() authtest.Vendor {
			v := plainVendor(flaws{}, false)
			full, server := v.New, v.Server
			v.API, v.BaseURL = "", ""
			v.Server = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.Path = "/base" + r.URL.Path
				server.ServeHTTP(w, r)
			})
			v.New = func(s authtest.Setup) (vendorlogin.Authenticator, error) {
				auth, err := full(s)
				return struct{ vendorlogin.Authenticator }{auth}, err
			}
			return v
		})
		assert.Empty(t, failed)
		assert.Contains(t, skipped, "refresh/token")
		assert.Contains(t, skipped, "revoke/session")
		assert.Contains(t, skipped, "fingerprint/secrets")
		assert.Contains(t, skipped, "authorize/api")
		assert.NotContains(t, skipped, "login/token")
	})
}

// TestAuthenticatorWrong: one that is wrong in one way is caught by the cases for the rule that it breaks.
func TestAuthenticatorWrong(t *testing.T) {
	t.Parallel()
	idle := authtest.AuthenticatorCaseNames()
	for _, wrong := range wrongAuthenticators {
		name := nameOf(wrong.flaws)
		caught := strings.Fields(wrong.caught)
		wantsCode := strings.HasPrefix(caught[0], "otp")
		synctest.Test(t, func(*testing.T) {
			failed, _ := authtest.AuthenticatorCases(func() authtest.Vendor { return plainVendor(wrong.flaws, wantsCode) }, caught...)
			for _, c := range caught {
				assert.Contains(t, failed, c, "%s: this case finds nothing", name)
			}
			assert.Contains(t, strings.Join(failed[caught[0]], "\n"), wrong.says, name)
			idle = slices.DeleteFunc(idle, func(c string) bool { return len(failed[c]) > 0 })
		})
	}
	assert.Empty(t, idle, "no wrong authenticator is caught by these cases")
}

var wrongAuthenticators = []struct {
	flaws  flaws
	caught string // cases that have to fail
	says   string // a part of what the first of them says
}{
	{flaws{repeatable: true}, "login/reset refresh/reset revoke/reset", "10 requests were sent"},
	{flaws{showsTrace: true}, "login/traced refresh/traced revoke/traced", "httptrace saw the login"},
	{flaws{pagesReject: true}, "login/page refresh/page renewal/outage", "a 400 with"},
	{flaws{retryAfterOf429: true}, "login/retry-after refresh/retry-after", "RetryAt is 0001"},
	{flaws{missingUnnamed: true}, "login/no-token refresh/no-token", "does not name in Fields what was missing"},
	{flaws{keepsMark: true}, "login/encoded refresh/encoded", "with a byte order mark failed"},
	{flaws{keepsGzip: true}, "login/encoded refresh/encoded", "with gzip failed"},
	{flaws{ctxIsUnavailable: true}, "login/ctx-ends login/ctx-over refresh/ctx-ends", `returned "unavailable"`},
	{flaws{sendsControl: true}, "password/control-characters", "in it ended in"},
	{flaws{takesBlanks: true}, "new/names", "was taken for a success"},
	{flaws{readsAgain: true}, "renewal/reads-once", "read the password 2 times"},
	{flaws{rejectionIsOutage: true}, "renewal/hold renewal/refresh-rejected", "ended in"},
	{flaws{authorizeRaw: true}, "authorize/scheme authorize/control-characters", "does not go out as"},
	{flaws{twoParameters: true}, "authorize/again", "of the first token on the request"},
	{flaws{revokeFindsOut: true}, "revoke/unknown", "Revoke of what was revoked failed"},
	{flaws{accountNobody: true}, "account/same", "has no Principal"},
	{flaws{accountIgnoresUser: true}, "account/user", "another Username makes the same Account"},
	{flaws{rejectedCloses: true}, "authorize/rejected", "the body of a"},
	{flaws{newSends: true}, "new/does-nothing", "New sent 1 requests"},
	{flaws{newReads: true}, "new/does-nothing", "New read the password"},
	{flaws{newTakesAnything: true}, "new/rejects", "New with a BaseURL"},
	{flaws{newNeedsNoPassword: true}, "new/rejects", "New with no Password was taken for a success"},
	{flaws{capturesPassword: true}, "password/each-time password/wrong password/missing password/unreadable", "was taken for a success"},
	{flaws{capturesTransport: true}, "client/later", "Login failed"},
	{flaws{accountUnstable: true}, "account/same account/endpoint", "Account depends on the password"},
	{flaws{accountOfPassword: true}, "account/same", "Account depends on the password"},
	{flaws{accountOfSpelling: true}, "account/endpoint", "a slash at the end of BaseURL makes another Account"},
	{flaws{accountIgnoresEndpoint: true}, "account/endpoint", "another BaseURL makes the same Account"},
	{flaws{accountNameless: true}, "account/same", "Account has no Vendor"},
	{flaws{accountNoURL: true}, "account/same", "is no URL"},
	{flaws{accountElsewhere: true}, "account/same", "is not the BaseURL that was configured"},
	{flaws{accountSecret: true}, "account/tells-nothing", "Account shows a secret: the password"},
	{flaws{printsItself: true}, "account/tells-nothing", "the Authenticator shows a secret: the access token"},
	{flaws{retriesWrongPassword: true}, "password/wrong", "2 requests were sent"},
	{flaws{retriesUnavailable: true}, "login/unavailable refresh/unavailable revoke/unavailable", "5 requests were sent"},
	{flaws{retriesDropped: true}, "login/dropped refresh/dropped revoke/dropped login/slow", "5 requests were sent"},
	{flaws{retriesRefused: true}, "login/refused refresh/refused revoke/refused", "5 requests were sent"},
	{flaws{retriesWithoutEnd: true}, "login/rate-limited refresh/rate-limited revoke/rate-limited", "5 requests were sent"},
	{flaws{followsRedirects: true}, "login/redirected refresh/redirected revoke/redirected", "a 30"},
	{flaws{sendsEmptyPassword: true}, "password/missing", "an empty password ended in"},
	{flaws{sendsElsewhere: true}, "login/stays-here", "telemetry.example"},
	{flaws{sendsTwice: true}, "password/wrong refresh/rejected", "the same request was sent twice"},
	{flaws{usesJar: true}, "client/unchanged", "cookie jar"},
	{flaws{closesIdle: true}, "client/unchanged", "idle connections"},
	{flaws{changesClient: true}, "client/unchanged", "changed the caller's http.Client"},
	{
		flaws{ignoresCtx: true}, "login/ctx-over login/ctx-ends refresh/ctx-over refresh/ctx-ends revoke/ctx-over revoke/ctx-ends",
		"a call whose ctx is over returned no error",
	},
	{flaws{noTimeout: true}, "login/slow refresh/slow revoke/slow", "was waited for for 1h0m"},
	{flaws{sleeps: true}, "login/rate-limited refresh/rate-limited revoke/rate-limited login/unavailable", "slept over"},
	{flaws{withToken: true}, "client/of-its-own", "2 requests were sent"},
	{flaws{caches: true}, "login/each-time password/each-time", "a second Login gave the very same *Token"},
	{flaws{reusesToken: true}, "login/each-time", "a second Login changed the token of the first"},
	{flaws{issuedLate: true}, "login/token refresh/token", "but the request was sent"},
	{flaws{issuedNever: true}, "login/token", "the token has no IssuedAt"},
	{flaws{expired: true}, "login/token refresh/token", "is not after IssuedAt"},
	{flaws{refreshExpired: true}, "login/token refresh/token", "RefreshExpiresAt"},
	{flaws{badType: true}, "login/token authorize/api", "cannot be the scheme"},
	{flaws{extraSecret: true}, "login/tells-nothing", "shows a secret: the refresh token"},
	{flaws{takesAnything: true}, "login/broken-response refresh/broken-response", "was taken for a success"},
	{flaws{readsAll: true}, "login/broken-response refresh/broken-response", "read on and on"},
	{flaws{sequential: true}, "login/at-once", "one of several Logins at once failed"},
	{
		flaws{forgetsToRecover: true}, "login/recovers refresh/recovers revoke/recovers password/each-time",
		"the login after a failed one failed",
	},
	{flaws{plainErrors: true}, "password/wrong login/any-status refresh/rejected", "is no *vendorlogin.Error"},
	{flaws{otherAccount: true}, "password/wrong login/any-status", "names another account"},
	{flaws{noOp: true}, "login/any-status refresh/any-status", "has no Op"},
	{flaws{wrongOp: true}, "password/wrong refresh/rejected", `has Op "token"`},
	{flaws{noStatus: true}, "password/wrong login/any-status refresh/rejected", "has no Status"},
	{flaws{noRequest: true}, "password/wrong", "does not say which Request"},
	{flaws{queryInRequest: true}, "login/any-status", "has a query in Request"},
	{flaws{printsPassword: true}, "password/wrong login/echoed", "shows a secret: the password"},
	{
		flaws{printsBody: true}, "login/echoed refresh/echoed revoke/echoed login/words refresh/words revoke/words",
		"shows a secret: the password",
	},
	{flaws{printsURL: true}, "new/rejects", "shows a secret: what is in the URL"},
	{flaws{printsCause: true}, "login/echoed refresh/echoed revoke/echoed", "shows a secret: the password"},
	{flaws{printsLocation: true}, "login/redirected refresh/redirected revoke/redirected", "shows a secret: the query of a Location"},
	{flaws{allForbidden: true}, "password/wrong login/unavailable", `ended in "plain (ops@example.com): login: forbidden`},
	{
		flaws{allInvalidCredentials: true}, "login/unavailable login/broken-response refresh/rejected refresh/not-rejected",
		`ended in "plain (ops@example.com): login: wrong credentials`,
	},
	{flaws{noRetryAt: true}, "login/rate-limited refresh/rate-limited", "RetryAt is 0001"},
	{flaws{neverUnprocessed: true}, "login/refused refresh/refused", "is not Unprocessed"},
	{flaws{alwaysUnprocessed: true}, "login/dropped refresh/dropped password/wrong", "is Unprocessed, but"},
	{
		flaws{timeoutForCtx: true}, "login/ctx-ends login/ctx-over refresh/ctx-ends",
		`returned "plain (ops@example.com): login: unavailable: timeout", not "context canceled"`,
	},
	{flaws{bareSecretError: true}, "password/unreadable", "is no *vendorlogin.Error"},
	{flaws{hidesSecretError: true}, "password/unreadable password/ctx", `not in "the vault is sealed"`},
	{flaws{rejectsOnOutage: true}, "refresh/not-rejected refresh/unavailable", `returned "refresh token rejected"`},
	{flaws{asksTwice: true}, "otp/asked", "was asked for 2 times"},
	{flaws{asksWithoutEnd: true}, "otp/wrong", "10 times"},
	{flaws{repeatsCode: true}, "otp/same", "was sent 3 times"},
	{flaws{missingCodeIsForbidden: true}, "otp/missing", `ended in "plain (ops@example.com): otp: forbidden"`},
	{flaws{wrongCodeIsPassword: true}, "otp/wrong otp/same", `not in "one-time password rejected"`},
	{flaws{refreshChanges: true}, "refresh/token refresh/rejected refresh/not-rejected", "Refresh changed the token that it was given"},
	{flaws{refreshSame: true}, "refresh/token", "the very *Token that it was given"},
	{flaws{refreshReadsPassword: true}, "refresh/token", "Refresh read the password"},
	{flaws{refreshDropsRefresh: true}, "refresh/token", "has no Refresh"},
	{flaws{refreshDropsSubject: true}, "refresh/token", `has Subject ""`},
	{flaws{refreshDropsType: true}, "refresh/token", `has Type ""`},
	{flaws{refreshGivesToken: true}, "refresh/rejected", "a token beside an error"},
	{flaws{refreshRejectedIsPassword: true}, "refresh/rejected", `not in "refresh token rejected"`},
	{flaws{refreshRetries: true}, "refresh/rejected", "sent twice"},
	{flaws{comesBackSoon: true}, "refresh/rate-limited", "the refresh token was sent 2 times"},
	{flaws{comesBackSoon: true}, "otp/once", "a one-time password was sent 2 times"},
	{flaws{authorizeAdds: true}, "authorize/again authorize/control-characters", "of the first token on the request"},
	{flaws{authorizeQuery: true}, "authorize/header", "changed a parameter of the caller's"},
	{flaws{authorizeReads: true}, "authorize/header", "read or closed the body"},
	{flaws{authorizeAnything: true}, "authorize/control-characters", "returned no error"},
	{flaws{authorizeNothing: true}, "authorize/header authorize/api", "put no token on the request"},
	{flaws{authorizeOverwrites: true}, "authorize/header", "changed a header of the caller's"},
	{flaws{authorizeSends: true}, "authorize/header", "a request of its own"},
	{flaws{authorizeChanges: true}, "authorize/header", "changed the token"},
	{flaws{authorizeWrong: true}, "authorize/api", "the API responded with 401"},
	{flaws{rejectsAll: true}, "authorize/rejected authorize/api", "Rejected says true to a"},
	{flaws{rejectsNone: true}, "authorize/rejected authorize/api", "Rejected says false to a 401"},
	{flaws{rejectedReads: true}, "authorize/rejected", "the body of a"},
	{flaws{revokeChanges: true}, "revoke/session", "Revoke changed the token"},
	{flaws{revokeFails: true}, "revoke/session", "Revoke failed"},
	{flaws{fingerprintConstant: true}, "fingerprint/secrets fingerprint/fails", "the same after the password has changed"},
	{flaws{fingerprintRandom: true}, "fingerprint/secrets", "another at the second look"},
	{flaws{fingerprintSends: true}, "fingerprint/secrets", "requests"},
	{flaws{fingerprintAtNew: true}, "fingerprint/secrets", "the same after the password has changed"},
	{flaws{fingerprintSwallows: true}, "fingerprint/fails", "returned no error"},
	{flaws{fingerprintShows: true}, "fingerprint/fails", "shows a secret: the password"},
}
