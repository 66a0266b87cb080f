package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/tokenstore/sqlstore"
)

// Rows that have expired are removed at the first Save, then once an hour, and at once again where there was more than one sweep takes.
func TestSweepInPassing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		removed := int64(1000)
		f, db := newFake(t, func(_ context.Context, _ int, s sent) ([][]driver.Value, int64, error) {
			if isSweep(s) {
				return nil, removed, nil
			}
			return nil, 1, nil
		})
		store := sqlstore.New(db, sqlstore.PostgreSQL, nil)
		sweeps := func() (n int) {
			_, err := store.Save(t.Context(), key, blob(), "", long)
			require.NoError(t, err)
			for _, s := range f.take() {
				if isSweep(s) {
					n++
				}
			}
			return n
		}
		assert.Equal(t, 1, sweeps(), "the first Save")
		assert.Equal(t, 1, sweeps(), "there was more")
		removed = 999
		assert.Equal(t, 1, sweeps())
		assert.Equal(t, 0, sweeps(), "that was all")
		time.Sleep(time.Hour - time.Second)
		assert.Equal(t, 0, sweeps())
		time.Sleep(2 * time.Second)
		assert.Equal(t, 1, sweeps(), "after an hour")
		require.NoError(t, db.Close())
	})
}

// A sweep that fails or hangs costs a Save neither its success nor more than its time.
func TestSweepIsFreeToFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, db := newFake(t, func(ctx context.Context, _ int, s sent) ([][]driver.Value, int64, error) {
			if isSweep(s) {
				<-ctx.Done()
				return nil, 0, ctx.Err()
			}
			time.Sleep(1500 * time.Millisecond)
			return nil, 1, nil
		})
		start := time.Now()
		_, err := sqlstore.New(db, sqlstore.PostgreSQL, nil).Save(t.Context(), key, blob(), "", long)
		require.NoError(t, err)
		assert.Equal(t, 2*time.Second, time.Since(start))
		require.NoError(t, db.Close())
	})
}

func isSweep(s sent) bool { return strings.Contains(s.statement, "LIMIT 1000") }
