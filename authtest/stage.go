package authtest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// An authTrial is a trial with vendors to try things on.
type authTrial struct {
	*trial
	vendor func() Vendor
}

// A stage is one authenticator before one server, and the secrets that went between them.
type stage struct {
	*trial
	secrets
	vendor Vendor
	wire   *wire
	setup  Setup
	auth   vendorlogin.Authenticator
	token  *vendorlogin.Token // of the last good login

	mu       sync.Mutex
	password string // what the SecretFunc gives
	reads    int    // how often it was asked
	asked    int    // how often for an OTP
	code     string // the last OTP
}

// open sets a stage.
func (t *authTrial) open() *stage {
	s := t.prepare()
	auth, err := s.vendor.New(s.setup)
	t.worked("New", err)
	s.auth = auth
	return s
}

// prepare is open before New.
func (t *authTrial) prepare() *stage {
	v := t.vendor()
	if v.BaseURL == "" {
		v.BaseURL = "https://vendor.example"
	}
	s := &stage{trial: t.trial, vendor: v, password: v.Password}
	s.add("the password", v.Password)
	for _, secret := range v.Secrets {
		s.add("one of Vendor.Secrets", secret)
	}
	s.wire = &wire{handler: v.Server, onReply: s.addAll}
	client := &http.Client{Transport: s.wire.transport()}
	s.setup = Setup{BaseURL: v.BaseURL, Username: v.Username, Password: s.readPassword, HTTPClient: client}
	if v.OTP != nil {
		s.setup.OTP = s.recorder(v.OTP)
	}
	return s
}

// again makes one more authenticator, of a Setup that differs.
func (s *stage) again(change func(*Setup)) vendorlogin.Authenticator {
	setup := s.setup
	change(&setup)
	auth, err := s.vendor.New(setup)
	s.worked("New", err)
	return auth
}

// readPassword pays no attention to ctx, like vendorlogin.SecretString: whoever calls it has to.
func (s *stage) readPassword(context.Context) (vendorlogin.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return vendorlogin.NewSecret(s.password), nil
}

// setPassword changes what the SecretFunc gives from now on.
func (s *stage) setPassword(password string) {
	s.add("the password", password)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = password
}

func (s *stage) passwordReads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// An otpRecorder asks another source and remembers its codes as secrets. It holds nothing that prints: it stands in the
// authenticator, which is looked through for secrets.
type otpRecorder struct {
	ask            func(ctx context.Context, c vendorlogin.Challenge) (string, error)
	nonInteractive bool
}

func (o otpRecorder) OTP(ctx context.Context, c vendorlogin.Challenge) (string, error) {
	return o.ask(ctx, c)
}
func (o otpRecorder) NonInteractive() bool { return o.nonInteractive }

func (s *stage) recorder(source vendorlogin.OTPSource) vendorlogin.OTPSource {
	u, ok := source.(vendorlogin.NonInteractive)
	return otpRecorder{nonInteractive: ok && u.NonInteractive(), ask: func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
		code, err := source.OTP(ctx, c)
		s.add("a one-time password", code)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked++
		s.code = code
		return code, err
	}}
}

// login logs in, which must work.
func (s *stage) login() *vendorlogin.Token {
	if s.token != nil && s.vendor.OTP != nil {
		time.Sleep(time.Minute) // for the next one-time password
	}
	token, err := s.auth.Login(s.ctx)
	s.worked("Login", err)
	if token == nil {
		s.fatalf("Login gave no token and no error")
	}
	s.keep(token)
	return token
}

// keep remembers a token, and that it is secret.
func (s *stage) keep(token *vendorlogin.Token) {
	s.token = token
	s.add("the access token", token.Access.Reveal())
	s.add("the refresh token", token.Refresh.Reveal())
	for name, secret := range token.Secrets {
		s.add("Token.Secrets, "+name, secret.Reveal())
	}
}

// silent ends the case when a secret can be seen in v.
func (s *stage) silent(what string, v any) {
	if secret, found := s.in(prints(v)); found {
		s.fatalf("%s shows a secret: %s", what, secret)
	}
}

// failed ends the case unless err is a proper error, of one of those kinds, and shows no secret.
func (s *stage) failed(what string, err error, kinds ...error) *vendorlogin.Error {
	if err == nil {
		s.fatalf("%s was taken for a success", what)
	}
	s.silent("the error after "+what, err)
	if !slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) }) {
		s.fatalf("%s ended in %s, not in %q", what, quote(err), errors.Join(kinds...))
	}
	e, ok := errors.AsType[*vendorlogin.Error](err)
	switch {
	case !ok:
		s.fatalf("the error after %s is no *vendorlogin.Error: %v", what, err)
	case s.auth != nil && e.Account != s.auth.Account():
		s.fatalf("the error after %s names another account: %+v", what, e.Account)
	case e.Op == "":
		s.fatalf("the error after %s has no Op", what)
	case strings.ContainsAny(e.Request, "?#"):
		s.fatalf("the error after %s has a query in Request", what)
	}
	return e
}

// sentAtMost ends the case when more requests than that were sent.
func (s *stage) sentAtMost(what string, most int) {
	requests := s.wire.requests()
	if len(requests) > most {
		s.fatalf("%s: %d requests were sent, %d at most are to be", what, len(requests), most)
	}
}

// carriedOnce ends the case when more than one request had the secret in it.
func (s *stage) carriedOnce(what, secret string) {
	carried := 0
	for _, r := range s.wire.requests() {
		if strings.Contains(r.String(), secret) {
			carried++
		}
	}
	if carried > 1 {
		s.fatalf("%s was sent %d times", what, carried)
	}
}

// once ends the case when the same request was sent twice.
func (s *stage) once(what string) {
	seen := map[string]bool{}
	for _, r := range s.wire.requests() {
		if key := r.String(); seen[key] {
			s.fatalf("%s: the same request was sent twice, %s", what, r.method)
		} else {
			seen[key] = true
		}
	}
}
