package vendorlogin

import (
	"context"
	"log/slog"
	"time"
)

// An EventType says what an [Event] is about.
type EventType string

// What a Client reports.
const (
	EventLogin    EventType = "login"     // the credentials were exchanged for a token
	EventRefresh  EventType = "refresh"   // the refresh token was exchanged for a token
	EventAdopt    EventType = "adopt"     // a token that another process fetched was taken from the Store
	EventStale    EventType = "stale"     // a token that is due for renewal was handed out; once per renewal
	EventHold     EventType = "hold"      // the Client is on hold: it sends nothing until RetryAt of Err
	EventStore    EventType = "store"     // the Store failed, or something in it could not be read
	EventLockWait EventType = "lock_wait" // other processes held the Store's lock for Duration
	EventRefused  EventType = "refused"   // an API rejected the token. Err nil: it is renewed; else it is kept until RetryAt of Err
	EventLogout   EventType = "logout"    // the token was forgotten, here and in the Store
)

// An Event is something that a Client did. It holds no secret.
type Event struct {
	Type     EventType
	Account  Account       // the Client's
	Time     time.Time     // when it was over
	Duration time.Duration // how long it took; 0 where that means nothing
	Err      error         // nil: it worked
	Expires  time.Time     // of the token that came; zero: none, or unknown

	// NeedsAction marks what a person should look at. Either the vendor rejected credentials, code, account or request; or a code is
	// missing; or a refresh brought a new refresh token that could not be saved.
	NeedsAction bool

	ctx context.Context
}

// Context returns a context that never ends. It has the values of the ctx of the call that began what the Event reports, such as
// its trace.
func (e Event) Context() context.Context {
	if e.ctx == nil {
		return context.Background()
	}
	return e.ctx
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

// messages are what an operator reads: of an event without an error, and of one with it.
var messages = map[EventType][2]string{
	EventLogin:    {"logged in", "login failed"},
	EventRefresh:  {"token refreshed", "refresh failed"},
	EventAdopt:    {0: "token taken from the store"},
	EventStale:    {0: "token is being renewed in the background"},
	EventHold:     {1: "on hold, nothing is sent"},
	EventStore:    {1: "store failed"},
	EventLockWait: {0: "waited for another process"},
	EventRefused:  {"token rejected by an API, renewing", "token rejected by an API, not renewed yet"},
	EventLogout:   {"logged out", "logout failed"},
}

func (e Event) message() string {
	if e.Err != nil {
		return messages[e.Type][1]
	}
	return messages[e.Type][0]
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
