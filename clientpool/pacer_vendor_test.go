package clientpool_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A rule is how a simulated vendor treats a login of account n that arrives so long after the first second. It is called for one
// request at a time.
type rule func(n int, now time.Duration) error

// A vendor is simulated: its response comes after latency, and is decided when the request arrives.
type vendor struct {
	latency time.Duration
	rule    rule

	mu       sync.Mutex
	begin    time.Time
	arrivals []time.Duration
	each     map[int]int           // logins per account
	served   map[int]time.Duration // when the account had its first token
}

func newVendor(latency time.Duration, r rule) *vendor {
	return &vendor{latency: latency, rule: r, begin: time.Now(), each: map[int]int{}, served: map[int]time.Duration{}}
}

func (v *vendor) login(ctx context.Context, n int) (*vendorlogin.Token, error) {
	sent, err := v.arrive(n)
	select {
	case <-time.After(v.latency):
	case <-ctx.Done():
		return nil, &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Err: ctx.Err()}
	}
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.served[n] = time.Since(v.begin)
	return &vendorlogin.Token{
		Access:   vendorlogin.NewSecret(fmt.Sprint("example-", n)),
		IssuedAt: sent, ExpiresAt: sent.Add(24 * time.Hour),
	}, nil
}

func (v *vendor) arrive(n int) (sent time.Time, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	sent = time.Now()
	v.arrivals = append(v.arrivals, sent.Sub(v.begin))
	v.each[n]++
	return sent, v.rule(n, sent.Sub(v.begin))
}

// before counts the requests that arrived before t.
func (v *vendor) before(t time.Duration) int {
	n := 0
	for _, at := range v.arrivals {
		if at < t {
			n++
		}
	}
	return n
}

// most is the number of logins of the account that had most.
func (v *vendor) most() int {
	most := 0
	for _, n := range v.each {
		most = max(most, n)
	}
	return most
}

// last is when the last account had its token.
func (v *vendor) last() time.Duration {
	var last time.Duration
	for _, at := range v.served {
		last = max(last, at)
	}
	return last
}

// simulatedAccount is account n of the vendor.
type simulatedAccount struct {
	n      int
	vendor *vendor
}

func (a simulatedAccount) Account() vendorlogin.Account {
	return account(fmt.Sprintf("user-%d@example.com", a.n))
}

func (a simulatedAccount) Login(ctx context.Context) (*vendorlogin.Token, error) {
	return a.vendor.login(ctx, a.n)
}

func free(int, time.Duration) error { return nil }

// tooMany is a 429. Retry-After is in whole seconds.
func tooMany(tells bool, after time.Duration) error {
	e := &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrRateLimited, Status: 429}
	if tells {
		e.RetryAt = time.Now().Add((after + time.Second - 1).Truncate(time.Second))
	}
	return e
}

// fixedWindow allows so many in a window, which begins at the first request after the last one's end.
func fixedWindow(limit int, length time.Duration, tells bool) rule {
	began, count := -length, 0
	return func(_ int, now time.Duration) error {
		if now-began >= length {
			began, count = now, 0
		}
		if count++; count <= limit {
			return nil
		}
		return tooMany(tells, began+length-now)
	}
}

// clockWindow allows so many per minute of the clock, which shows so many seconds at the beginning.
func clockWindow(limit int, shows time.Duration, tells bool) rule {
	minute, count := time.Duration(-1), 0
	return func(_ int, now time.Duration) error {
		now += shows
		if m := now / time.Minute; m != minute {
			minute, count = m, 0
		}
		if count++; count <= limit {
			return nil
		}
		return tooMany(tells, (minute+1)*time.Minute-now)
	}
}

// slidingWindow allows so many in any window.
func slidingWindow(limit int, length time.Duration, tells bool) rule {
	var allowed []time.Duration
	return func(_ int, now time.Duration) error {
		for len(allowed) > 0 && now-allowed[0] >= length {
			allowed = allowed[1:]
		}
		if len(allowed) < limit {
			allowed = append(allowed, now)
			return nil
		}
		return tooMany(tells, allowed[0]+length-now)
	}
}

// tokenBucket holds so many, and gets one more each period.
func tokenBucket(limit int, period time.Duration, tells bool) rule {
	tokens, last := float64(limit), time.Duration(0)
	return func(_ int, now time.Duration) error {
		tokens = min(tokens+float64(now-last)/float64(period), float64(limit))
		last = now
		if tokens >= 1 {
			tokens--
			return nil
		}
		return tooMany(tells, time.Duration((1-tokens)*float64(period)))
	}
}

// outage is down for so long; then it is as r says.
func outage(length time.Duration, r rule) rule {
	return func(n int, now time.Duration) error {
		if now < length {
			return &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Status: 503}
		}
		return r(n, now)
	}
}

// bad treats some accounts in a way of their own.
func bad(which func(n int) bool, err func() error) rule {
	return func(n int, _ time.Duration) error {
		if which(n) {
			return err()
		}
		return nil
	}
}

func every(m int) func(int) bool { return func(n int) bool { return n%m == 0 } }

func first(m int) func(int) bool { return func(n int) bool { return n < m } }

func between(from, to int) func(int) bool { return func(n int) bool { return from <= n && n < to } }

func wrongPassword() error {
	return &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrInvalidCredentials, Status: 401}
}

func lockedForAnHour() error { return tooMany(true, time.Hour) }

func broken() error {
	return &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Status: 500}
}
