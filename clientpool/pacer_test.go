package clientpool_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

// turn asks for a turn that is granted at once.
func turn(t *testing.T, p *clientpool.EndpointPacer, name string) (done func(sent bool, err error)) {
	t.Helper()
	began := time.Now()
	done, err := p.Pace(t.Context(), account(name), "login")
	require.NoError(t, err)
	require.Zero(t, time.Since(began), "no wait")
	return done
}

// login lets an account log in at once, to that end.
func login(t *testing.T, p *clientpool.EndpointPacer, name string, err error) {
	t.Helper()
	turn(t, p, name)(true, err)
}

// rejected asks for a turn that is not to be had.
func rejected(t *testing.T, p *clientpool.EndpointPacer, name string) *vendorlogin.Error {
	t.Helper()
	done, err := p.Pace(t.Context(), account(name), "login")
	require.Nil(t, done)
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, account(name), e.Account)
	assert.Equal(t, "login", e.Op)
	assert.True(t, e.Unprocessed)
	assert.True(t, e.RetryAt.After(time.Now()), "RetryAt")
	return e
}

func lane(p *clientpool.EndpointPacer) clientpool.LaneStatus { return p.Endpoints()[0].Login }

func TestSlowStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		var mu sync.Mutex
		underWay, most := 0, map[time.Duration]int{}
		began := time.Now()
		var callers sync.WaitGroup
		for n := range 100 {
			callers.Go(func() {
				done, err := p.Pace(t.Context(), account(fmt.Sprint(n)), "login")
				if !assert.NoError(t, err) {
					return
				}
				mu.Lock()
				underWay++
				most[time.Since(began)] = underWay
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				underWay--
				mu.Unlock()
				done(true, nil)
			})
		}
		callers.Wait()
		delete(most, 6*time.Second) // the rest
		assert.Equal(t, map[time.Duration]int{
			0: 4, time.Second: 6, 2 * time.Second: 9, 3 * time.Second: 13, 4 * time.Second: 20, 5 * time.Second: 30,
		}, most)
		assert.Equal(t, clientpool.LaneStatus{}, lane(p))
	})
}

func TestTurnsAreInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		var first []func(bool, error)
		for n := range 4 {
			first = append(first, turn(t, p, fmt.Sprint(n)))
		}
		order := make(chan string, 2)
		for _, name := range []string{"fifth", "sixth"} {
			go func() {
				done, err := p.Pace(t.Context(), account(name), "login")
				assert.NoError(t, err)
				order <- name
				time.Sleep(time.Second)
				done(true, nil)
			}()
			synctest.Wait()
		}
		assert.Equal(t, 2, lane(p).Waiting)
		first[0](true, nil)
		assert.Equal(t, "fifth", <-order)
		first[1](false, nil)
		assert.Equal(t, "sixth", <-order, "a turn in which nothing was sent is over too")
		first[2](true, nil)
		first[3](true, nil)
		time.Sleep(time.Minute)
		assert.Equal(t, clientpool.LaneStatus{}, lane(p))
	})
}

func TestACallerWaitsForAQuarterOfItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		for n := range 4 {
			turn(t, p, fmt.Sprint(n))
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := p.Pace(ctx, account("patient"), "login")
		assert.ErrorIs(t, err, vendorlogin.ErrRateLimited)
		assert.Equal(t, 5*time.Second, time.Since(began))

		began = time.Now()
		var callers sync.WaitGroup
		var comeBack [8]time.Time
		for n := range comeBack {
			callers.Go(func() {
				_, err := p.Pace(t.Context(), account("without deadline"), "login")
				e, _ := errors.AsType[*vendorlogin.Error](err)
				if assert.NotNil(t, e) {
					assert.ErrorContains(t, e, "many accounts log in at this endpoint")
					comeBack[n] = e.RetryAt
				}
			})
		}
		callers.Wait()
		assert.Equal(t, 7500*time.Millisecond, time.Since(began), "as with the default LoginTimeout")
		for _, at := range comeBack {
			assert.GreaterOrEqual(t, time.Until(at), time.Second)
			assert.Less(t, time.Until(at), 2*time.Second)
		}
		slices.SortFunc(comeBack[:], time.Time.Compare)
		assert.NotEqual(t, comeBack[0], comeBack[7], "not all at once")
	})
}

func TestACallerThatLeavesGivesUpItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		done := turn(t, p, "0")
		for n := range 3 {
			turn(t, p, fmt.Sprint(n+1))
		}
		hasty, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			_, err := p.Pace(hasty, account("hasty"), "login")
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		callers.Go(func() {
			_, err := p.Pace(t.Context(), account("next"), "login")
			assert.NoError(t, err)
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		done(true, nil)
		callers.Wait()
	})
}

func TestLanesAndEndpointsAreApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		for n := range 4 {
			turn(t, p, fmt.Sprint(n))
		}
		began := time.Now()
		_, err := p.Pace(t.Context(), account("4"), "refresh")
		require.NoError(t, err)
		elsewhere := account("4")
		elsewhere.Endpoint = "https://eu.example.com"
		_, err = p.Pace(t.Context(), elsewhere, "login")
		require.NoError(t, err)
		assert.Zero(t, time.Since(began))
	})
}

// One endpoint per customer must not fill the memory of a program that runs for years.
func TestEndpointsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &clientpool.EndpointPacer{}
		for n := range 1000 {
			a := account("ops")
			a.Endpoint = fmt.Sprintf("https://tenant-%d.example.com", n)
			done, err := p.Pace(t.Context(), a, "login")
			require.NoError(t, err)
			if n > 0 {
				done(true, nil)
			}
			time.Sleep(time.Hour)
		}
		assert.Less(t, len(p.Endpoints()), 10)
		assert.Contains(t, fmt.Sprint(p.Endpoints()), "https://tenant-998.example.com", "it was used two hours ago")
		assert.Contains(t, fmt.Sprint(p.Endpoints()), "https://tenant-0.example.com", "one login hangs there")
	})
}
