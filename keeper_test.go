package vendorlogin

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/internal/flight"
	"github.com/vendorlogin/vendorlogin/internal/record"
)

func TestTroubleIsFreedOnceNothingIsToBeRemembered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]trouble{
		"a hold":         {hold: &hold{}},
		"an attempt":     {attempts: record.Attempts{Code: record.Row{N: 1}}},
		"a used secret":  {consumed: []record.Consumed{{}}},
		"a used token":   {sent: []uint64{1}},
		"a failed store": {storeErr: &Error{}},
		"a bypass":       {bypassed: time.Second},
		"a rejection":    {rejection: rejections{until: time.Second}},
	} {
		k := keeper{trouble: &c}
		k.dropTrouble()
		assert.NotNil(t, k.trouble, name)
	}
	k := keeper{trouble: &trouble{owner: "x", sent: []uint64{}, probes: probes{store: 1}}}
	k.dropTrouble()
	assert.Nil(t, k.trouble)
}

func TestAFewUsedRefreshTokensAreRemembered(t *testing.T) {
	t.Parallel()
	var all trouble
	for sum := range uint64(maxSent + 2) {
		all.remember(sum)
	}
	all.remember(4)
	assert.Equal(t, []uint64{2, 3, 5, 6, 7, 8, 9, 4}, all.sent, "the last ones, each once")
}

func TestRunThatEndsLateLeavesTheOthers(t *testing.T) {
	t.Parallel()
	first, second := &run{}, &run{}
	second.before = first
	k := keeper{run: second}
	k.end(first)
	assert.Same(t, second, k.run)
	assert.Nil(t, second.before)
	k.end(second)
	assert.Nil(t, k.run)
}

func TestClosedClientHandsOutNothing(t *testing.T) {
	t.Parallel()
	k := keeper{vendor: vendor{instant{}}, closed: true, trouble: &trouble{}}
	out := k.settle(t.Context(), &run{progress: &progress{}}, outcome{token: &Token{Access: NewSecret("late")}})
	assert.Nil(t, out.token)
	assert.Equal(t, ErrClosed, out.err.Kind)
	assert.Nil(t, k.cached.Load())
}

func TestWhoeverAsksLateWhetherAClientIsClosedHears(t *testing.T) {
	t.Parallel()
	var k keeper
	k.close()
	select {
	case <-k.closing():
	default:
		assert.Fail(t, "it is closed")
	}
}

func TestTimerRunsOnlyWhileItIsNeeded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := NewClient(instant{}, &Options{KeepAlive: true})
		require.NoError(t, err)
		assert.False(t, c.k.timer.Stop(), "nobody has asked yet")
		_, err = c.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.Close())
		assert.False(t, c.k.timer.Stop(), "closed")
	})
}

// instant is a vendor whose tokens last an hour.
type instant struct{}

func (instant) Account() Account { return Account{Vendor: "fake"} }

func (instant) Login(context.Context) (*Token, error) {
	return &Token{Access: NewSecret("access"), ExpiresAt: time.Now().Add(time.Hour)}, nil
}

func TestLoginLeavesNothingToRemember(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := NewClient(instant{}, nil)
		require.NoError(t, err)
		_, err = c.Token(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		assert.Nil(t, c.k.trouble)
		require.NoError(t, c.Close())
	})
}

func TestTokenThatIsAcceptedAfterLogoutStaysForgotten(t *testing.T) {
	t.Parallel()
	var k keeper
	k.accepted(&Token{}, false)
	assert.Nil(t, k.cached.Load())
}

func TestNothingIsKnownOfAnAttemptThatIsStillOpen(t *testing.T) {
	t.Parallel()
	at := time.Now()
	assert.True(t, remembered(Account{}, record.Failure{}, at).Unprocessed)
	assert.False(t, remembered(Account{}, record.Failure{Status: 503}, at).Unprocessed)
}

func TestLastFailureIsForgottenOnceNothingCounts(t *testing.T) {
	t.Parallel()
	o := order{tries: tries{password: "a"}}
	last := record.Failure{Status: 503}
	tried := record.Row{N: 1, Tries: []record.Try{{ID: "a"}}}
	assert.Zero(t, o.succeeded(record.Attempts{Password: tried, Last: last}).Last)
	assert.Equal(t, last, o.succeeded(record.Attempts{Password: tried, Code: record.Row{N: 1}, Last: last}).Last)
	o.tries = tries{code: "a"}
	assert.Equal(t, last, o.succeeded(record.Attempts{Password: record.Row{N: 1}, Code: tried, Last: last}).Last)
}

func TestJitterDiffers(t *testing.T) {
	t.Parallel()
	assert.NotEqual(t, jitter(), jitter())
}

func TestPersonIsNotAskedByAProbe(t *testing.T) {
	t.Parallel()
	_, err := SecretString("example").Interactive()((&scope{probing: true}).in(t.Context()))
	e, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	assert.Equal(t, ErrUnavailable, e.Kind)
	assert.Equal(t, "secret", e.Op)
	assert.True(t, e.Unprocessed)
}

func TestCodeThatIsAskedForOutsideALogin(t *testing.T) {
	t.Parallel()
	source := OTPFunc(func(context.Context, Challenge) (string, error) { return "123456", nil })
	code, err := AskOTP((&scope{}).in(t.Context()), source, Challenge{}) // such as by Revoke
	require.NoError(t, err)
	assert.Equal(t, "123456", code)
}

func TestTypeOfAPanicIsTold(t *testing.T) {
	t.Parallel()
	panicked := flight.Cause{Panic: "example", At: "a.go:7"}
	out := crashed(vendor{instant{}}, &run{progress: &progress{}}, known{}, time.Minute, panicked)
	assert.ErrorContains(t, out.err, "panic of type string at a.go:7")
	out = crashed(vendor{instant{}}, &run{progress: &progress{}}, known{}, time.Minute, flight.Cause{TimedOut: true})
	assert.ErrorContains(t, out.err, "did not end in time")
}

// A timer that is late may find that everything has changed.
func TestLateTimerStartsNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(c *Client){
		"before the first token": func(c *Client) { c.k.cached.Store(nil) },
		"fresh":                  func(*Client) {},
		"closed":                 func(c *Client) { _ = c.Close() },
		"on hold": func(c *Client) {
			c.k.cached.Load().expires = 0
			c.k.trouble = &trouble{hold: &hold{until: time.Hour * 1e6, untilWall: time.Now().Add(time.Hour)}}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			c, err := NewClient(instant{}, &Options{KeepAlive: true})
			require.NoError(t, err)
			_, err = c.Token(t.Context())
			require.NoError(t, err)
			synctest.Wait() // for the login's goroutine
			change(c)
			c.k.onTimer()
			assert.Nil(t, c.k.run, name)
			require.NoError(t, c.Close())
		})
	}
}

func TestNothingIsProbedWhereNothingIsDue(t *testing.T) {
	t.Parallel()
	k := keeper{vendor: vendor{instant{}}, trouble: &trouble{}}
	assert.Nil(t, k.probeIfDue(t.Context(), &hold{cause: causeFailed}, 0), "there is no store")
}
