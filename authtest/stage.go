package authtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A stage is one authenticator before one server, and the secrets that went between them.
type stage struct {
	*trial
	vendor Vendor
	wire   *wire
	setup  Setup
	auth   vendorlogin.Authenticator
	op     operation          // what is to fail
	token  *vendorlogin.Token // of the last good login

	mu       sync.Mutex
	password string            // what the SecretFunc gives
	reads    int               // how often it was asked
	asked    int               // how often for an OTP
	secrets  map[string]string // and what each of them is
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
	s := &stage{trial: t.trial, vendor: v, password: v.Password, secrets: map[string]string{}}
	s.secret("the password", v.Password)
	for _, secret := range v.Secrets {
		s.secret("one of Vendor.Secrets", secret)
	}
	s.wire = &wire{handler: v.Server, onReply: s.secretsOf}
	s.setup = Setup{BaseURL: v.BaseURL, HTTPClient: &http.Client{Transport: s.wire.transport()}, Password: s.readPassword}
	if v.OTP != nil {
		s.setup.OTP = s.recorder(v.OTP)
	}
	return s
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
	s.secret("the password", password)
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
	ask        func(ctx context.Context, c vendorlogin.Challenge) (string, error)
	unattended bool
}

func (o otpRecorder) OTP(ctx context.Context, c vendorlogin.Challenge) (string, error) {
	return o.ask(ctx, c)
}
func (o otpRecorder) NonInteractive() bool { return o.unattended }

func (s *stage) recorder(source vendorlogin.OTPSource) vendorlogin.OTPSource {
	u, ok := source.(vendorlogin.NonInteractive)
	return otpRecorder{unattended: ok && u.NonInteractive(), ask: func(ctx context.Context, c vendorlogin.Challenge) (string, error) {
		code, err := source.OTP(ctx, c)
		s.secret("a one-time password", code)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked++
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
	s.secret("the access token", token.Access.Reveal())
	s.secret("the refresh token", token.Refresh.Reveal())
}

// secret adds one to those that nothing may show.
func (s *stage) secret(what, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value != "" {
		s.secrets[value] = what
	}
}

var tokenName = regexp.MustCompile(`(?i)token|access|refresh|secret`)

// secretsOf finds what is a secret in the server's own answer: tokens that are used between two steps are as secret as those that come out.
func (s *stage) secretsOf(resp *http.Response) {
	for _, c := range resp.Cookies() {
		s.secret("a cookie of the vendor's", c.Value)
	}
	data, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(data))
	var answer any
	if err == nil && json.Unmarshal(data, &answer) == nil {
		s.secretsIn("", answer)
	}
}

func (s *stage) secretsIn(name string, v any) {
	switch v := v.(type) {
	case string:
		if len(v) >= 16 && !strings.Contains(v, " ") && tokenName.MatchString(name) {
			s.secret("a token of the vendor's, "+name, v)
		}
	case []any:
		for _, element := range v {
			s.secretsIn(name, element)
		}
	case map[string]any:
		for field, value := range v {
			s.secretsIn(field, value)
		}
	}
}

// silent ends the case when a secret can be seen in v.
func (s *stage) silent(what string, v any) {
	text := prints(v)
	s.mu.Lock()
	secrets := maps.Clone(s.secrets)
	s.mu.Unlock()
	for secret, which := range secrets {
		for _, form := range forms(secret) {
			if strings.Contains(text, form) {
				s.fatalf("%s shows a secret: %s", what, which)
			}
		}
	}
}

// forms are the ways in which a secret may be written. A long one is recognised by its beginning.
func forms(secret string) []string {
	start := secret[:min(len(secret), 40)]
	quoted, _ := json.Marshal(start)
	return []string{start, url.QueryEscape(start), url.PathEscape(start), string(quoted[1 : len(quoted)-1]), html.EscapeString(start)}
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
