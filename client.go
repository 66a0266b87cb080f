package vendorlogin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"time"
)

// A Client keeps one account's token. It is safe for concurrent use; make one per account and share it.
type Client struct{ k keeper }

// NewClient makes a Client over a; nil options are all defaults. It does no I/O and starts no goroutine. A mistake in the options is
// [ErrInvalidRequest]; so is, with a Store, an Account without Vendor, Endpoint or Principal.
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
	account := a.Account()
	if opts.Store != nil && (account.Vendor == "" || account.Endpoint == "" || account.Principal == "") {
		return nil, invalidOption(
			"Authenticator",
			"has an Account without Vendor, Endpoint or Principal: a Store would mix it up with others",
		)
	}
	c := &Client{keeper{vendor: vendor{a}, set: opts, epoch: time.Now(), events: newReporter(account, &opts)}}
	if opts.KeepAlive {
		c.k.timer = time.AfterFunc(longestOption, c.k.onTimer)
		c.k.timer.Stop()
	}
	return c, nil
}

// Token returns a valid token. While the cached one is fresh the call costs a clock reading and, before Close, never fails, even when
// ctx has ended. Near its expiry the cached token is still returned, and renewed once in the background. Without a valid token the call
// waits for the renewal that all callers share, until ctx ends. Then the error matches ctx.Err(), and the renewal goes on for the
// others.
//
// While the Client is on hold, for example after wrong credentials, and has no valid token, the call fails with the *[Error] that
// began the hold, marked as Remembered. Its RetryAt says when the hold ends. The call fails at once, or within a second where a
// probe of the SecretFuncs or of the Store is due. After Close it is [ErrClosed].
func (c *Client) Token(ctx context.Context) (*Token, error) {
	if h := c.k.cached.Load(); h != nil && int64(time.Since(c.k.epoch)) < h.review.Load() {
		return h.token, nil
	}
	return c.k.await(ctx, false)
}

// WaitToken is Token for batch jobs. Token fails with a RetryAt where the vendor is unavailable, its response was bad, it limits
// the rate, or the login is paced. WaitToken waits until then and tries again. It returns the error at once if the
// vendor rejected something, if the error has no RetryAt, or if ctx ends before RetryAt.
func (c *Client) WaitToken(ctx context.Context) (*Token, error) {
	for {
		t, err := c.Token(ctx)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.RetryAt.IsZero() || !waitingHelps(e) {
			return t, err
		}
		if deadline, ok := ctx.Deadline(); ok && deadline.Before(e.RetryAt) {
			return nil, err
		}
		select {
		case <-time.After(min(max(time.Until(e.RetryAt), time.Millisecond), time.Minute)): // the clock may be set meanwhile
		case <-c.k.closing():
		case <-ctx.Done():
			return nil, c.k.leftBy(ctx.Err())
		}
	}
}

func waitingHelps(e *Error) bool {
	return errors.Is(e, ErrUnavailable) || errors.Is(e, ErrRateLimited) || errors.Is(e, ErrBadResponse)
}

// Renew renews the token now, by refresh or login, whatever its age, or joins the renewal that is under way. It does not return a token
// that the Store had before the call. It bypasses a hold after a rejection or a failure, at most once per minute, since each time may cost
// the account an attempt. It never bypasses a Retry-After, a 429, the Pacer or [Options.MaxAttempts], of which it uses at most half while a
// valid token is cached that no API has rejected. On failure a valid cached token stays, unless an API has rejected it and the vendor also
// rejects the refresh token, the credentials, a code or the account.
func (c *Client) Renew(ctx context.Context) (*Token, error) { return c.k.await(ctx, true) }

// Authorize puts the vendor's headers on req: a token as from Token(req.Context()), and whatever else the vendor's API wants.
// Options.Origins guard the Transport only: req may be for any host. A caller who wants to pass the token to Invalidate later calls
// Token and [Client.AuthorizeWith] instead.
func (c *Client) Authorize(req *http.Request) error {
	t, err := c.Token(req.Context())
	if err != nil {
		return err
	}
	return c.AuthorizeWith(req, t)
}

// AuthorizeWith is [Client.Authorize] with a token that Token returned. If the API rejects that token, give it to
// [Client.Invalidate].
func (c *Client) AuthorizeWith(req *http.Request, t *Token) error {
	if t == nil {
		return c.k.vendor.failure("authorize", ErrInvalidRequest, "the token is nil")
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	t = c.k.withHeader(t)
	if a, ok := c.k.vendor.auth.(Authorizer); ok {
		return c.k.vendor.authorized(a.Authorize(req, t))
	}
	return c.k.vendor.authorized(t.SetAuthHeader(req))
}

// Invalidate marks t as rejected by an API. The next Token renews it first, at most once a minute. Within that minute, and where the
// renewal fails, Token returns t while it is valid, unless the vendor also rejects the refresh token, the credentials, a code or the
// account. Invalidate does nothing unless t is the pointer that is cached now. So a late complaint about an old token never costs its
// successor, however alike the two are.
func (c *Client) Invalidate(t *Token) {
	c.k.reject(context.Background(), t)
}

// Peek returns the cached token if it is valid and no API has rejected it. It does no I/O and starts nothing.
func (c *Client) Peek() (*Token, bool) {
	h := c.k.cached.Load()
	if h == nil || h.is(rejectedFlag) || h.at(c.k.now()) == expired {
		return nil, false
	}
	return h.token, true
}

// Authenticator returns the one that the Client was made with.
func (c *Client) Authenticator() Authenticator { return c.k.vendor.auth }

// Close ends the Client. Waiting callers get [ErrClosed] at once. A renewal that has sent nothing yet is cancelled. One that has sent
// something is waited for, at most LoginTimeout + 5 seconds in all, and its token is still saved. After Close no goroutine of the
// Client runs, unless an Authenticator, a Store or OnEvent ignored that time: then Close says so. None of these may call Close, nor
// may a SecretFunc or an OTPSource: it would wait for itself.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), c.k.set.LoginTimeout+graceTime)
	defer cancel()
	return c.Shutdown(ctx)
}

// Shutdown is Close, but waits no longer than ctx lasts. What it could not wait for goes on to its end. The error then names it
// and matches ctx.Err().
func (c *Client) Shutdown(ctx context.Context) error {
	for _, f := range c.k.close() {
		if err := waitFor(ctx, f.Ended()); err != nil {
			return c.unfinished(err, "a renewal did not end in time")
		}
	}
	if err := waitFor(ctx, c.k.events.drained()); err != nil {
		return c.unfinished(err, "OnEvent did not return in time")
	}
	return nil
}

func (c *Client) unfinished(err error, text string) error {
	e := c.k.vendor.failure("close", ErrUnavailable, text)
	e.Err = fmt.Errorf("%w: %w", e.Err, err)
	return e
}

// waitFor waits for done within ctx. What is done counts although ctx has ended.
func waitFor(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	default:
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// String returns whose token the Client keeps, and how it is. Format, LogValue and MarshalText do the same.
func (c *Client) String() string {
	s := c.Status()
	return "vendorlogin.Client(" + s.Account.Vendor + " " + s.Account.Principal + ": " + s.word() + ")"
}

// Format writes String for every verb: the default would read what a renewal is writing.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// LogValue returns String.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText returns String.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
