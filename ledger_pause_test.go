package vendorlogin_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// saveTimes are how long after each save that comes to err the next one came.
func saveTimes(t *testing.T, err error) []time.Duration {
	s := newMemStore()
	var times []time.Time
	s.before = failAt("save", func(context.Context) error { times = append(times, time.Now()); return err })
	mustToken(t, newClient(t, &fake{life: time.Hour}, shared(s)))
	require.NotEmpty(t, times)
	var gaps []time.Duration
	for i, at := range times[1:] {
		gaps = append(gaps, at.Sub(times[i]))
	}
	return gaps
}

func TestPausesAfterConflictsGrow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gaps := saveTimes(t, vendorlogin.ErrRecordChanged)
		require.Len(t, gaps, 9)
		for i, mean := range []time.Duration{0, 50, 100, 150, 200, 200, 200, 200, 200} {
			assert.InDelta(t, mean*time.Millisecond, gaps[i], float64(mean*time.Millisecond/4), i)
		}
		assert.NotEqual(t, gaps[7], gaps[8], "two processes must not meet again and again")
	})
}

func TestPauseAfterAFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gaps := saveTimes(t, errDisk)
		require.Len(t, gaps, 1)
		assert.InDelta(t, 200*time.Millisecond, gaps[0], float64(50*time.Millisecond))
	})
}

func TestRecordThatGoesAwayFreesTheWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(`{"format":1,"claim":{"owner":"another","until":"` + time.Now().Add(time.Minute).Format(time.RFC3339) + `"}}`)
		time.AfterFunc(time.Second, s.empty)
		began := time.Now()
		mustToken(t, newClient(t, &fake{life: time.Hour}, shared(unlocked{s})))
		assert.LessOrEqual(t, time.Since(began), 2*time.Second)
	})
}

// careless is a store that says a version where it has no record.
type careless struct{ *memStore }

func (s careless) Load(ctx context.Context, key string) ([]byte, string, error) {
	data, version, err := s.memStore.Load(ctx, key)
	if errors.Is(err, vendorlogin.ErrNoRecord) {
		version = "v-of-nothing"
	}
	return data, version, err
}

func TestVersionOfNoRecordIsNotHeeded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		mustToken(t, newClient(t, newNoted(s, time.Hour), shared(careless{s})))
		synctest.Wait()
		assert.Equal(t, []string{"load", "lock", "load", "attempt", "login", "extend", "save", "unlock"}, s.commands())
	})
}

func TestNumberOfATokenIsAboveAllThatWereSeen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(recordOf("old", time.Hour, -time.Minute, `,"seq":9000000000000`))
		s.meddle("save", 1, func() { s.put(recordOf("older", 2*time.Hour, -time.Hour, `,"seq":5`)) })
		mustToken(t, newClient(t, &fake{life: time.Hour}, shared(s)))
		synctest.Wait()
		assert.EqualValues(t, int64(9000000000001), s.record(t).Seq)
	})
}

func TestSeedAndLogoutReadTheRecordFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		s.put(recordOf("old", time.Hour, time.Hour, ""))
		c := newClient(t, &fake{}, shared(s))
		require.NoError(t, c.Seed(t.Context(), &vendorlogin.Token{Access: vendorlogin.NewSecret("seeded")}))
		assert.Equal(t, []string{"load", "save"}, s.commands())
		require.NoError(t, c.Logout(t.Context()))
		assert.Equal(t, []string{"load", "delete"}, s.commands())
	})
}
