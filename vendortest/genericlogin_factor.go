package vendortest

import (
	"fmt"
	"net/http"
	"strings"
)

// The kinds of identity provider.
const (
	kindOAuth2 = "oauth2"
	kindOIDC   = "oidc"
	kindLDAP   = "ldap"
)

// firstFactor is whose password or code it is, or why it is not accepted.
func (v *genericAuth) firstFactor(c *call, in genericLoginRequest) (*account, *reply) {
	switch {
	case in.idpName != "":
		return v.identityProvider(c, in)
	case in.emailCode != "":
		return v.byEmailCode(in)
	}
	if in.hasContext() {
		c.broke("idpContext comes without idpName")
	}
	if in.email == "" || in.password == "" {
		c.broke("email or password is missing or empty")
	}
	wrong := unauthenticated("the email or password is not valid")
	return v.claimed(&v.st.wrongPasswords, in, func() (*account, *reply) {
		a := v.st.account(in.email)
		if a == nil || a.Password != in.password || in.password == "" {
			return nil, &wrong
		}
		return a, nil
	})
}

// claimed claims one of the attempts of a kind that this address has, makes it, and gives all of them back if it succeeds.
func (v *genericAuth) claimed(kind *tally, in genericLoginRequest, attempt func() (*account, *reply)) (*account, *reply) {
	if kind.left(in.email) > 0 {
		v.st.counts.LockedOut++
		return nil, new(exhausted("too many failed login attempts, please try again later"))
	}
	kind.add(in.email)
	a, rejected := attempt()
	if rejected != nil {
		v.st.counts.WrongPasswords++
		return nil, rejected
	}
	kind.clear(in.email)
	return a, nil
}

// byEmailCode checks a code that was e-mailed, which works once.
func (v *genericAuth) byEmailCode(in genericLoginRequest) (*account, *reply) {
	a := v.st.account(in.email)
	if a == nil || !a.EmailCode {
		return nil, new(noEmailCodes())
	}
	return v.claimed(&v.st.wrongMailed, in, func() (*account, *reply) {
		if a.mailed != in.emailCode {
			return nil, new(unauthenticated("invalid email code"))
		}
		a.mailed = ""
		return a, nil
	})
}

func (v *genericAuth) identityProvider(c *call, in genericLoginRequest) (*account, *reply) {
	if id, ok := strings.CutPrefix(in.idpName, "idps/"); !ok || id == "" || strings.Contains(id, "/") {
		c.broke("idpName is not idps/{idp}")
		return nil, new(invalidArgument("invalid request %q", in.idpName))
	}
	kind, known := v.kindOf(in)
	switch {
	case !known:
		return nil, new(grpcReply(http.StatusNotFound, grpcNotFound, fmt.Sprintf("identity provider %q not found", in.idpName)))
	case kind == kindLDAP:
		return v.claimed(&v.st.wrongPasswords, in, func() (*account, *reply) { return v.ldap(in) })
	case !in.hasContext():
		c.broke("idpName comes without a context")
		return nil, new(invalidArgument("missing identity provider context"))
	case kind != in.contextKind:
		c.broke("idpContext is not of the provider's kind")
		return nil, new(invalidArgument("missing %s context", kind))
	}
	return v.exchangeCode(in)
}

// kindOf is the kind of the provider that is named: of one that takes either code, the one that is sent.
func (v *genericAuth) kindOf(in genericLoginRequest) (kind string, known bool) {
	for _, a := range v.st.accounts {
		if a.IdP != in.idpName {
			continue
		}
		known, kind = true, a.IdPKind
		if kind == "" {
			kind = in.contextKind
		}
	}
	return kind, known
}

// ldap binds with name and password.
func (v *genericAuth) ldap(in genericLoginRequest) (*account, *reply) {
	if v.st.idpDown {
		return nil, new(
			internal(`failed to get user info: LDAP Result Code 200 "Network Error": dial tcp 127.0.0.1:389: connect: connection refused`),
		)
	}
	for _, a := range v.st.accounts {
		switch {
		case a.IdP != in.idpName || !strings.EqualFold(a.IdPUser, in.email):
		case a.Password == in.password && in.password != "":
			return a, nil
		default:
			return nil, new(internal(`failed to get user info: bind user: LDAP Result Code 49 "Invalid Credentials": `))
		}
	}
	return nil, new(internal("failed to get user info: invalid credentials"))
}

// exchangeCode presents a code, which works once, to the provider.
func (v *genericAuth) exchangeCode(in genericLoginRequest) (*account, *reply) {
	switch {
	case v.st.idpDown && in.contextKind == kindOIDC:
		return nil, new(internal("failed to create new OIDC identity provider: Get: dial tcp 127.0.0.1:443: connect: connection refused"))
	case v.st.idpDown:
		return nil, new(internal("failed to exchange token: Post: dial tcp 127.0.0.1:443: connect: connection refused"))
	}
	for _, a := range v.st.accounts {
		if a.IdP == in.idpName && a.IdPCode == in.idpCode && in.idpCode != "" && !a.usedIdPCode {
			a.usedIdPCode = true
			return a, nil
		}
	}
	v.st.counts.WrongPasswords++
	return nil, new(internal(`failed to exchange token: oauth2: "invalid_grant" "The code is wrong, expired, or was used."`))
}

// secondFactor checks the code, of which there are as many attempts as of the password. It is nil for a right one.
func (v *genericAuth) secondFactor(c *call, a *account, in genericLoginRequest) *reply {
	if v.st.codesLocked(a.Email) > 0 {
		return new(exhausted("too many failed MFA attempts, please try again later"))
	}
	v.st.wrongCodes.add(a.Email)
	var right bool
	var message string
	switch {
	case in.otpCode != nil: // also when it is ""
		right, message = v.st.checkTOTP(a, *in.otpCode, false), "invalid MFA code"
	case in.recoveryCode != nil:
		right, message = a.useRecovery(*in.recoveryCode), "invalid recovery code"
	default:
		c.broke("neither otpCode nor recoveryCode came with mfaTempToken")
		return new(unauthenticated("OTP or recovery code is required for MFA"))
	}
	if !right {
		v.st.counts.WrongOTPs++
		return new(unauthenticated(message))
	}
	v.st.wrongCodes.clear(a.Email)
	return nil
}
