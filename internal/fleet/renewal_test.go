package fleet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestColdStart(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, fleetSize, medium(t), nil)
			reports := together(orderCall, f.processes...)
			f.served(reports...)
			assert.Equal(t, requests{logins: 1}, f.asked(vendortest.Counts{}))
			assert.Less(t, longestWait(reports), loginTimeout/2, "somebody waited for a lock that nobody has")
			f.settled(f.processes...)
		})
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, fleetSize, medium(t), firstLogsInBriefly)
			f.share()
			before := f.vendor.Counts()
			reports := together(orderCall, f.processes...)
			f.served(reports...)
			assert.Equal(t, requests{refreshes: 1}, f.asked(before))
			assert.Less(t, longestWait(reports), loginTimeout/2, "somebody waited for a lock that nobody has")
			f.settled(f.processes...)
		})
	}
}

// A deathStep is where the holder of the lock is killed, and how often the vendor is asked then, the holder's own request included.
type deathStep struct {
	at         string
	refreshing requests // when a token has expired
	coldStart  requests
}

var deathSteps = []deathStep{
	{"locked", requests{refreshes: 1}, requests{logins: 1}},
	{"marked", requests{logins: 1}, requests{}}, // on a cold start there is nothing to mark
	{"sent", requests{logins: 1, refreshes: 1}, requests{logins: 2}},
	{"responded", requests{logins: 1, refreshes: 1}, requests{logins: 2}},
	{"saved", requests{refreshes: 1}, requests{logins: 1}},
}

func TestHolderKilledInRefresh(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		for _, step := range deathSteps {
			t.Run(name+"/"+step.at, func(t *testing.T) {
				t.Parallel()
				skipInShort(t, step.at != "sent")
				f := newFleet(t, fleetSize, medium(t), func(i int, j *job) {
					if i == 1 {
						j.StopAt = step.at
					}
					firstLogsInBriefly(i, j)
				})
				f.share()
				assert.Equal(t, step.refreshing, f.killHolder(1, step.at, "refresh"))
			})
		}
	}
}

func TestHolderKilledOnColdStart(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		for _, step := range deathSteps {
			if step.at == "marked" {
				continue
			}
			t.Run(name+"/"+step.at, func(t *testing.T) {
				t.Parallel()
				skipInShort(t, step.at != "sent")
				f := newFleet(t, fleetSize, medium(t), func(i int, j *job) {
					if i == 0 {
						j.StopAt = step.at
					}
				})
				assert.Equal(t, step.coldStart, f.killHolder(0, step.at, "login"))
			})
		}
	}
}

// A holder that was only slow goes on as if nothing had happened. What it has then is what the others have.
func TestHolderPausedInRefresh(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		for step, want := range map[string]requests{
			"locked":    {refreshes: 1},
			"marked":    {logins: 1, refreshes: 1},
			"responded": {logins: 1, refreshes: 1},
		} {
			t.Run(name+"/"+step, func(t *testing.T) {
				t.Parallel()
				skipInShort(t, true)
				f := newFleet(t, fleetSize, medium(t), func(i int, j *job) {
					if i == 1 {
						j.StopAt = step
					}
					firstLogsInBriefly(i, j)
				})
				f.share()
				before := f.vendor.Counts()
				holder, others := f.processes[1], append(f.processes[:1:1], f.processes[2:]...)
				holder.order(orderCall)
				assert.Equal(t, step, holder.report().At)
				reports := together(orderCall, others...)

				holder.send(orderGoOn)
				reports = append(reports, holder.report())
				f.served(reports...)
				for _, a := range reports {
					assert.True(t, a.Access == reports[0].Access, "there are two tokens")
				}
				assert.Equal(t, want, f.asked(before))
				f.settled(f.processes...)
			})
		}
	}
}

// killHolder lets one process renew, and kills it when it has come to a step and the others need a token too. It gives how often the
// vendor was asked.
func (f *fleet) killHolder(i int, step, op string) requests {
	f.t.Helper()
	if step == "sent" {
		f.vendor.ClearFaults()
		f.vendor.Inject(vendortest.Fault{Op: op, AfterProcessing: true, Delay: loginTimeout})
		f.vendor.Inject(slow...)
	}
	before := f.vendor.Counts()
	holder := f.processes[i]
	holder.order(orderCall)
	if step == "sent" {
		eventually(f.t, "the vendor has the request", func() bool { return f.asked(before).all() == 1 })
	} else {
		assert.Equal(f.t, step, holder.report().At)
	}
	var others []*process
	for _, p := range f.processes {
		if p != holder {
			p.order(orderCall)
			others = append(others, p)
		}
	}
	holder.kill()
	var reports []report
	for _, p := range others {
		reports = append(reports, p.report())
	}
	f.served(reports...)
	all := f.asked(before)
	f.settled(others...)
	f.t.Log("asked", all, "longest wait", longestWait(reports))
	return all
}

func longestWait(reports []report) (longest time.Duration) {
	for _, a := range reports {
		longest = max(longest, a.Took)
	}
	return longest.Round(time.Millisecond)
}

func skipInShort(t *testing.T, skip bool) {
	t.Helper()
	if testing.Short() && skip {
		t.Skip("takes long")
	}
}

// The holder of the lock is killed, and then the process that did without it. A third does without that one too.
func TestTwoKilledInARow(t *testing.T) {
	t.Parallel()
	skipInShort(t, true)
	f := newFleet(t, fleetSize, inRedis(t), func(i int, j *job) {
		if i == 1 || i == 2 {
			j.StopAt = "responded"
		}
		firstLogsInBriefly(i, j)
	})
	f.share()
	before := f.vendor.Counts()
	for _, p := range f.processes[1:3] {
		p.order(orderCall)
		require.Equal(t, "responded", p.report().At)
		p.kill()
	}
	others := append(f.processes[:1:1], f.processes[3:]...)
	f.served(together(orderCall, others...)...)
	assert.Equal(t, requests{logins: 2, refreshes: 1}, f.asked(before), "two were killed after they had asked")
	f.settled(others...)
}
