package vendorlogin_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/record"
	"github.com/vendorlogin/vendorlogin/internal/sent"
)

func TestOnlyWhatWasNotSentIsTakenBack(t *testing.T) {
	for op, counts := range map[string]int{"otp": 1, "resend": 1, "login": 0} {
		for _, shares := range []bool{true, false} {
			t.Run(fmt.Sprint(op, shares), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					o := &vendorlogin.Options{}
					if shares {
						o.Store = newMemStore()
					}
					f := newSpending("idp-code")
					f.err = &vendorlogin.Error{Op: op, Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
					c := newClient(t, f, o)
					_, err := c.Token(t.Context())
					require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
					assert.Equal(t, counts, c.Status().Attempts, "the password went out before the code")
				})
			})
		}
	}
}

func TestCodeIsSpentThoughASelectWasNotSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &coded{source: device{func(context.Context, vendorlogin.Challenge) (string, error) { return "123456", nil }}}
		f.err = &vendorlogin.Error{Op: "select", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
		c := newClient(t, f, nil)
		for range 10 {
			_, err := c.Token(t.Context())
			require.Error(t, err)
			time.Sleep(10 * time.Second)
		}
		assert.EqualValues(t, 1, f.logins.Load(), "the code was in the request before")
	})
}

// What has been sent counts, whatever a later step fails with: the password, a code, a refresh token.
func TestSentThoughALaterStepWasNot(t *testing.T) {
	for _, c := range []struct {
		name                     string
		earlier, beforeCode      bool // requests that reach the vendor: before the code is asked for, and before it is sent
		wantPasswords, wantCodes int  // that count
	}{
		{"nothing was sent", false, false, 0, 0},
		{"the password was", true, false, 1, 0},
		{"the code was", false, true, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				store := newMemStore()
				f := newSpending("once")
				f.on = func(ctx context.Context, _ string, _ int64) error {
					if c.beforeCode {
						sent.Note(ctx)
					}
					return &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
				}
				if c.earlier {
					once := f.code
					f.code = func(ctx context.Context) (vendorlogin.Secret, error) {
						sent.Note(ctx)
						return once(ctx)
					}
				}
				_, err := newClient(t, f, shared(store)).Token(t.Context())
				require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
				rec, _ := record.Decode(store.blob().data) // nothing is kept where nothing counts
				assert.Len(t, rec.Attempts.Password.Tries, c.wantPasswords)
				assert.Len(t, rec.Attempts.Code.Tries, c.wantCodes)
				assert.Len(t, rec.Consumed, c.wantCodes)
			})
		})
	}
}

func TestRefreshTokenIsSpentThoughALaterStepWasNotSent(t *testing.T) {
	for earlier, times := range map[bool]int64{false: 2, true: 1} {
		t.Run(fmt.Sprint(earlier), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := newRefresher(time.Hour, 0)
				f.on = func(ctx context.Context, op string, _ int64) error {
					if op != "refresh" {
						return nil
					}
					if earlier {
						sent.Note(ctx)
					}
					return &vendorlogin.Error{Op: "refresh", Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true}
				}
				c := newClient(t, f, nil)
				mustToken(t, c)
				for range 2 {
					_, _ = c.Renew(t.Context())
					time.Sleep(10 * time.Minute)
				}
				assert.Equal(t, times, f.refreshes.Load())
			})
		})
	}
}

func TestPasswordNotSentAfterARejectedRefreshDoesNotCount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(time.Hour, 0)
		f.on = func(ctx context.Context, op string, n int64) error {
			switch {
			case op == "refresh":
				sent.Note(ctx)
				return &vendorlogin.Error{Op: op, Kind: vendorlogin.ErrRefreshRejected}
			case n > 1:
				return &vendorlogin.Error{Op: op, Kind: vendorlogin.ErrUnavailable, Unprocessed: true}
			}
			return nil
		}
		c := newClient(t, f, nil)
		mustToken(t, c)
		_, err := c.Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		assert.Zero(t, c.Status().Attempts)
	})
}

func TestSecretThatWasSentStaysSpentThoughTheNextWasNot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := newSpending("idp-code")
		f.on = func(ctx context.Context, _ string, _ int64) error {
			return vendorlogin.Spend(ctx, vendorlogin.NewSecret("idp-code"))
		}
		_, err := newClient(t, f, shared(s)).Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		require.Equal(t, []string{"idp-code"}, f.sent)
		other := newSpending("idp-code")
		_, err = newClient(t, other, shared(s)).Renew(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.Empty(t, other.sent)
	})
}

// What was not sent says nothing about the attempts before it.
func TestAttemptThatWasNotSentLeavesThoseBefore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newMemStore()
		f := &fake{err: &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Status: 500}}
		c := newClient(t, f, shared(s))
		_, err := c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		f.becomes(func() { f.err = &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Unprocessed: true} })
		time.Sleep(5 * time.Minute)
		_, err = c.Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrUnavailable)
		require.EqualValues(t, 2, f.logins.Load())
		assert.Equal(t, 1, c.Status().Attempts)
		synctest.Wait()
		assert.Regexp(t, `"last":{[^}]*"status":500`, string(s.blob().data), "what the last one that counts came to")
	})
}
