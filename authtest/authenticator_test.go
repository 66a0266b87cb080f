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
	for name, wrong := range wrongAuthenticators {
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

var wrongAuthenticators = map[string]struct {
	flaws  flaws
	caught string // cases that have to fail
	says   string // a part of what the first of them says
}{
	"repeatable":      {flaws{repeatable: true}, "login/reset refresh/reset revoke/reset", "10 requests were sent"},
	"showsTrace":      {flaws{showsTrace: true}, "login/traced refresh/traced revoke/traced", "httptrace saw the login"},
	"pagesReject":     {flaws{pagesReject: true}, "login/page refresh/page renewal/outage", "a 400 with"},
	"retryAfterOf429": {flaws{retryAfterOf429: true}, "login/retry-after refresh/retry-after", "RetryAt is 0001"},
	"missingUnnamed": {
		flaws{missingUnnamed: true},
		"login/no-token refresh/no-token", "does not name in Fields what was missing",
	},
	"keepsMark": {flaws{keepsMark: true}, "login/encoded refresh/encoded", "with a byte order mark failed"},
	"keepsGzip": {flaws{keepsGzip: true}, "login/encoded refresh/encoded", "with gzip failed"},
	"ctxIsUnavailable": {
		flaws{ctxIsUnavailable: true},
		"login/ctx-ends login/ctx-over refresh/ctx-ends", `returned "unavailable"`,
	},
	"sendsControl":       {flaws{sendsControl: true}, "password/control-characters", "in it ended in"},
	"takesBlanks":        {flaws{takesBlanks: true}, "new/names", "was taken for a success"},
	"readsAgain":         {flaws{readsAgain: true}, "renewal/reads-once", "read the password 2 times"},
	"rejectionIsOutage":  {flaws{rejectionIsOutage: true}, "renewal/hold renewal/refresh-rejected", "ended in"},
	"authorizeRaw":       {flaws{authorizeRaw: true}, "authorize/scheme authorize/control-characters", "does not go out as"},
	"twoParameters":      {flaws{twoParameters: true}, "authorize/again", "of the first token on the request"},
	"revokeFindsOut":     {flaws{revokeFindsOut: true}, "revoke/unknown", "Revoke of what was revoked failed"},
	"accountNobody":      {flaws{accountNobody: true}, "account/same", "has no Principal"},
	"accountIgnoresUser": {flaws{accountIgnoresUser: true}, "account/user", "another Username makes the same Account"},
	"rejectedCloses":     {flaws{rejectedCloses: true}, "authorize/rejected", "the body of a"},
	"newSends":           {flaws{newSends: true}, "new/does-nothing", "New sent 1 requests"},
	"newReads":           {flaws{newReads: true}, "new/does-nothing", "New read the password"},
	"newTakesAnything":   {flaws{newTakesAnything: true}, "new/rejects", "New with a BaseURL"},
	"newNeedsNoPassword": {flaws{newNeedsNoPassword: true}, "new/rejects", "New with no Password was taken for a success"},
	"capturesPassword": {
		flaws{capturesPassword: true},
		"password/each-time password/wrong password/missing password/unreadable", "was taken for a success",
	},
	"capturesTransport": {flaws{capturesTransport: true}, "client/later", "Login failed"},
	"accountUnstable":   {flaws{accountUnstable: true}, "account/same account/endpoint", "Account depends on the password"},
	"accountOfPassword": {flaws{accountOfPassword: true}, "account/same", "Account depends on the password"},
	"accountOfSpelling": {
		flaws{accountOfSpelling: true},
		"account/endpoint", "a slash at the end of BaseURL makes another Account",
	},
	"accountIgnoresEndpoint": {
		flaws{accountIgnoresEndpoint: true},
		"account/endpoint", "another BaseURL makes the same Account",
	},
	"accountNameless":      {flaws{accountNameless: true}, "account/same", "Account has no Vendor"},
	"accountNoURL":         {flaws{accountNoURL: true}, "account/same", "is no URL"},
	"accountElsewhere":     {flaws{accountElsewhere: true}, "account/same", "is not the BaseURL that was configured"},
	"accountSecret":        {flaws{accountSecret: true}, "account/tells-nothing", "Account shows a secret: the password"},
	"printsItself":         {flaws{printsItself: true}, "account/tells-nothing", "the Authenticator shows a secret: the access token"},
	"retriesWrongPassword": {flaws{retriesWrongPassword: true}, "password/wrong", "2 requests were sent"},
	"retriesUnavailable": {
		flaws{retriesUnavailable: true},
		"login/unavailable refresh/unavailable revoke/unavailable", "5 requests were sent",
	},
	"retriesDropped": {
		flaws{retriesDropped: true},
		"login/dropped refresh/dropped revoke/dropped login/slow", "5 requests were sent",
	},
	"retriesRefused": {flaws{retriesRefused: true}, "login/refused refresh/refused revoke/refused", "5 requests were sent"},
	"retriesWithoutEnd": {
		flaws{retriesWithoutEnd: true},
		"login/rate-limited refresh/rate-limited revoke/rate-limited", "5 requests were sent",
	},
	"followsRedirects":   {flaws{followsRedirects: true}, "login/redirected refresh/redirected revoke/redirected", "a 30"},
	"sendsEmptyPassword": {flaws{sendsEmptyPassword: true}, "password/missing", "an empty password ended in"},
	"sendsElsewhere":     {flaws{sendsElsewhere: true}, "login/stays-here", "telemetry.example"},
	"sendsTwice":         {flaws{sendsTwice: true}, "password/wrong refresh/rejected", "the same request was sent twice"},
	"usesJar":            {flaws{usesJar: true}, "client/unchanged", "cookie jar"},
	"closesIdle":         {flaws{closesIdle: true}, "client/unchanged", "idle connections"},
	"changesClient":      {flaws{changesClient: true}, "client/unchanged", "changed the caller's http.Client"},
	"ignoresCtx": {
		flaws{ignoresCtx: true},
		"login/ctx-over login/ctx-ends refresh/ctx-over refresh/ctx-ends revoke/ctx-over revoke/ctx-ends",
		"a call whose ctx is over returned no error",
	},
	"noTimeout": {flaws{noTimeout: true}, "login/slow refresh/slow revoke/slow", "was waited for for 1h0m"},
	"sleeps": {
		flaws{sleeps: true},
		"login/rate-limited refresh/rate-limited revoke/rate-limited login/unavailable", "slept over",
	},
	"withToken":      {flaws{withToken: true}, "client/of-its-own", "2 requests were sent"},
	"caches":         {flaws{caches: true}, "login/each-time password/each-time", "a second Login gave the very same *Token"},
	"reusesToken":    {flaws{reusesToken: true}, "login/each-time", "a second Login changed the token of the first"},
	"issuedLate":     {flaws{issuedLate: true}, "login/token refresh/token", "but the request was sent"},
	"issuedNever":    {flaws{issuedNever: true}, "login/token", "the token has no IssuedAt"},
	"expired":        {flaws{expired: true}, "login/token refresh/token", "is not after IssuedAt"},
	"refreshExpired": {flaws{refreshExpired: true}, "login/token refresh/token", "RefreshExpiresAt"},
	"badType":        {flaws{badType: true}, "login/token authorize/api", "cannot be the scheme"},
	"extraSecret":    {flaws{extraSecret: true}, "login/tells-nothing", "shows a secret: the refresh token"},
	"takesAnything":  {flaws{takesAnything: true}, "login/broken-response refresh/broken-response", "was taken for a success"},
	"readsAll":       {flaws{readsAll: true}, "login/broken-response refresh/broken-response", "read on and on"},
	"sequential":     {flaws{sequential: true}, "login/at-once", "one of several Logins at once failed"},
	"forgetsToRecover": {
		flaws{forgetsToRecover: true},
		"login/recovers refresh/recovers revoke/recovers password/each-time", "the login after a failed one failed",
	},
	"plainErrors":    {flaws{plainErrors: true}, "password/wrong login/any-status refresh/rejected", "is no *vendorlogin.Error"},
	"otherAccount":   {flaws{otherAccount: true}, "password/wrong login/any-status", "names another account"},
	"noOp":           {flaws{noOp: true}, "login/any-status refresh/any-status", "has no Op"},
	"wrongOp":        {flaws{wrongOp: true}, "password/wrong refresh/rejected", `has Op "token"`},
	"noStatus":       {flaws{noStatus: true}, "password/wrong login/any-status refresh/rejected", "has no Status"},
	"noRequest":      {flaws{noRequest: true}, "password/wrong", "does not say which Request"},
	"queryInRequest": {flaws{queryInRequest: true}, "login/any-status", "has a query in Request"},
	"printsPassword": {flaws{printsPassword: true}, "password/wrong login/echoed", "shows a secret: the password"},
	"printsBody": {
		flaws{printsBody: true},
		"login/echoed refresh/echoed revoke/echoed login/words refresh/words revoke/words", "shows a secret: the password",
	},
	"printsURL":   {flaws{printsURL: true}, "new/rejects", "shows a secret: what is in the URL"},
	"printsCause": {flaws{printsCause: true}, "login/echoed refresh/echoed revoke/echoed", "shows a secret: the password"},
	"printsLocation": {
		flaws{printsLocation: true},
		"login/redirected refresh/redirected revoke/redirected", "shows a secret: the query of a Location",
	},
	"allForbidden": {
		flaws{allForbidden: true},
		"password/wrong login/unavailable", `ended in "plain (ops@example.com): login: forbidden`,
	},
	"allInvalidCredentials": {
		flaws{allInvalidCredentials: true},
		"login/unavailable login/broken-response refresh/rejected refresh/not-rejected",
		`ended in "plain (ops@example.com): login: wrong credentials`,
	},
	"noRetryAt":        {flaws{noRetryAt: true}, "login/rate-limited refresh/rate-limited", "RetryAt is 0001"},
	"neverUnprocessed": {flaws{neverUnprocessed: true}, "login/refused refresh/refused", "is not Unprocessed"},
	"alwaysUnprocessed": {
		flaws{alwaysUnprocessed: true},
		"login/dropped refresh/dropped password/wrong", "is Unprocessed, but",
	},
	"timeoutForCtx": {
		flaws{timeoutForCtx: true},
		"login/ctx-ends login/ctx-over refresh/ctx-ends",
		`returned "plain (ops@example.com): login: unavailable: timeout", not "context canceled"`,
	},
	"bareSecretError":  {flaws{bareSecretError: true}, "password/unreadable", "is no *vendorlogin.Error"},
	"hidesSecretError": {flaws{hidesSecretError: true}, "password/unreadable password/ctx", `not in "the vault is sealed"`},
	"rejectsOnOutage": {
		flaws{rejectsOnOutage: true},
		"refresh/not-rejected refresh/unavailable", `returned "refresh token rejected"`,
	},
	"asksTwice":      {flaws{asksTwice: true}, "otp/asked", "was asked for 2 times"},
	"asksWithoutEnd": {flaws{asksWithoutEnd: true}, "otp/wrong", "10 times"},
	"repeatsCode":    {flaws{repeatsCode: true}, "otp/same", "was sent 3 times"},
	"missingCodeIsForbidden": {
		flaws{missingCodeIsForbidden: true},
		"otp/missing", `ended in "plain (ops@example.com): otp: forbidden"`,
	},
	"wrongCodeIsPassword": {flaws{wrongCodeIsPassword: true}, "otp/wrong otp/same", `not in "one-time password rejected"`},
	"refreshChanges": {
		flaws{refreshChanges: true},
		"refresh/token refresh/rejected refresh/not-rejected", "Refresh changed the token that it was given",
	},
	"refreshSame":          {flaws{refreshSame: true}, "refresh/token", "the very *Token that it was given"},
	"refreshReadsPassword": {flaws{refreshReadsPassword: true}, "refresh/token", "Refresh read the password"},
	"refreshDropsRefresh":  {flaws{refreshDropsRefresh: true}, "refresh/token", "has no Refresh"},
	"refreshDropsSubject":  {flaws{refreshDropsSubject: true}, "refresh/token", `has Subject ""`},
	"refreshDropsType":     {flaws{refreshDropsType: true}, "refresh/token", `has Type ""`},
	"refreshGivesToken":    {flaws{refreshGivesToken: true}, "refresh/rejected", "a token beside an error"},
	"refreshRejectedIsPassword": {
		flaws{refreshRejectedIsPassword: true},
		"refresh/rejected", `not in "refresh token rejected"`,
	},
	"refreshRetries": {flaws{refreshRetries: true}, "refresh/rejected", "sent twice"},
	"authorizeAdds": {
		flaws{authorizeAdds: true},
		"authorize/again authorize/control-characters", "of the first token on the request",
	},
	"authorizeQuery":      {flaws{authorizeQuery: true}, "authorize/header", "changed a parameter of the caller's"},
	"authorizeReads":      {flaws{authorizeReads: true}, "authorize/header", "read or closed the body"},
	"authorizeAnything":   {flaws{authorizeAnything: true}, "authorize/control-characters", "returned no error"},
	"authorizeNothing":    {flaws{authorizeNothing: true}, "authorize/header authorize/api", "put no token on the request"},
	"authorizeOverwrites": {flaws{authorizeOverwrites: true}, "authorize/header", "changed a header of the caller's"},
	"authorizeSends":      {flaws{authorizeSends: true}, "authorize/header", "a request of its own"},
	"authorizeChanges":    {flaws{authorizeChanges: true}, "authorize/header", "changed the token"},
	"authorizeWrong":      {flaws{authorizeWrong: true}, "authorize/api", "the API responded with 401"},
	"rejectsAll":          {flaws{rejectsAll: true}, "authorize/rejected authorize/api", "Rejected says true to a"},
	"rejectsNone":         {flaws{rejectsNone: true}, "authorize/rejected authorize/api", "Rejected says false to a 401"},
	"rejectedReads":       {flaws{rejectedReads: true}, "authorize/rejected", "the body of a"},
	"revokeChanges":       {flaws{revokeChanges: true}, "revoke/session", "Revoke changed the token"},
	"revokeFails":         {flaws{revokeFails: true}, "revoke/session", "Revoke failed"},
	"fingerprintConstant": {
		flaws{fingerprintConstant: true},
		"fingerprint/secrets fingerprint/fails", "the same after the password has changed",
	},
	"fingerprintRandom":   {flaws{fingerprintRandom: true}, "fingerprint/secrets", "another at the second look"},
	"fingerprintSends":    {flaws{fingerprintSends: true}, "fingerprint/secrets", "requests"},
	"fingerprintAtNew":    {flaws{fingerprintAtNew: true}, "fingerprint/secrets", "the same after the password has changed"},
	"fingerprintSwallows": {flaws{fingerprintSwallows: true}, "fingerprint/fails", "returned no error"},
	"fingerprintShows":    {flaws{fingerprintShows: true}, "fingerprint/fails", "shows a secret: the password"},
}
