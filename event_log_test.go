package vendorlogin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// logLine is what an operator's tools read.
type logLine struct {
	Level, Msg, Vendor, Principal string
	Duration                      time.Duration
	Expires                       time.Time
	Error                         string
}

// log collects lines.
type log struct{ bytes.Buffer }

func (l *log) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(&l.Buffer, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lines gives what has been logged since the last time.
func (l *log) lines(t *testing.T) (lines []logLine) {
	t.Helper()
	synctest.Wait()
	for in := json.NewDecoder(&l.Buffer); in.More(); {
		var line logLine
		require.NoError(t, in.Decode(&line))
		assert.Equal(t, "fake", line.Vendor)
		assert.Equal(t, "ops@example.com", line.Principal)
		assert.Contains(t, line.Msg, "vendorlogin: ")
		lines = append(lines, line)
	}
	l.Reset()
	return lines
}

func levels(lines []logLine) []string {
	var all []string
	for _, line := range lines {
		all = append(all, line.Level)
	}
	return all
}

func TestLogLines(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newRefresher(time.Hour, time.Second)
		var l log
		c := newClient(t, f, &vendorlogin.Options{Store: s, Logger: l.logger()})
		token := mustToken(t, c)
		lines := l.lines(t)
		require.Equal(t, []string{"INFO"}, levels(lines))
		assert.Equal(t, time.Second, lines[0].Duration)
		assert.True(t, token.ExpiresAt.Equal(lines[0].Expires))
		assert.Empty(t, lines[0].Error)

		time.Sleep(56 * time.Minute)
		mustToken(t, c)
		time.Sleep(2 * time.Second)
		assert.Equal(t, []string{"DEBUG", "INFO"}, levels(l.lines(t)), "stale, refreshed")

		s.before = failAt("extend", func(context.Context) error { return errDisk })
		_, err := c.Renew(t.Context())
		require.NoError(t, err)
		lines = l.lines(t)
		assert.Equal(t, []string{"INFO", "WARN"}, levels(lines), "refreshed, but the store fails")
		assert.Contains(t, lines[1].Error, errDisk.Error())

		s.before = failAt("save", func(context.Context) error { return errDisk })
		_, err = c.Renew(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"INFO", "ERROR"}, levels(l.lines(t)), "refreshed, and a rotated refresh token is not saved")

		f.becomes(func() { f.on = func(context.Context, string, int64) error { return down() } })
		_, err = c.Renew(t.Context())
		require.Error(t, err)
		lines = l.lines(t)
		assert.Equal(t, []string{"DEBUG", "WARN"}, levels(lines), "refresh failed, on hold")
		assert.Contains(t, lines[1].Error, "not sent again before")

		f.becomes(func() { f.on = func(context.Context, string, int64) error { return wrongPassword() } })
		time.Sleep(2 * time.Minute)
		_, err = c.Renew(t.Context())
		require.Error(t, err)
		assert.Equal(t, []string{"DEBUG", "ERROR"}, levels(l.lines(t)), "login failed, and a person has to mend it")
	})
}

// scoped is an account with a scope.
type scoped struct{ fake }

func (s *scoped) Account() vendorlogin.Account {
	a := s.fake.Account()
	a.Scope = "device-1"
	return a
}

func TestLogNamesTheScope(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for auth, want := range map[vendorlogin.Authenticator]bool{&scoped{}: true, &fake{}: false} {
			var b bytes.Buffer
			c := newClient(t, auth, &vendorlogin.Options{Logger: slog.New(slog.NewTextHandler(&b, nil))})
			mustToken(t, c)
			synctest.Wait()
			assert.Equal(t, want, bytes.Contains(b.Bytes(), []byte("scope=device-1")))
			assert.Equal(t, want, bytes.Contains(b.Bytes(), []byte("scope=")))
		}
	})
}

func TestLogTexts(t *testing.T) {
	t.Parallel()
	failed := &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable}
	for _, c := range []struct {
		event vendorlogin.EventType
		err   error
		want  string
		level string
	}{
		{vendorlogin.EventLogin, nil, "logged in", "INFO"},
		{vendorlogin.EventLogin, failed, "login failed", "DEBUG"},
		{vendorlogin.EventRefresh, nil, "token refreshed", "INFO"},
		{vendorlogin.EventRefresh, failed, "refresh failed", "DEBUG"},
		{vendorlogin.EventAdopt, nil, "token taken from the store", "INFO"},
		{vendorlogin.EventStale, nil, "token is being renewed in the background", "DEBUG"},
		{vendorlogin.EventHold, failed, "on hold, nothing is sent", "WARN"},
		{vendorlogin.EventStore, failed, "store failed", "WARN"},
		{vendorlogin.EventLockWait, nil, "waited for another process", "DEBUG"},
		{vendorlogin.EventRefused, nil, "token rejected by an API, renewing", "INFO"},
		{vendorlogin.EventRefused, failed, "token rejected by an API, not renewed yet", "WARN"},
		{vendorlogin.EventLogout, nil, "logged out", "INFO"},
		{vendorlogin.EventLogout, failed, "logout failed", "WARN"},
	} {
		e := vendorlogin.Event{Type: c.event, Err: c.err}
		assert.Equal(t, c.want, vendorlogin.LogText(e))
		assert.Equal(t, c.level, vendorlogin.LogLevel(e), c.want)
		e.NeedsAction = true
		assert.Equal(t, "ERROR", vendorlogin.LogLevel(e))
	}
}

func TestLogLineHoldsOnlyWhatThereIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var l log
		c := newClient(t, &fake{}, &vendorlogin.Options{Logger: l.logger()})
		require.NoError(t, c.Logout(t.Context()))
		synctest.Wait()
		assert.Contains(t, l.String(), "logged out")
		assert.NotContains(t, l.String(), "duration")
		assert.NotContains(t, l.String(), "expires")
	})
}
