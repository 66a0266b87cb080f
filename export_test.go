package vendorlogin

import (
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// Freshness says what t, cached when the wall clock showed taken, is good for when it shows wall, and the monotonic clock mono
// later; t is stale for window before it expires.
func Freshness(t *Token, window time.Duration, taken time.Time, mono time.Duration, wall time.Time) string {
	const began = time.Hour
	c := *t
	c.Access = NewSecret("example")
	h := newCached(&c, 0, began, taken)
	h.window = window
	return h.at(began+mono, wall).String()
}

// Held says whether a hold that was to last for length binds when the clocks have moved by mono and wall.
func Held(length, mono, wall time.Duration) bool {
	const began = time.Hour
	beganWall := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	h := &hold{until: began + length, untilWall: beganWall.Add(length)}
	return h.inForce(began+mono, beganWall.Add(wall))
}

// NewWindow is a window that t is given, jitter included.
func NewWindow(t *Token, renewBefore time.Duration) time.Duration {
	return newCached(t, renewBefore, 0, t.IssuedAt).window
}

// RecodeToken returns t as another process finds it.
func RecodeToken(t *Token) (*Token, error) {
	data, err := record.Record{Token: toRecord(t)}.Encode()
	if err != nil {
		return nil, err
	}
	rec, err := record.Decode(data)
	if err != nil {
		return nil, err
	}
	return fromRecord(rec.Token, time.Now()), nil
}

// Runs is how many renewals of c have not ended.
func Runs(c *Client) int {
	c.k.mu.Lock()
	defer c.k.mu.Unlock()
	n := 0
	for r := c.k.run; r != nil; r = r.before {
		n++
	}
	return n
}

// NextLook is how long Token hands the cached token out by a look at the clock alone.
func NextLook(c *Client) time.Duration {
	mono, _ := c.k.now()
	return time.Duration(c.k.cached.Load().review.Load()) - mono
}

// Probed reports whether c has looked at the Store for a token in place of a rejected one.
func Probed(c *Client) bool { return c.k.troubled().rejection.probe != 0 }

// LogText is the log line's text for e.
func LogText(e Event) string { return e.message() }

// LogLevel is its level.
func LogLevel(e Event) string { return e.level().String() }
