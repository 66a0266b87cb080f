package fleet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

// budgetFleet is how many processes share one attempt budget.
const budgetFleet = 10

// firstWaits is long enough for a second attempt, after 3.2 to 3.5 seconds, and too short for a third, after 37.
const (
	firstWaits = 6 * time.Second
	thirdStart = 37 * time.Second
)

// Whatever the vendor responds with, ten processes that ask for a token four times a second make as many attempts as one would.
func TestBudget(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		medium string
		fault  vendortest.Fault
		most   int // attempts within firstWaits
	}{
		"503":                 {"redis", vendortest.Fault{Status: 503}, 2},
		"200 without a token": {"file", vendortest.Fault{Body: `{"next": "accept-terms", "session": "s-1"}`}, 2},
		"page":                {"redis", vendortest.Fault{Status: 404, HTML: true}, 2},
		"no response":         {"file", vendortest.Fault{Drop: true, AfterProcessing: true}, 2},
		"Retry-After":         {"redis", vendortest.Fault{Status: 403, Header: map[string][]string{"Retry-After": {"1800"}}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipInShort(t, name != "503")
			f := newFleet(t, budgetFleet, media[c.medium](t), nil)
			c.fault.Op, c.fault.Times = "login", -1
			f.vendor.ClearFaults()
			f.vendor.Inject(c.fault)
			began := time.Now()
			f.loop(firstWaits, f.processes...)
			requests := f.vendor.Counts().Requests
			assert.Positive(t, requests)
			assert.LessOrEqual(t, requests, c.most, "attempts of %d processes in %v", budgetFleet, firstWaits)

			before, allowed := f.vendor.Counts().Requests, 0
			for range 2 {
				said := f.loop(time.Second, f.start(f.job))[0]
				assert.NotEmpty(t, said.Err)
				if said.StoreErr != "" {
					allowed++ // on a busy machine a command may take too long; it then goes on without the store
				}
			}
			if time.Since(began) >= thirdStart {
				allowed++
			}
			assert.LessOrEqual(t, f.vendor.Counts().Requests, before+allowed, "processes that start later wait as the others do")
		})
	}
}

// Codes that no person typed are counted by all, too: a vendor locks the second factor after five.
func TestBudgetOfCodes(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipInShort(t, name != "file")
			f := newFleet(t, fleetSize, medium(t), func(_ int, j *job) { j.SendsCode = true })
			f.vendor.SetUser(vendortest.User{
				Email: vendortest.DefaultEmail, Password: vendortest.DefaultPassword, TOTP: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
			})
			f.loop(firstWaits, f.processes...)
			counts := f.vendor.Counts()
			assert.Positive(t, counts.WrongOTPs)
			assert.LessOrEqual(t, counts.WrongOTPs, 2, "codes sent by %d processes in %v", fleetSize, firstWaits)
			assert.Equal(t, counts.WrongOTPs, counts.Requests)
		})
	}
}

// A process that is killed while its login is under way has used an attempt. One after the other starts, sends, and is killed: the
// vendor sees as many logins as are allowed, and the next process says until when it will not try.
func TestBudgetOfACrashLoop(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			skipInShort(t, true)
			const allowed = 2
			store := medium(t)
			f := newFleet(t, 0, store, nil)
			f.vendor.ClearFaults()
			f.vendor.Inject(vendortest.Fault{Op: "login", Times: -1, Delay: time.Minute})
			f.job.MaxAttempts = allowed
			for crash := 1; crash <= allowed; crash++ {
				p := f.start(f.job)
				p.order(orderCall)
				eventually(t, "the vendor has the login", func() bool { return f.vendor.Counts().Requests == crash })
				p.kill()
			}
			late := f.start(f.job)
			said := together(orderCall, late)[0]
			for range 4 { // the last attempt may be under way until loginTimeout and the time for saving are over
				require.NotEmpty(t, said.Err)
				wait := time.Until(said.RetryAt)
				if wait > loginTimeout+10*time.Second {
					break
				}
				<-time.After(wait)
				said = together(orderCall, late)[0]
			}
			assert.Greater(t, time.Until(said.RetryAt), 5*time.Minute, said.Err)
			assert.Equal(t, allowed, f.vendor.Counts().Requests)
		})
	}
}

// loop lets processes ask for a token again and again.
func (f *fleet) loop(length time.Duration, processes ...*process) (reports []report) {
	f.t.Helper()
	for _, p := range processes {
		p.order(orderLoop)
	}
	<-time.After(length)
	for _, p := range processes {
		p.send(orderStop)
	}
	for _, p := range processes {
		reports = append(reports, p.report())
	}
	return reports
}

// start starts one more process.
func (f *fleet) start(j job) *process {
	f.t.Helper()
	p := startProcess(f.t, j)
	require.Equal(f.t, "ready", p.report().At)
	return p
}
