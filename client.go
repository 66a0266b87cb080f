// Package vendorlogin logs in to vendors whose APIs want an e-mail and a password first, and keeps the token fresh.
//
// An [Authenticator] knows one vendor: how to ask for a token, and what its answers mean. There is one for each of five vendors in
// the packages beside this one. A [Client] makes of it a token that is always there: cached, renewed before it expires, shared with
// other processes through a [Store], put on requests by [Client.HTTPClient].
//
//	auth, err := gcore.New(gcore.Config{Username: "ops@example.com", Password: vendorlogin.SecretEnv("GCORE_PASSWORD")})
//	client, err := vendorlogin.NewClient(auth, nil)
//	defer client.Close()
//	resp, err := client.HTTPClient().Get("https://api.gcore.com/iam/clients/me")
//
// A Client never repeats wrong credentials, so it cannot lock an account out: see [Options.Cooldown].
package vendorlogin

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// Options tune a [Client]. The zero value of each field is its default.
type Options struct {
	// Store shares the token, and holds, with other processes and with later runs. Default: none; the token lives in memory.
	Store Store

	// Namespace is part of every key in the Store. Whoever shares a Store and names an account gets that account's token: give each
	// tenant a Namespace of its own. Default: empty.
	Namespace string

	// MaxAttempts is how many unsuccessful logins of a kind, by password or by code, an account makes in any 10 minutes, over all
	// users of the Store. Default 4; negative: no limit.
	MaxAttempts int

	// Pacer spreads the logins at one endpoint over many accounts; package clientpool has one. Default: none.
	Pacer Pacer

	// RenewBefore is how long before its expiry a token is renewed, behind the callers' backs; for a short-lived token at most half
	// of its life. Default 5 minutes.
	RenewBefore time.Duration

	// LoginTimeout bounds one renewal: waiting for other processes, a person's typing of a code, and the vendor. Default 30 seconds.
	LoginTimeout time.Duration

	// Cooldown is how long nothing is sent after the vendor refused the credentials, unless they change or Renew is called.
	// Default 15 minutes.
	Cooldown time.Duration

	// Origins are where the Transport may send tokens, such as "https://api.example.com". Default: the origin of Account.Endpoint.
	Origins []string

	// KeepAlive renews on time although nobody asks, from the first token on; it takes one timer. It matters for vendors that
	// refresh only a token that is still alive.
	KeepAlive bool

	// PromptInBackground lets a renewal that nobody waits for ask a person for a one-time password.
	PromptInBackground bool

	// Logger gets a line an event, with the account's name in it. Default: silent.
	Logger *slog.Logger

	// OnEvent is told what happens, one event at a time and in order, on a goroutine of its own: a slow one delays nobody but
	// Close, and a panic in it is swallowed. It must not call Close. So events and log lines come a little late; Close waits for
	// those that are outstanding, and of more than 1024 the later ones are dropped.
	OnEvent func(Event)
}

const (
	defaultRenewBefore  = 5 * time.Minute
	defaultLoginTimeout = 30 * time.Second
	defaultCooldown     = 15 * time.Minute

	// longestOption is "for ever": sums of it still fit into a time.Duration.
	longestOption = 10 * 365 * 24 * time.Hour

	// graceTime is what a renewal has for saving and unlocking after its LoginTimeout.
	graceTime = 5 * time.Second
)

// A Client keeps one account's token. It is safe for concurrent use; make one per account and share it.
type Client struct {
	auth  Authenticator
	opts  Options
	epoch time.Time // origin of the monotonic times below

	current atomic.Pointer[held] // the token in hand; nil before the first

	mu         sync.Mutex  // guards what follows, and every change of current
	renewal    *renewal    // the one whose goroutine runs
	hold       *hold       // why not to send anything for now, or what went wrong last; nil after a success
	rejections *rejections // what APIs said to renewed tokens; nil before the first
	closed     bool
	timer      *time.Timer // KeepAlive's
	events     *eventQueue // made by the first event
}

// NewClient makes a Client over a; nil options are all defaults. It does no I/O and starts no goroutine. A mistake in the options is
// [ErrInvalidRequest].
func NewClient(a Authenticator, o *Options) (*Client, error) {
	if v := reflect.ValueOf(a); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, invalidOption("Authenticator", "is nil")
	}
	if o == nil {
		o = &Options{}
	}
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Client{auth: a, opts: opts, epoch: time.Now()}, nil
}

