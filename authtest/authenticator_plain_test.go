package authtest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
)

// flaws are ways of getting an authenticator wrong. Without any, plain is a right one, though it is not built on package loginhttp.
type flaws struct {
	// New and Account
	newSends, newReads, newTakesAnything, newNeedsNoPassword, capturesPassword, capturesTransport  bool
	accountUnstable, accountOfPassword, accountOfSpelling, accountIgnoresEndpoint, accountNameless bool
	accountNoURL, accountElsewhere, accountSecret, printsItself                                    bool

	// what Login sends
	retriesWrongPassword, retriesUnavailable, retriesDropped, retriesRefused, retriesWithoutEnd bool
	followsRedirects, sendsEmptyPassword, sendsElsewhere, sendsTwice, usesJar                   bool
	closesIdle, changesClient, ignoresCtx, noTimeout, sleeps, withToken                         bool

	// what Login gives
	caches, reusesToken, issuedLate, issuedNever, expired, refreshExpired, badType, extraSecret bool
	takesAnything, readsAll, sequential, forgetsToRecover                                       bool

	// errors
	plainErrors, otherAccount, noOp, wrongOp, noStatus, noRequest, queryInRequest       bool
	printsPassword, printsBody, printsURL, printsCause, printsLocation                  bool
	allForbidden, allInvalidCredentials, noRetryAt, neverUnprocessed, alwaysUnprocessed bool
	timeoutForCtx, bareSecretError, hidesSecretError, rejectsOnOutage                   bool

	repeatable, showsTrace, pagesReject, retryAfterOf429, missingUnnamed, keepsMark, keepsGzip     bool
	authorizeRaw, revokeFindsOut, accountNobody, accountIgnoresUser, rejectedCloses, twoParameters bool
	ctxIsUnavailable, sendsControl, takesBlanks, readsAgain, rejectionIsOutage                     bool

	// codes
	asksTwice, asksWithoutEnd, repeatsCode, missingCodeIsForbidden, wrongCodeIsPassword bool

	// the optional interfaces
	refreshChanges, refreshSame, refreshReadsPassword, refreshDropsRefresh, refreshDropsSubject   bool
	refreshDropsType, refreshGivesToken, refreshRejectedIsPassword, refreshRetries, comesBackSoon bool
	authorizeAdds, authorizeQuery, authorizeReads, authorizeAnything, authorizeNothing            bool
	authorizeOverwrites, authorizeSends, authorizeChanges, authorizeWrong, rejectsAll             bool
	rejectsNone, rejectedReads, revokeChanges, revokeFails                                        bool
	fingerprintConstant, fingerprintRandom, fingerprintSends, fingerprintAtNew                    bool
	fingerprintSwallows, fingerprintShows                                                         bool
}

// plain logs in to a plainServer.
type plain struct {
	flaws
	account   vendorlogin.Account
	password  vendorlogin.SecretFunc
	otp       vendorlogin.OTPSource
	client    *http.Client
	transport http.RoundTripper // captured, where that is the flaw
	seen      string            // printed, where that is the flaw
	last      *vendorlogin.Token
	broken    atomic.Bool
}

func newPlain(f flaws, s authtest.Setup) (vendorlogin.Authenticator, error) {
	if s.Password == nil && !f.newNeedsNoPassword {
		return nil, invalid("Password")
	}
	base, err := url.Parse(s.BaseURL)
	switch {
	case f.newTakesAnything:
	case err != nil, base.Host == "", base.RawQuery != "", base.User != nil, base.Scheme != "https":
		if f.printsURL {
			return nil, &vendorlogin.Error{Op: "new", Kind: vendorlogin.ErrInvalidRequest, Err: fmt.Errorf("bad %q", s.BaseURL)}
		}
		return nil, invalid("BaseURL")
	}
	if name := s.Username; (name == "" || strings.TrimSpace(name) != name) && !f.takesBlanks {
		return nil, invalid("Username")
	}
	password := s.Password.OncePerLogin()
	if f.readsAgain {
		password = s.Password
	}
	p := &plain{flaws: f, password: password, otp: s.OTP, client: s.HTTPClient, transport: s.HTTPClient.Transport}
	p.account = vendorlogin.Account{Vendor: "plain", Endpoint: strings.TrimSuffix(s.BaseURL, "/"), Principal: s.Username}
	p.spoil(s)
	return p, nil
}

func invalid(field string) error {
	fields := []vendorlogin.FieldError{{Field: field, Reason: "is bad"}}
	return &vendorlogin.Error{Op: "new", Kind: vendorlogin.ErrInvalidRequest, Fields: fields}
}

var instances atomic.Int64

// spoil does what New must not.
func (p *plain) spoil(s authtest.Setup) {
	secret := func() string {
		value, _ := s.Password(context.Background())
		return value.Reveal()
	}
	switch {
	case p.newSends:
		req, _ := http.NewRequest(http.MethodGet, s.BaseURL, nil)
		_, _ = s.HTTPClient.Transport.RoundTrip(req)
	case p.newReads:
		secret()
	case p.capturesPassword, p.fingerprintAtNew:
		p.password = vendorlogin.SecretString(secret())
	case p.accountUnstable:
		p.account.Scope = strconv.FormatInt(instances.Add(1), 10)
	case p.accountOfPassword:
		p.account.Scope = strconv.Itoa(len(secret()))
	case p.accountSecret:
		p.account.Scope = "password=" + secret()
	case p.accountOfSpelling:
		p.account.Endpoint = s.BaseURL
	case p.accountElsewhere:
		p.account.Endpoint = "https://api.elsewhere.example"
	case p.accountNoURL:
		p.account.Endpoint = "vendor"
	case p.accountNobody:
		p.account.Principal = ""
	case p.accountIgnoresUser:
		p.account.Principal = "somebody"
	case p.accountNameless:
		p.account.Vendor = ""
	}
}

func (p *plain) Account() vendorlogin.Account {
	if p.accountIgnoresEndpoint {
		return vendorlogin.Account{Vendor: "plain", Endpoint: "https://vendor.example/base", Principal: p.account.Principal}
	}
	return p.account
}

func (p *plain) fail(op string, kind, cause error) *vendorlogin.Error {
	return &vendorlogin.Error{Account: p.account, Op: op, Kind: kind, Err: cause}
}
