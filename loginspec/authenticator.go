package loginspec

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/reading"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// Config is one account of the vendor that a [Spec] describes.
type Config struct {
	// Values are the inputs that are not secret, by name.
	Values map[string]string

	// Secrets are the secret inputs, by name. Each is read once per login, and for each API request if the key use refers to it.
	Secrets map[string]vendorlogin.SecretFunc

	// Made computes what no key of make can, by the name that the description uses. Each value is a secret.
	Made map[string]vendorlogin.SecretFunc

	// OTP gives one-time passwords. Nil: a login that needs one is ErrOTPRequired.
	OTP vendorlogin.OTPSource

	HTTPClient     *http.Client // nil: http.DefaultClient; read at every call, never changed
	AllowPlainHTTP bool         // allows http:// to hosts other than this one
}

// New checks a description and a configuration, without I/O, and returns the authenticator of the account. It is a Refresher only
// where the description has refresh, a Revoker where it has logout, an Authorizer where it has use. The error is ErrInvalidRequest.
// Its Fields name each mistake: its line, if the description was read, its key, and what was probably meant.
func New(s *Spec, c Config) (vendorlogin.Authenticator, error) {
	a, err := newAccount(s, c, false)
	if err != nil {
		return nil, err
	}
	return a.withOptional(), nil
}

// An account is one description with one configuration. It never changes.
type account struct {
	spec     *Spec
	config   Config
	endpoint loginhttp.Endpoint
	inputs   map[string]*Input
	values   map[string]string // the inputs that are not secret and are there, as they are sent
	secrets  map[string]vendorlogin.SecretFunc
	made     map[string]vendorlogin.SecretFunc
	allowed  place.Hosts
	keeps    map[string]*Source  // everything that some step keeps
	leads    map[string]bool     // kept URLs
	carried  map[string]bool     // kept names that are used after the login
	public   map[string]bool     // names whose values anybody may see
	pems     map[string]bool     // names of keys that sign in PEM
	reads    map[string][]string // the secrets of each operation
	trace    func(r *run, s *Step, answer *loginhttp.Answer, err error)
}

// Account names the account. Its Scope is every public input that is neither the user nor in Endpoint.
func (a *account) Account() vendorlogin.Account { return a.endpoint.Account }

// Format prints the account alone.
func (a *account) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s: %s", a.endpoint.Account.Vendor, a.endpoint.Account.Principal)
}

// LogValue logs the account alone.
func (a *account) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// Login runs the steps of login.
func (a *account) Login(ctx context.Context) (*vendorlogin.Token, error) {
	r := a.newRun("login", nil)
	if err := r.refuseSpent(ctx); err != nil {
		return nil, err
	}
	return r.tokenOf(ctx, a.spec.Login)
}

// Rejected is true for a 401 and for what the description says.
func (a *account) Rejected(resp *http.Response, _ *vendorlogin.Token) bool {
	if resp.StatusCode == http.StatusUnauthorized {
		return true
	}
	for i := range a.spec.Rejected {
		c := a.spec.Rejected[i].reads()
		if !c.HasStatus(resp.StatusCode) {
			continue
		}
		answer := &loginhttp.Answer{Status: resp.StatusCode, Header: resp.Header}
		if c.At != nil && c.At.ReadsBody() {
			answer.Body = vendorlogin.PeekBody(resp)
		}
		if c.Matches(&reading.Response{Answer: answer}) {
			return true
		}
	}
	return false
}

// APIOrigins is the origin of base, which a response may have named.
func (a *account) APIOrigins(t *vendorlogin.Token) []string {
	if t == nil && !a.isFixed(a.spec.Base) {
		return nil
	}
	origin, err := a.newRun("login", t).base(context.Background())
	if err != nil || origin == "" {
		return nil
	}
	return []string{origin}
}

// Fingerprint covers every secret input that Login sends, and none that is made.
func (a *account) Fingerprint(ctx context.Context) (uint64, error) {
	var secrets []vendorlogin.SecretFunc
	for _, name := range a.reads["login"] {
		secrets = append(secrets, a.secrets[name])
	}
	return a.endpoint.Account.Fingerprint(ctx, secrets...)
}

// refresher is an account whose description has refresh.
type refresher struct{ a *account }

// Refresh runs the steps of refresh. What the response does not say again is as in old.
func (f refresher) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	return f.a.newRun("refresh", old).tokenOf(ctx, f.a.spec.Refresh)
}

// revoker is an account whose description has logout.
type revoker struct{ a *account }

// Revoke runs the steps of logout. A token that the vendor does not know any more is no error.
func (f revoker) Revoke(ctx context.Context, t *vendorlogin.Token) error {
	err := f.a.newRun("logout", t).steps(ctx, f.a.spec.Logout)
	if isRejection(err) {
		return nil
	}
	return err
}

// authorizer is an account whose description has use.
type authorizer struct{ a *account }

// withOptional is the account with the optional interfaces that its description has steps for.
func (a *account) withOptional() vendorlogin.Authenticator {
	r, v, u := refresher{a}, revoker{a}, authorizer{a}
	switch has := [3]bool{len(a.spec.Refresh) > 0, len(a.spec.Logout) > 0, a.spec.Use != nil}; has {
	case [3]bool{true, true, true}:
		return struct {
			*account
			refresher
			revoker
			authorizer
		}{a, r, v, u}
	case [3]bool{true, true, false}:
		return struct {
			*account
			refresher
			revoker
		}{a, r, v}
	case [3]bool{true, false, true}:
		return struct {
			*account
			refresher
			authorizer
		}{a, r, u}
	case [3]bool{false, true, true}:
		return struct {
			*account
			revoker
			authorizer
		}{a, v, u}
	case [3]bool{true, false, false}:
		return struct {
			*account
			refresher
		}{a, r}
	case [3]bool{false, true, false}:
		return struct {
			*account
			revoker
		}{a, v}
	case [3]bool{false, false, true}:
		return struct {
			*account
			authorizer
		}{a, u}
	}
	return a
}

var (
	_ vendorlogin.Rejecter      = (*account)(nil)
	_ vendorlogin.Originer      = (*account)(nil)
	_ vendorlogin.Fingerprinter = (*account)(nil)
)
