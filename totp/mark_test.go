package totp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/totp"
)

func TestProcessesShareSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const processes = 12
		shared, start := &store{}, time.Now()
		var sources []*totp.Source
		for range processes {
			sources = append(sources, newSource(t, &totp.Options{Store: shared}))
		}
		codes := askTogether(t, sources)
		assert.Len(t, codes, processes)
		assert.Equal(t, (processes-1)*30*time.Second, time.Since(start), "one a step, and none left out")
	})
}

func TestWhatTheStoreKeeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &store{}
		_, err := ask(t.Context(), newSource(t, &totp.Options{Store: shared}))
		require.NoError(t, err)
		assert.Equal(t, 1, shared.loads)
		assert.Equal(t, 1, shared.saves)
		assert.Equal(t, 5*time.Minute, shared.ttl)

		key, data := shared.only()
		assert.Regexp(t, `^[a-z0-9_-]{1,128}$`, key)
		assert.Regexp(t, `^gcore-.*-totp$`, key)
		assert.NotEqual(t, account.Key(), key, "the account's record is another")
		assert.Equal(t, strconv.FormatInt(time.Now().Unix()+30, 10), data)
	})
}

// Marks as other processes leave them whose clocks are ahead, were wrong once, or whose secret had longer steps.
func TestMarkOfTheFutureIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		into, ahead time.Duration // of the current step; of its beginning
		wait        time.Duration
		saves       int
	}{
		{"this step is used", 7 * time.Second, 30 * time.Second, 23 * time.Second, 1},
		{"of longer steps", 7 * time.Second, 45 * time.Second, 53 * time.Second, 1},
		{"the next step is used", 7 * time.Second, 60 * time.Second, 53 * time.Second, 1},
		{"a second more cannot be", 7 * time.Second, 61 * time.Second, 23 * time.Second, 2},
		{"a minute more", 0, 120 * time.Second, 30 * time.Second, 2},
		{"two years", 7 * time.Second, 2 * 365 * 24 * time.Hour, 23 * time.Second, 2},
		{"200 years", 0, 200 * 365 * 24 * time.Hour, 30 * time.Second, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				step := time.Now()
				shared := &store{}
				key := account.Key() + "-totp"
				shared.put(key, strconv.FormatInt(step.Add(c.ahead).Unix(), 10))
				time.Sleep(c.into)

				start := time.Now()
				code, err := ask(t.Context(), newSource(t, &totp.Options{Store: shared}))
				require.NoError(t, err)
				assert.Equal(t, c.wait, time.Since(start))
				assert.Equal(t, codeNow(t), code)
				assert.Equal(t, c.saves, shared.saves)
				_, data := shared.only()
				assert.Equal(t, strconv.FormatInt(time.Now().Unix()+30, 10), data, "for all others too")
			})
		})
	}
}

// A fleet whose store was left with a mark two years ahead goes on as if the current step were used: no step is handed out twice.
func TestProcessesReplaceAnUnbelievableMarkTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared, start := &store{}, time.Now()
		shared.put(account.Key()+"-totp", strconv.FormatInt(start.AddDate(2, 0, 0).Unix(), 10))
		var sources []*totp.Source
		for range 5 {
			sources = append(sources, newSource(t, &totp.Options{Store: shared}))
		}
		askTogether(t, sources)
		assert.Equal(t, 5*30*time.Second, time.Since(start))
	})
}

func TestMarkThatCannotBeReadIsReplaced(t *testing.T) {
	t.Parallel()
	for _, junk := range []string{"", "x", "-1", "1e9", "99999999999999999999", "9223372036854775807", "1125899906842624"} {
		synctest.Test(t, func(t *testing.T) {
			shared := &store{}
			o := &totp.Options{Store: shared}
			_, err := ask(t.Context(), newSource(t, o))
			require.NoError(t, err)
			time.Sleep(time.Hour)

			key, _ := shared.only()
			shared.put(key, junk)
			start := time.Now()
			_, err = ask(t.Context(), newSource(t, o))
			require.NoError(t, err)
			assert.Zero(t, time.Since(start), "%q", junk)
			_, data := shared.only()
			assert.Equal(t, strconv.FormatInt(start.Unix()+30, 10), data)
		})
	}
}

func TestUnreadableRecordCountsAsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &store{failLoad: fmt.Errorf("cut short: %w", vendorlogin.ErrNoRecord)}
		_, err := ask(t.Context(), newSource(t, &totp.Options{Store: shared}))
		require.NoError(t, err)
		assert.Equal(t, 1, shared.saves)
	})
}

func TestStoreThatFailsStopsNoLogin(t *testing.T) {
	t.Parallel()
	down := fmt.Errorf("connection refused: %w", vendorlogin.ErrStore)
	for name, c := range map[string]struct {
		store        *store
		wait         time.Duration
		loads, saves int
	}{
		"Load fails":           {store: &store{failLoad: down}, loads: 1},
		"Save fails":           {store: &store{failSave: down}, loads: 1, saves: 1},
		"Save rejects":         {store: &store{failSave: vendorlogin.ErrInvalidRequest}, loads: 1, saves: 1},
		"Save always conflict": {store: &store{failSave: vendorlogin.ErrRecordChanged}, loads: 5, saves: 5},
		"hangs":                {store: &store{hang: true}, wait: 5 * time.Second, loads: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				s := newSource(t, &totp.Options{Store: c.store, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				start := time.Now()
				code, err := ask(t.Context(), s)
				require.NoError(t, err)
				assert.Equal(t, codeNow(t), code)
				assert.Equal(t, c.wait, time.Since(start))
				assert.Equal(t, c.loads, c.store.loads)
				assert.Equal(t, c.saves, c.store.saves)
				assert.Contains(t, log.String(), "level=WARN")
				for _, canary := range []string{secret, code, account.Principal} {
					assert.NotContains(t, log.String(), canary)
				}

				next, err := ask(t.Context(), s)
				require.NoError(t, err)
				assert.NotEqual(t, code, next, "its own steps it knows")
				assert.Equal(t, 30*time.Second+c.wait, time.Since(start))
			})
		})
	}
}

// A store so slow that the step ends meanwhile must not make the source hand out the code of the step before.
func TestStepThatEndedMeanwhileIsNotHandedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, &totp.Options{Store: &store{hang: true}})
		time.Sleep(27 * time.Second)
		start := time.Now()
		code, err := ask(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, codeNow(t), code)
		assert.Equal(t, 10*time.Second, time.Since(start), "5 s in the step that ended, 5 s in the next")
	})
}

func TestContextEndsInTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newSource(t, &totp.Options{Store: &store{hang: true}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		code, err := s.OTP(ctx, vendorlogin.Challenge{Account: account})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Empty(t, code)
		assert.Empty(t, log.String(), "the store did not fail")
		assert.Equal(t, time.Second, time.Since(start))
		_, ok := errors.AsType[*vendorlogin.Error](err)
		assert.True(t, ok)
	})
}

// The Source's own mark is bounded as well: it may come from a store, or from before the clock was set back.
func TestOwnMarkOfTheFutureIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSource(t, nil)
		s.Mark(account.Key()+"-totp", time.Now().AddDate(2, 0, 0))
		start := time.Now()
		for _, wait := range []time.Duration{30 * time.Second, 60 * time.Second} {
			_, err := ask(t.Context(), s)
			require.NoError(t, err)
			assert.Equal(t, wait, time.Since(start))
		}
	})
}

func TestMarkIsBoundedByTheCorrectedClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared, start := &store{}, time.Now()
		shared.put(account.Key()+"-totp", strconv.FormatInt(start.Unix(), 10))
		_, err := ask(t.Context(), newSource(t, &totp.Options{Store: shared, ClockOffset: -5 * time.Hour}))
		require.NoError(t, err)
		assert.Equal(t, 30*time.Second, time.Since(start))
	})
}

func TestNamespacesShareNoSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared, start := &store{}, time.Now()
		s := newSource(t, &totp.Options{Store: shared})
		for _, namespace := range []string{"", "tenant-1", "tenant-2"} {
			_, err := s.OTP(t.Context(), vendorlogin.Challenge{Account: account, Namespace: namespace})
			require.NoError(t, err)
			assert.Contains(t, shared.records, account.KeyIn(namespace)+"-totp")
		}
		assert.Len(t, shared.records, 3)
		assert.Zero(t, time.Since(start))
	})
}
