package fleet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A vendor locks an account after ten wrong passwords. Fifty processes that all have one, and ask for a token four times a second,
// send it once per cooldown.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			size, cooldown := 50, 3*time.Second
			if testing.Short() {
				size = 5
			}
			f := newFleet(t, size, medium(t), func(_ int, j *job) { j.Password, j.Cooldown = "wrong-example", cooldown })
			for _, p := range f.processes {
				p.send(orderLoop)
			}
			var sent []time.Time
			for n := 1; n <= 3; n++ {
				eventually(t, "the wrong password is sent", func() bool { return f.vendor.Counts().Requests >= n })
				sent = append(sent, time.Now())
				require.Equal(t, n, f.vendor.Counts().Requests)
			}
			for _, p := range f.processes {
				p.send(orderStop)
			}
			var calls int
			for _, p := range f.processes {
				require.Equal(t, string(orderLoop), p.report().At)
				a := p.report()
				assert.Empty(t, a.Err)
				assert.Equal(t, a.Calls, a.Rejected, "each call is told that the credentials are wrong")
				assert.Positive(t, a.Calls)
				calls += a.Calls
			}
			counts := f.vendor.Counts()
			assert.Equal(t, 3, counts.WrongPasswords)
			assert.Equal(t, 3, counts.Requests, "nothing else was sent")
			assert.Zero(t, counts.LockedOut)
			for i := range sent[1:] {
				between := sent[i+1].Sub(sent[i])
				assert.Greater(t, between, cooldown*2/3, "as seen from a busy machine")
				assert.Less(t, between, cooldown+5*time.Second)
			}
			t.Log(calls, "calls by", size, "processes, requests:", counts.Requests)
		})
	}
}
