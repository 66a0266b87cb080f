package clientpool_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// opener opens any id, and counts.
type opener struct {
	calls atomic.Int64
	auth  func(id string) *fakeAuth // nil: one whose principal is the id
}

func (o *opener) open(_ context.Context, id string) (vendorlogin.Authenticator, error) {
	o.calls.Add(1)
	if o.auth != nil {
		return o.auth(id), nil
	}
	return &fakeAuth{account: account(id)}, nil
}

func client(t *testing.T, p *clientpool.Pool, id string) *vendorlogin.Client {
	t.Helper()
	c, err := p.Client(t.Context(), id)
	require.NoError(t, err)
	return c
}

func ids(p *clientpool.Pool) []string {
	var all []string
	for id := range p.All() {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

func TestOneClientPerID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var opened atomic.Int64
		p := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
			opened.Add(1)
			time.Sleep(time.Second)
			return &fakeAuth{account: account(id)}, nil
		}, nil)
		var callers sync.WaitGroup
		got := make([]*vendorlogin.Client, 50)
		for i := range got {
			callers.Go(func() { got[i], _ = p.Client(t.Context(), "a") })
		}
		callers.Wait()
		for _, c := range got {
			assert.Same(t, client(t, p, "a"), c)
		}
		assert.NotSame(t, client(t, p, "a"), client(t, p, "b"))
		assert.EqualValues(t, 2, opened.Load(), "one open per id")
		assert.Equal(t, []string{"a", "b"}, ids(p))
	})
}

func TestAnErrorIsSharedAndNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("no such customer")
		var opened atomic.Int64
		p := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
			n := opened.Add(1)
			time.Sleep(time.Second)
			if n == 1 {
				return nil, broken
			}
			return &fakeAuth{account: account(id)}, nil
		}, nil)
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() {
				_, err := p.Client(t.Context(), "a")
				assert.ErrorIs(t, err, broken)
			})
		}
		callers.Wait()
		assert.EqualValues(t, 1, opened.Load())
		client(t, p, "a")
	})
}

func TestForgetOpensAnew(t *testing.T) {
	t.Parallel()
	o := &opener{}
	p := clientpool.New(o.open, nil)
	before := client(t, p, "a")
	assert.Same(t, before, p.Forget("a"))
	assert.Nil(t, p.Forget("a"))
	assert.Empty(t, ids(p))
	assert.NotSame(t, before, client(t, p, "a"), "though somebody holds it: its configuration may have changed")
	assert.EqualValues(t, 2, o.calls.Load())
	runtime.KeepAlive(before)
}

func TestTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		auth := &fakeAuth{account: account("ops@example.com")}
		store := tokenstore.NewMemory()
		token := func(namespace, id string) string {
			o := &opener{auth: func(string) *fakeAuth { return auth }}
			p := clientpool.New(o.open, &clientpool.Options{Client: vendorlogin.Options{Store: store, Namespace: namespace}})
			defer func() { assert.NoError(t, p.Shutdown(t.Context())) }()
			got, err := client(t, p, id).Token(t.Context())
			require.NoError(t, err)
			return got.Access.Reveal()
		}
		tokens := map[string]bool{}
		for _, tenant := range [][2]string{{"", "a"}, {"", "b"}, {"x", "a"}, {"y", "a"}, {"", "x/a"}, {"", "x%2Fa"}, {"x/a", "b"}, {"x", "a/b"}} {
			first := token(tenant[0], tenant[1])
			assert.False(t, tokens[first], "%q is a tenant of its own", tenant)
			tokens[first] = true
			assert.Equal(t, first, token(tenant[0], tenant[1]), "the Store has it")
		}
	})
}

