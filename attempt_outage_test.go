package vendorlogin_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
)

// An outage is a vendor that fails for a while from the first call on.
type outage struct {
	fake
	began time.Time
	lasts time.Duration
	kind  string
	at    []time.Duration // of each login, since the start
}

func (o *outage) Login(ctx context.Context) (*vendorlogin.Token, error) {
	since := time.Since(o.began)
	o.mu.Lock()
	o.at = append(o.at, since)
	o.mu.Unlock()
	if since >= o.lasts {
		return o.fake.Login(ctx)
	}
	switch o.kind {
	case "503":
		return nil, down()
	case "timeout":
		_ = pass(ctx, 30*time.Second)
		return nil, &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Err: context.DeadlineExceeded}
	case "no token":
		return nil, &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrBadResponse, Status: 200}
	case "refused":
		return nil, &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
	}
	panic(o.kind)
}

// most is how many logins fell into any 10 minutes.
func (o *outage) most() int {
	most := 0
	for i, from := range o.at {
		n := 0
		for _, at := range o.at[i:] {
			if at-from < 10*time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// A crew is the processes that ask for a token once a second.
type crew struct {
	name   string
	size   int
	shares bool
	crash  bool // each process dies after its first failure, and another takes its place
}

var crews = []crew{
	{"1 process", 1, false, false},
	{"10 processes, one store", 10, true, false},
	{"10 processes, no store", 10, false, false},
}

// delay lets the crew ask until all have a token, and returns how long after the outage's end the last of them had it.
func (c crew) delay(t *testing.T, o *outage) time.Duration {
	t.Helper()
	var s vendorlogin.Store
	if c.shares {
		s = newMemStore()
	}
	o.life, o.began = 24*time.Hour, time.Now()
	done := make(chan time.Duration, c.size)
	for range c.size {
		go func() {
			client := newClient(t, o, &vendorlogin.Options{Store: s})
			for {
				_, err := client.Token(t.Context())
				if err == nil {
					done <- time.Since(o.began)
					return
				}
				time.Sleep(time.Second)
			}
		}()
	}
	var last time.Duration
	for range c.size {
		last = max(last, <-done)
	}
	return last - o.lasts
}

// outages are those that the simulation goes through: some, or with VENDORLOGIN_OUTAGES=all each second up to 15 minutes.
func outages() []time.Duration {
	var lasts []time.Duration
	for _, s := range []time.Duration{0, 3, 30, 100, 180, 400, 600, 900} {
		lasts = append(lasts, s*time.Second)
	}
	if os.Getenv("VENDORLOGIN_OUTAGES") == "all" {
		lasts = nil
		for s := range 901 {
			lasts = append(lasts, time.Duration(s)*time.Second)
		}
	}
	return lasts
}

// TestOutages prints the table of docs/renewal.md.
func TestOutages(t *testing.T) {
	t.Parallel()
	promised := map[time.Duration]time.Duration{
		3 * time.Second: 2 * time.Second, 30 * time.Second: 15 * time.Second,
		180 * time.Second: 90 * time.Second, 600 * time.Second: 240 * time.Second,
	}
	var table strings.Builder
	for _, kind := range []string{"503", "timeout", "no token", "refused"} {
		for _, c := range crews {
			var delays []time.Duration
			var most int
			for _, lasts := range outages() {
				o := &outage{kind: kind, lasts: lasts}
				synctest.Test(t, func(t *testing.T) { delays = append(delays, c.delay(t, o)) })
				most = max(most, o.most())
				last := delays[len(delays)-1]
				if within, ok := promised[lasts]; ok && kind != "timeout" && (c.shares || c.size == 1) {
					assert.LessOrEqual(t, last, within, "%s, %s: outage of %s", kind, c.name, lasts)
				}
				if kind == "refused" {
					assert.LessOrEqual(t, last, 11*time.Second, "%s: outage of %s", c.name, lasts)
				}
			}
			if kind != "refused" {
				limit := 4
				if !c.shares {
					limit *= c.size
				}
				assert.LessOrEqual(t, most, limit+c.size, "%s, %s", kind, c.name) // those that succeed come on top
			}
			slices.Sort(delays)
			var total time.Duration
			for _, d := range delays {
				total += d
			}
			fmt.Fprintf(&table, "| %s | %s | %.0f s | %.0f s | %d |\n", kind, c.name, delays[len(delays)-1].Seconds(),
				total.Seconds()/float64(len(delays)), most)
		}
	}
	t.Log(
		"\n| failure | who asks | longest delay after the end | mean | most logins in 10 minutes |\n|---|---|---|---|---|\n" + table.String(),
	)
}
