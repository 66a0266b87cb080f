package bounded_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/internal/bounded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDo(t *testing.T) {
	t.Parallel()
	failure := errors.New("failure")
	n, err := bounded.Do(t.Context(), time.Minute, func(context.Context) (int, error) { return 7, failure })
	assert.Equal(t, 7, n)
	assert.Equal(t, failure, err)
}

// A call has until timeout, and Grace more to say what became of it.
func TestDoWithoutResponse(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		takes, want time.Duration
		err         error
	}{
		"in time":          {time.Second - 1, time.Second - 1, nil},
		"in grace":         {time.Second + bounded.Grace - 1, time.Second + bounded.Grace - 1, nil},
		"too late":         {time.Hour, time.Second + bounded.Grace, bounded.ErrNoResponse},
		"ctx, in grace":    {500*time.Millisecond + 1, 500*time.Millisecond + 1, nil},
		"ctx ends earlier": {time.Hour, 500*time.Millisecond + bounded.Grace, bounded.ErrNoResponse},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if what[:3] == "ctx" {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, 500*time.Millisecond)
					defer cancel()
				}
				start := time.Now()
				_, err := bounded.Do(ctx, time.Second, func(context.Context) (int, error) {
					time.Sleep(c.takes) // whatever its context says
					return 1, nil
				})
				assert.Equal(t, c.err, err)
				assert.Equal(t, c.want, time.Since(start))
				time.Sleep(time.Hour) // what was left behind ends
			})
		})
	}
}

func TestDoEndsTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := bounded.Do(t.Context(), time.Second, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		assert.Equal(t, context.DeadlineExceeded, err)
		assert.Equal(t, time.Second, time.Since(start))
	})
}

func TestDoWithEndedContextRunsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := bounded.Do(ctx, time.Second, func(context.Context) (int, error) { panic("it ran") })
	require.Equal(t, context.Canceled, err)
}

func TestDoSurvivesTheCall(t *testing.T) {
	t.Parallel()
	_, err := bounded.Do(t.Context(), time.Minute, func(context.Context) (int, error) { panic("canary") })
	assert.Equal(t, bounded.Error("the client panicked with a string"), err)
	_, err = bounded.Do(t.Context(), time.Minute, func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
	assert.Equal(t, bounded.Error("the client ended the goroutine"), err)
}

func ExampleDo() {
	end := make(chan struct{})
	defer close(end)
	hangs := func(context.Context) (string, error) {
		<-end
		return "too late", nil
	}
	_, err := bounded.Do(context.Background(), time.Millisecond, hangs)
	fmt.Println(err)
	// Output: no response in time
}
