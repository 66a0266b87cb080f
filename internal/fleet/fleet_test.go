package fleet_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

const (
	fleetSize = 8

	// briefLife is how long the tokens live that a test wants to expire: long enough for all processes of a busy machine to be given
	// one before.
	briefLife = 8 * time.Second

	vendorTakes = 600 * time.Millisecond

	// loginTimeout is so long that a sixth of it, which a command to the store may take, is no matter even to a busy machine.
	loginTimeout = 12 * time.Second

	// longestServed bounds a call behind a killed holder, on a busy machine too: the lease ends first, then the budget makes it wait.
	longestServed = 2 * loginTimeout
)

// A fleet is some processes that share an account and a store. Their tokens live for an hour, unless a job says otherwise.
type fleet struct {
	t         *testing.T
	vendor    *vendortest.Server
	job       job
	processes []*process
}

// newFleet starts size processes; change, which may be nil, says what is special about each one's job.
func newFleet(t *testing.T, size int, store access, change func(i int, j *job)) *fleet {
	t.Helper()
	vendor := vendortest.NewGcore(nil).Start()
	t.Cleanup(vendor.Close)
	vendor.Inject(slow...)
	f := &fleet{t: t, vendor: vendor, job: job{
		BaseURL: vendor.URL, APIURL: vendor.APIURL(), Store: store, LoginTimeout: loginTimeout,
		TOTP: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Period: time.Second,
	}}
	for i := range size {
		j := f.job
		if change != nil {
			change(i, &j)
		}
		f.processes = append(f.processes, startProcess(t, j))
	}
	for _, p := range f.processes {
		require.Equal(t, "ready", p.report().At)
	}
	return f
}

// slow is a vendor that takes so long to respond that all processes come to the step where they might ask too.
var slow = []vendortest.Fault{{Op: "login", Times: -1, Delay: vendorTakes}, {Op: "refresh", Times: -1, Delay: vendorTakes}}

func firstLogsInBriefly(i int, j *job) {
	if i == 0 {
		j.BriefLogins = 1
	}
}

// together gives an order to several processes at once, and their reports.
func together(o order, processes ...*process) (reports []report) {
	for _, p := range processes {
		p.t.Helper()
		p.send(o)
	}
	for _, p := range processes {
		require.Equal(p.t, string(o), p.report().At)
	}
	for _, p := range processes {
		reports = append(reports, p.report())
	}
	return reports
}

// served checks that each process got a valid token, in time, that the API takes.
func (f *fleet) served(reports ...report) {
	f.t.Helper()
	for i, a := range reports {
		assert.Empty(f.t, a.Err, "report %d", i)
		assert.False(f.t, a.Expired, "report %d: the token had expired", i)
		assert.Less(f.t, a.Took, longestServed, "report %d", i)
	}
	c := f.vendor.Counts()
	assert.Zero(f.t, c.RefreshReused, "refresh tokens presented twice")
	assert.Zero(f.t, c.RefreshesRejected)
	assert.Zero(f.t, c.APIRejected, "calls with tokens that are not good any more")
	assert.Zero(f.t, c.Invalid, "%v", f.vendor.Problems())
}

// share lets the first process log in, and the others take its token, but the last, which has none yet when that token expires.
func (f *fleet) share() {
	f.t.Helper()
	first := together(orderCall, f.processes[0])
	others := together(orderCall, f.processes[1:len(f.processes)-1]...)
	f.served(append(first, others...)...)
	require.Equal(f.t, requests{logins: 1}, f.asked(vendortest.Counts{}))
	f.expire(first[0].Expires)
}

// expire waits until a token has expired. From then on the vendor takes it no more.
func (f *fleet) expire(at time.Time) {
	f.t.Helper()
	require.WithinDuration(f.t, time.Now(), at, patience, "nobody waits so long for a token to expire")
	<-time.After(time.Until(at))
	f.vendor.Revoke()
}

// asked is how often the vendor was asked for a token since before.
func (f *fleet) asked(before vendortest.Counts) requests {
	now := f.vendor.Counts()
	return requests{now.Logins - before.Logins, now.Refreshes - before.Refreshes}
}

type requests struct{ logins, refreshes int }

func (r requests) all() int { return r.logins + r.refreshes }

// settled checks that the processes, whatever has happened, need nothing more for now.
func (f *fleet) settled(processes ...*process) {
	f.t.Helper()
	before := f.vendor.Counts()
	f.served(together(orderCall, processes...)...)
	assert.Zero(f.t, f.asked(before), "everybody has a token, and yet the vendor was asked for one")
}

func latestExpiry(reports []report) time.Time {
	return slices.MaxFunc(reports, func(a, b report) int { return a.Expires.Compare(b.Expires) }).Expires
}

// eventually asks done until it is true, but not without end.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	require.Eventually(t, done, patience, 5*time.Millisecond, what)
}
