package vendorlogin_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// fake is a vendor and its Authenticator in one. It counts what it is asked, and takes a refresh token once.
type fake struct {
	life time.Duration // of its tokens; 0: it does not say
	took time.Duration // to answer
	err  error         // what every login comes to

	// on, if set, is called for each request after it has been counted, with its number among those of its op, "login", "refresh" or
	// "revoke". An error is the vendor's answer.
	on func(ctx context.Context, op string, n int64) error

	rotates     bool // a refresh token comes with each token
	refreshLife time.Duration

	logins, refreshes atomic.Int64
	twice             atomic.Int64 // refresh tokens presented that had been presented before

	mu        sync.Mutex
	issued    int
	presented map[string]bool
}

func (*fake) Account() vendorlogin.Account {
	return vendorlogin.Account{Vendor: "fake", Endpoint: "https://api.example.com", Principal: "ops@example.com"}
}

func (f *fake) Login(ctx context.Context) (*vendorlogin.Token, error) {
	sent := time.Now()
	if err := f.reach(ctx, "login", f.logins.Add(1)); err != nil {
		return nil, err
	}
	f.mu.Lock()
	err := f.err
	f.mu.Unlock()
	return f.issue(sent), err
}

// becomes changes the vendor while it may be asked.
func (f *fake) becomes(change func()) {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// reach is the way to the vendor and back.
func (f *fake) reach(ctx context.Context, op string, n int64) error {
	if err := f.refusal(ctx, op, n); err != nil {
		return err
	}
	return pass(ctx, f.took)
}

func (f *fake) refusal(ctx context.Context, op string, n int64) error {
	f.mu.Lock()
	on := f.on
	f.mu.Unlock()
	if on == nil {
		return nil
	}
	return on(ctx, op, n)
}

// pass lets d pass, unless ctx ends.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Err: ctx.Err()}
	}
}

func (f *fake) issue(sent time.Time) *vendorlogin.Token {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.issued++
	t := &vendorlogin.Token{Access: vendorlogin.NewSecret(fmt.Sprint("access-", f.issued)), IssuedAt: sent}
	if f.life != 0 {
		t.ExpiresAt = sent.Add(f.life)
	}
	if f.rotates {
		t.Refresh = vendorlogin.NewSecret(fmt.Sprint("refresh-", f.issued))
	}
	if f.refreshLife != 0 {
		t.RefreshExpiresAt = sent.Add(f.refreshLife)
	}
	return t
}

// present uses a refresh token up.
func (f *fake) present(refresh string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.presented[refresh] {
		f.twice.Add(1)
		return &vendorlogin.Error{Op: "refresh", Kind: vendorlogin.ErrRefreshRejected, Status: 401}
	}
	if f.presented == nil {
		f.presented = map[string]bool{}
	}
	f.presented[refresh] = true
	return nil
}

func (f *fake) requests() int64 { return f.logins.Load() + f.refreshes.Load() }

// refresher is a vendor with refresh tokens, each good for one use.
type refresher struct{ fake }

func newRefresher(life, took time.Duration) *refresher {
	return &refresher{fake{life: life, took: took, rotates: true}}
}

func (r *refresher) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	sent, n := time.Now(), r.refreshes.Add(1)
	if err := r.refusal(ctx, "refresh", n); err != nil {
		return nil, err
	}
	if err := r.present(old.Refresh.Reveal()); err != nil {
		return nil, err
	}
	if err := pass(ctx, r.took); err != nil { // the vendor has acted, though nobody hears
		return nil, err
	}
	return r.issue(sent), nil
}

// passworded is a vendor that wants a password.
type passworded struct {
	fake
	secret vendorlogin.SecretFunc
	right  string
}

func (p *passworded) Login(ctx context.Context) (*vendorlogin.Token, error) {
	password, err := p.secret(ctx)
	if err != nil {
		return nil, err
	}
	t, err := p.fake.Login(ctx)
	if err == nil && password.Reveal() != p.right {
		return nil, wrongPassword()
	}
	return t, err
}

func (p *passworded) Fingerprint(ctx context.Context) (uint64, error) {
	return p.Account().Fingerprint(ctx, p.secret)
}

// changing is a secret that can be rotated, and counts its reads.
type changing struct {
	value atomic.Pointer[string]
	reads atomic.Int64
	took  time.Duration
	then  func() // after a reading
}

func newChanging(value string) *changing {
	c := &changing{}
	c.value.Store(&value)
	return c
}

func (c *changing) secret(ctx context.Context) (vendorlogin.Secret, error) {
	c.reads.Add(1)
	if err := pass(ctx, c.took); err != nil {
		return vendorlogin.Secret{}, err
	}
	s := vendorlogin.NewSecret(*c.value.Load())
	if c.then != nil {
		c.then()
	}
	return s, nil
}

// coded is a vendor that wants a code.
type coded struct {
	fake
	source vendorlogin.OTPSource
}

func (c *coded) Login(ctx context.Context) (*vendorlogin.Token, error) {
	if _, err := vendorlogin.AskOTP(ctx, c.source, vendorlogin.Challenge{Account: c.Account(), Attempt: 1}); err != nil {
		return nil, err
	}
	return c.fake.Login(ctx)
}

// device is an OTPSource that needs no person.
type device struct{ vendorlogin.OTPFunc }

func (device) NonInteractive() bool { return true }

func wrongPassword() error {
	return &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrInvalidCredentials, Status: 401}
}

func down() error {
	return &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Status: 503}
}

// bubble runs f on simulated time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// newClient makes a Client that is closed when the test ends.
func newClient(t *testing.T, a vendorlogin.Authenticator, o *vendorlogin.Options) *vendorlogin.Client {
	t.Helper()
	c, err := vendorlogin.NewClient(a, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c
}

func mustToken(t *testing.T, c *vendorlogin.Client) *vendorlogin.Token {
	t.Helper()
	token, err := c.Token(t.Context())
	require.NoError(t, err)
	require.NotNil(t, token)
	return token
}

// answers is what calls came to.
type answers struct {
	tokens []*vendorlogin.Token
	errs   []error // of those that failed
}

// atOnce calls Token n times in the same instant and waits for all.
func atOnce(ctx context.Context, n int, clients ...*vendorlogin.Client) answers {
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		all answers
	)
	for i := range n {
		wg.Go(func() {
			token, err := clients[i%len(clients)].Token(ctx)
			mu.Lock()
			defer mu.Unlock()
			all.add(token, err)
		})
	}
	wg.Wait()
	return all
}

func (a *answers) add(token *vendorlogin.Token, err error) {
	if err != nil {
		a.errs = append(a.errs, err)
		return
	}
	a.tokens = append(a.tokens, token)
}

// events records what OnEvent is told.
type events struct {
	mu  sync.Mutex
	all []vendorlogin.Event
}

func (e *events) record(event vendorlogin.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
}

// seen gives what has been told since the last time, once all is quiet.
func (e *events) seen() []vendorlogin.Event {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.all
	e.all = nil
	return all
}

func types(all []vendorlogin.Event) []vendorlogin.EventType {
	out := []vendorlogin.EventType{}
	for _, e := range all {
		out = append(out, e.Type)
	}
	return out
}
