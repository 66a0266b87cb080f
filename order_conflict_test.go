package vendorlogin_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestConflictCountsNoAttempt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		conflicts := 1
		s.before = func(_ context.Context, op string) error {
			if op == "attempt" && conflicts > 0 {
				conflicts--
				return vendorlogin.ErrRecordChanged
			}
			return nil
		}
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Store: s, MaxAttempts: 1})
		mustToken(t, c)
		assert.Zero(t, c.Status().Attempts)
	})
}

func TestLostRacesCountNoAttempts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{life: time.Minute, took: time.Second}
		var clients []*vendorlogin.Client
		for range 4 {
			clients = append(clients, newClient(t, f, shared(unlocked{s})))
		}
		for range 60 {
			a := atOnce(t.Context(), 4, clients...)
			require.Empty(t, a.errs)
			for i, c := range clients {
				require.LessOrEqual(t, c.Status().Attempts, 1, i)
			}
			time.Sleep(time.Minute + time.Second)
		}
	})
}