func TestWhatNoClientCanBeMadeOf(t *testing.T) {
	t.Parallel()
	good := (&opener{}).open
	keepAlive := &clientpool.Options{Client: vendorlogin.Options{KeepAlive: true}}
	for name, c := range map[string]struct {
		pool *clientpool.Pool
		id   string
		says string
	}{
		"open":      {clientpool.New(nil, nil), "a", "open is nil"},
		"id":        {clientpool.New(good, nil), "", "id is empty"},
		"KeepAlive": {clientpool.New(good, keepAlive), "a", "Options.Client.KeepAlive is set"},
		"options": {clientpool.New(good, &clientpool.Options{Client: vendorlogin.Options{RenewBefore: -1}}), "a",
			"Options.RenewBefore is negative"},
		"nothing": {clientpool.New(func(context.Context, string) (vendorlogin.Authenticator, error) { return nil, nil }, nil), "a",
			"Authenticator is nil"},
	} {
		c0, err := c.pool.Client(t.Context(), c.id)
		assert.Nil(t, c0, name)
		assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest, name)
		assert.ErrorContains(t, err, c.says, name)
		assert.Empty(t, ids(c.pool), name)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pacer := &clientpool.EndpointPacer{}
		p := clientpool.New((&opener{}).open, &clientpool.Options{Client: vendorlogin.Options{Pacer: pacer}})
		done, err := pacer.Pace(t.Context(), account("a"), "login")
		require.NoError(t, err)
		assert.Equal(t, []clientpool.EndpointStatus{
			{Endpoint: "https://api.example.com", Login: clientpool.LaneStatus{UnderWay: 1}},
		}, p.Endpoints())
		done(true, nil)
		done(true, nil)
		assert.Zero(t, p.Endpoints()[0].Login.UnderWay, "done counts once")

		other := clientpool.New((&opener{}).open, &clientpool.Options{Client: vendorlogin.Options{Pacer: unpaced{}}})
		assert.Nil(t, other.Endpoints())
	})
}

type unpaced struct{}

func (unpaced) Pace(context.Context, vendorlogin.Account, string) (func(bool, error), error) {
	return func(bool, error) {}, nil
}

// No goroutine of another test may allocate meanwhile, so it is not parallel.
func TestClientAllocatesNothing(t *testing.T) {
	p := clientpool.New((&opener{}).open, nil)
	client(t, p, "customer-42")
	ctx := t.Context()
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = p.Client(ctx, "customer-42") }))
}

// TestBytesPerClient makes 100,000 Clients with a token each. A program's own data is what open made: the Authenticator and its name.
// It measures the heap, so it is not parallel.
func TestBytesPerClient(t *testing.T) {
	clients := 100_000
	if raceDetector {
		clients = 1_000 // it takes ten times as long, and measures nothing more
	}
	ids := make([]string, clients)
	auths := make(map[string]*fakeAuth, clients)
	for n := range ids {
		ids[n] = fmt.Sprintf("customer-%06d", n)
		auths[ids[n]] = &fakeAuth{account: account(ids[n]), quick: &vendorlogin.Token{
			Access: vendorlogin.NewSecret("example"), IssuedAt: time.Now(), ExpiresAt: time.Now().Add(24 * time.Hour)}}
	}
	goroutines, before := runtime.NumGoroutine(), heap()
	p := clientpool.New(func(_ context.Context, id string) (vendorlogin.Authenticator, error) { return auths[id], nil }, nil)
	for _, id := range ids {
		c, err := p.Client(t.Context(), id)
		require.NoError(t, err)
		_, err = c.Token(t.Context())
		require.NoError(t, err)
	}
	each := (heap() - before) / int64(clients)
	t.Logf("%d bytes per Client with its token", each)
	if !raceDetector {
		assert.LessOrEqual(t, each, int64(700))
	}
	assert.LessOrEqual(t, runtime.NumGoroutine(), goroutines+1)
	require.NoError(t, p.Shutdown(t.Context()))
	runtime.KeepAlive(auths)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkClient(b *testing.B) {
	p := clientpool.New((&opener{}).open, nil)
	for b.Loop() {
		_, _ = p.Client(b.Context(), "customer-42")
	}
}