// withDefaults checks o and fills in what is not set.
func (o Options) withDefaults() (Options, error) {
	for _, d := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"RenewBefore", &o.RenewBefore, defaultRenewBefore},
		{"LoginTimeout", &o.LoginTimeout, defaultLoginTimeout},
		{"Cooldown", &o.Cooldown, defaultCooldown},
	} {
		if *d.value < 0 {
			return o, invalidOption("Options."+d.name, "is negative")
		}
		if *d.value == 0 {
			*d.value = d.def
		}
		*d.value = min(*d.value, longestOption)
	}
	for _, origin := range o.Origins {
		if _, err := parseOrigin(origin); err != nil {
			return o, invalidOption("Options.Origins", err.Error())
		}
	}
	o.Origins = append([]string(nil), o.Origins...)
	return o, nil
}

func invalidOption(field, reason string) error {
	return &Error{Op: "new", Kind: ErrInvalidRequest, Fields: []FieldError{{Field: field, Reason: reason}}, Unprocessed: true}
}

// Token gives a token that is alive. While one is fresh the call costs a clock reading, whatever ctx says. Near its expiry the token
// is still handed out, and renewed once behind. Without a living token the call waits for the renewal that all callers share, until
// ctx ends: then the error errors.Is ctx.Err(), and the renewal goes on for the others.
//
// While the Client is on hold, after wrong credentials say, the call fails with the *[Error] that began the hold; its RetryAt says
// when the hold ends. It fails at once, or within a second where it first has to ask a SecretFunc or the Store whether the reason is
// gone. After Close it is [ErrClosed].
func (c *Client) Token(ctx context.Context) (*Token, error) {
	if h := c.current.Load(); h != nil && int64(time.Since(c.epoch)) < h.review.Load() {
		return h.token, nil
	}
	return c.await(ctx, false)
}

// Renew renews the token now, whatever its age, or joins the renewal that is under way. It passes a hold, at most once a minute,
// since each time may cost the account an attempt. On failure a living token stays in hand.
func (c *Client) Renew(ctx context.Context) (*Token, error) { return c.await(ctx, true) }

// await is Token and Renew where a look at one number was not enough.
func (c *Client) await(ctx context.Context, force bool) (*Token, error) {
	for looked := false; ; {
		t, r, err := c.decide(ctx, force, looked)
		if r == nil {
			return t, err
		}
		looked = looked || r.job == jobLook
		if err := r.wait(ctx); err != nil {
			return nil, err
		}
		if r.decisive() {
			return r.token, r.err
		}
	}
}

// decide gives a token or an error, or else something under way to wait for before asking again.
func (c *Client) decide(ctx context.Context, force, looked bool) (*Token, *renewal, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, nil, &Error{Account: c.auth.Account(), Op: "token", Kind: ErrClosed}
	}
	mono, wall := c.now()
	if h := c.current.Load(); h != nil && !force {
		state := h.at(mono, wall)
		if state == stale {
			c.renewBehind(ctx)
		}
		if state != dead {
			h.reviewBy(mono)
			return h.token, nil, nil
		}
	}
	if ctx.Value(clientKey{c}) != nil {
		return nil, nil, c.failure("token", ErrInvalidRequest, "asked for from within its own login")
	}
	if c.renewal.underWay() && (force || !looked || c.renewal.job != jobLook) {
		return nil, c.renewal, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, &Error{Account: c.auth.Account(), Op: "token", Kind: ErrUnavailable, Err: err, Unprocessed: true}
	}
	hold := c.onHold()
	switch {
	case c.renewal.underWay() && hold != nil: // a look that takes its time
		return nil, nil, hold.err
	case c.renewal.underWay():
		return nil, c.renewal, nil
	case hold == nil || hold.cause == causeBackground:
		return nil, c.startRenewal(ctx, jobRenew, force), nil
	case force && hold.pass(mono):
		return nil, c.startRenewal(ctx, jobRenew, force), nil
	case !force && !looked && c.lookDue(hold, mono):
		return nil, c.startLook(ctx), nil
	}
	return nil, nil, hold.err
}

