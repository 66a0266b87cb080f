package vendorlogin

import (
	"context"
	"log/slog"
	"time"
)

// EventType says what an [Event] is about.
type EventType string

const (
	EventLogin    EventType = "login"     // the credentials were exchanged for a token
	EventRefresh  EventType = "refresh"   // a refresh token was
	EventAdopt    EventType = "adopt"     // a token that another process fetched was taken from the store
	EventStale    EventType = "stale"     // a token was handed out that is being renewed behind; once a renewal
	EventHold     EventType = "hold"      // nothing is sent until RetryAt of Err
	EventStore    EventType = "store"     // the store failed, or something in it could not be read
	EventLockWait EventType = "lock_wait" // other processes held the store's lock for Duration
	EventRefused  EventType = "refused"   // an API refused the token, and it is renewed; with Err: and it is not, before RetryAt of Err
	EventLogout   EventType = "logout"    // the token was forgotten, here and in the store
)

// An Event is something that a Client did. It holds no secret.
type Event struct {
	Type     EventType
	Account  Account       // the Client's
	Time     time.Time     // when it was over
	Duration time.Duration // how long it took; 0 where that means nothing
	Err      error         // nil: it worked
	Expires  time.Time     // of the token it gave; zero: none, or unknown

	// NeedsAction marks what a person has to mend. The credentials or a code were rejected, the account is forbidden, or a new
	// refresh token could not be saved.
	NeedsAction bool

	ctx context.Context
}

// Context returns the values of the ctx of the call that began what the Event reports, such as its trace. It never ends.
func (e Event) Context() context.Context {
	if e.ctx == nil {
		return context.Background()
	}
	return e.ctx
}

// longestQueue bounds what a slow observer can pile up; more than that is dropped.
const longestQueue = 1024

// An eventQueue hands events to the observers, in order, on a goroutine that lives only while there are any.
type eventQueue struct {
	pending []Event
	idle    chan struct{} // closed when the goroutine is gone
}

// emit queues e. It is called with c.mu held.
func (c *Client) emit(e Event) {
	if c.opts.OnEvent == nil && c.opts.Logger == nil {
		return
	}
	if c.events == nil {
		c.events = &eventQueue{}
	}
	q := c.events
	if len(q.pending) == longestQueue {
		return
	}
	e.Account, e.Time = c.auth.Account(), time.Now()
	q.pending = append(q.pending, e)
	if q.idle == nil {
		q.idle = make(chan struct{})
		go c.drain(q)
	}
}

// tell is emit for callers that do not hold c.mu.
func (c *Client) tell(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.emit(e)
}

func (c *Client) drain(q *eventQueue) {
	for {
		c.mu.Lock()
		if len(q.pending) == 0 {
			close(q.idle)
			q.idle, q.pending = nil, nil
			c.mu.Unlock()
			return
		}
		e := q.pending[0]
		q.pending = q.pending[1:]
		c.mu.Unlock()
		c.observe(e)
	}
}

// observe calls strangers' code on a goroutine of its own where a Goexit in it ends no more than that.
func (c *Client) observe(e Event) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		if c.opts.Logger != nil {
			c.opts.Logger.LogAttrs(context.Background(), e.level(), "vendorlogin: "+e.message(), e.attrs()...)
		}
		if c.opts.OnEvent != nil {
			c.opts.OnEvent(e)
		}
	}()
	<-done
}

// eventsDrained is closed once the observers have seen every event.
func (c *Client) eventsDrained() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.events != nil && c.events.idle != nil {
		return c.events.idle
	}
	done := make(chan struct{})
	close(done)
	return done
}

func (e Event) level() slog.Level {
	exchange := e.Type == EventLogin || e.Type == EventRefresh
	switch {
	case e.NeedsAction:
		return slog.LevelError
	case exchange && e.Err != nil, e.Type == EventStale, e.Type == EventLockWait:
		return slog.LevelDebug // a hold with the same error, or the renewal itself, follows
	case e.Err != nil:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// message is what an operator reads.
func (e Event) message() string {
	switch {
	case e.Type == EventLogin && e.Err != nil:
		return "login failed"
	case e.Type == EventLogin:
		return "logged in"
	case e.Type == EventRefresh && e.Err != nil:
		return "refresh failed"
	case e.Type == EventRefresh:
		return "token refreshed"
	case e.Type == EventAdopt:
		return "token taken from the store"
	case e.Type == EventStale:
		return "token is being renewed behind"
	case e.Type == EventHold:
		return "on hold, nothing is sent"
	case e.Type == EventStore:
		return "store failed"
	case e.Type == EventLockWait:
		return "waited for another process"
	case e.Type == EventRefused && e.Err != nil:
		return "token refused by an API, not renewed"
	case e.Type == EventRefused:
		return "token refused by an API, renewing"
	case e.Type == EventLogout && e.Err != nil:
		return "logout failed"
	}
	return "logged out"
}

func (e Event) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("vendor", e.Account.Vendor),
		slog.String("principal", e.Account.Principal),
	}
	if e.Account.Scope != "" {
		attrs = append(attrs, slog.String("scope", e.Account.Scope))
	}
	if e.Duration != 0 {
		attrs = append(attrs, slog.Duration("duration", e.Duration))
	}
	if !e.Expires.IsZero() {
		attrs = append(attrs, slog.Time("expires", e.Expires))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return attrs
}
