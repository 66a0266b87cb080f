package vendorlogin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/internal/flight"
)

func TestCrashIsAnOutcomeOfEachJob(t *testing.T) {
	t.Parallel()
	for j, want := range map[job]struct{ holds, forgets bool }{
		jobRenew:      {holds: true},
		jobBackground: {holds: true},
		jobProbe:      {},
		jobLogout:     {forgets: true},
		jobSeed:       {},
	} {
		p := &progress{}
		out := crashed(vendor{instant{}}, &run{job: j, progress: p}, known{}, time.Minute, flight.Cause{})
		assert.ErrorContains(t, out.err, "the goroutine was ended from within", j)
		assert.Equal(t, want.holds, out.hold != nil, j)
		assert.Equal(t, want.forgets, out.forget, j)
		assert.Zero(t, p.soFar().attempts, "there was none")
	}
}