// renewBehind starts a renewal that nobody waits for, or on hold a look whether the reason has gone.
func (c *Client) renewBehind(ctx context.Context) {
	mono, _ := c.now()
	hold := c.onHold()
	switch {
	case c.renewal.underWay():
	case hold == nil:
		c.emit(Event{Type: EventStale})
		c.startRenewal(ctx, jobRenewBehind, false)
	case hold.credentialBound() && c.lookDue(hold, mono):
		c.startLook(ctx)
	}
}

// Authorize puts the vendor's headers on req: a token as from Token(req.Context()), and whatever else the vendor's API wants.
// Options.Origins guard the Transport only: req may be for any host. Should the API refuse the token, give what Peek gave before to
// Invalidate.
func (c *Client) Authorize(req *http.Request) error {
	t, err := c.Token(req.Context())
	if err != nil {
		return err
	}
	return authorize(c.auth, req, t)
}

// Invalidate drops t, because an API did not accept it: the next Token renews. It does nothing unless t is the very pointer that
// Token gave last, so that a late complaint about an old token never costs its successor, however alike the two are.
func (c *Client) Invalidate(t *Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.current.Load(); h != nil && h.token == t {
		c.current.Store(h.marked(dropped))
	}
}

// Peek gives the token in hand if it is alive. It does no I/O and starts nothing.
func (c *Client) Peek() (*Token, bool) {
	h := c.current.Load()
	if h == nil || h.at(c.now()) == dead {
		return nil, false
	}
	return h.token, true
}

// Authenticator gives the one that the Client was made with.
func (c *Client) Authenticator() Authenticator { return c.auth }

// HTTPClient gives a new http.Client over [Client.Transport] and http.DefaultTransport, whatever client the logins go through. For a
// proxy, a certificate authority or a mock of your own, give its transport to Transport, and to the vendor's Config too. Replacing the
// Transport of the client given here takes the token out.
func (c *Client) HTTPClient() *http.Client { return &http.Client{Transport: c.Transport(nil)} }

// Close ends the Client. Waiting callers get [ErrClosed] at once. A renewal that has sent nothing yet is cancelled; one that has is
// waited for, at most LoginTimeout and 5 seconds, and what it fetched is still saved. After Close no goroutine of the Client runs,
// unless an Authenticator, a Store or OnEvent ignored that time: then Close says so. None of these, nor a SecretFunc or an OTPSource,
// must call Close: it would wait for itself.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.current.Store(nil)
	if c.timer != nil {
		c.timer.Stop()
	}
	var running []*renewal
	for r := c.renewal; r != nil; r = r.before {
		r.close()
		running = append(running, r)
	}
	c.mu.Unlock()

	limit := time.NewTimer(c.opts.LoginTimeout + graceTime)
	defer limit.Stop()
	for _, r := range running {
		if !waitFor(r.ended, limit) {
			return c.failure("close", ErrUnavailable, "a renewal did not end in time")
		}
	}
	if !waitFor(c.eventsDrained(), limit) {
		return c.failure("close", ErrUnavailable, "OnEvent did not return in time")
	}
	return nil
}

func waitFor(done <-chan struct{}, limit *time.Timer) bool {
	select {
	case <-done:
		return true
	case <-limit.C:
		return false
	}
}

// String says whose token the Client keeps, and how it is.
func (c *Client) String() string {
	a := c.auth.Account()
	return "vendorlogin.Client(" + a.Vendor + " " + a.Principal + ": " + c.state() + ")"
}

// Format prints String for every verb: the default would read what a renewal is writing.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// LogValue is String.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

func (c *Client) state() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.current.Load()
	switch {
	case c.closed:
		return "closed"
	case h != nil && h.at(c.now()) != dead:
		return h.at(c.now()).String()
	case c.renewal.underWay():
		return "renewing"
	case c.onHold() != nil:
		return "on hold"
	}
	return "no token"
}

// now reads both clocks: the monotonic one, as the time since start, and the wall clock. They part when the machine sleeps and when
// somebody sets the clock.
func (c *Client) now() (mono time.Duration, wall time.Time) {
	now := time.Now()
	return now.Sub(c.epoch), now.Round(0)
}

// failure makes the Client's own errors.
func (c *Client) failure(op string, kind error, text string) *Error {
	return &Error{Account: c.auth.Account(), Op: op, Kind: kind, Err: plainError(text)}
}
