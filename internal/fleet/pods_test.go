package fleet_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/internal/redistest"
	"github.com/vendorlogin/vendorlogin/tokenstore"
	"github.com/vendorlogin/vendorlogin/tokenstore/redisstore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// podsEnv sets how many pods there are, as in VENDORLOGIN_TEST_PODS=1000 go test -run TestPods -v ./internal/fleet.
const podsEnv = "VENDORLOGIN_TEST_PODS"

// podLogin is how long a login takes the vendor.
const podLogin = 2 * time.Second

// Pods that start at once on one Redis: one logs in, the others wait, and ask Redis little meanwhile. A pod is a Client with
// connections of its own.
func TestPods(t *testing.T) {
	t.Parallel()
	skipInShort(t, true)
	p := newPods(t)
	took := p.start()
	p.await()
	commands := p.commands()
	t.Logf("%d pods, a login of %v: %d logins, %.1f Redis commands per pod, the last token %v after the login",
		p.size, podLogin, p.vendor.Counts().Logins, commands, (took() - podLogin).Round(time.Millisecond))
	if failed := p.withoutStore.Load(); failed > 0 { // on a machine that has no time for them
		assert.LessOrEqual(t, int64(p.vendor.Counts().Requests), 1+failed, "who cannot ask Redis logs in alone")
		return
	}
	assert.Equal(t, 1, p.vendor.Counts().Requests)
	if raceDetector { // which makes all wait longer, and ask more often
		return
	}
	late := max(took()-podLogin, 0).Seconds() // a pod that waits longer asks more often
	assert.LessOrEqual(t, commands, 20+5*late, "Redis commands per pod")
	assert.Less(t, took(), podLogin+500*time.Millisecond+slack, "the last pod's token")
}

// The pod that logs in is killed, and the vendor has its request: one more logs in.
func TestPodsWithTheHolderKilled(t *testing.T) {
	t.Parallel()
	skipInShort(t, true)
	p := newPods(t)
	holder := startProcess(t, job{
		BaseURL: p.vendor.URL, APIURL: p.vendor.APIURL(), Store: p.store, LoginTimeout: 30 * time.Second,
		TOTP: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Period: time.Second,
	})
	require.Equal(t, "ready", holder.report().At)
	holder.order(orderCall)
	eventually(t, "the vendor has the holder's login", func() bool { return p.vendor.Counts().Requests == 1 })
	took := p.start()
	holder.kill()
	p.await()
	commands := p.commands()
	t.Logf("%d pods, the holder killed: %d login requests, %.1f Redis commands per pod, the last token after %v",
		p.size, p.vendor.Counts().Requests, commands, took().Round(time.Millisecond))
	assert.LessOrEqual(t, int64(p.vendor.Counts().Requests), 2+p.withoutStore.Load())
	assert.Less(t, took(), 20*time.Second)
}

// slack is for a machine that does other things meanwhile.
const slack = 5 * time.Second

type pods struct {
	t       *testing.T
	size    int
	vendor  *vendortest.Server
	redis   *redistest.Server
	store   access
	clients []*vendorlogin.Client
	before  map[string]int

	withoutStore atomic.Int64 // failed commands to Redis that a pod reported

	group sync.WaitGroup
	mu    sync.Mutex
	took  []time.Duration
}

func newPods(t *testing.T) *pods {
	t.Helper()
	size := podsAtOnce
	if given := os.Getenv(podsEnv); given != "" {
		var err error
		size, err = strconv.Atoi(given)
		require.NoError(t, err, podsEnv)
	}
	p := &pods{t: t, size: size, redis: redistest.StartReal(t)} // first, for it may skip the test
	p.vendor = vendortest.NewGcore(nil).Start()
	t.Cleanup(p.vendor.Close)
	p.vendor.Inject(vendortest.Fault{Op: "login", Times: -1, Delay: podLogin})
	p.store = at(p.redis)
	for range size {
		p.clients = append(p.clients, p.client())
	}
	p.before = commands(t, p.redis.Client(t, nil))
	return p
}

func (p *pods) client() *vendorlogin.Client {
	p.t.Helper()
	auth, err := gcore.New(gcore.Config{
		Username: vendortest.DefaultEmail, Password: vendorlogin.SecretString(vendortest.DefaultPassword), BaseURL: p.vendor.URL,
	})
	require.NoError(p.t, err)
	key, err := tokenstore.ParseKey(p.store.Key)
	require.NoError(p.t, err)
	store, err := tokenstore.NewSealed(redisstore.New(p.redis.Client(p.t, nil), nil), key)
	require.NoError(p.t, err)
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: store, OnEvent: func(e vendorlogin.Event) {
		if e.Type == vendorlogin.EventStore {
			p.withoutStore.Add(1)
		}
	}})
	require.NoError(p.t, err)
	p.t.Cleanup(func() { assert.NoError(p.t, client.Close()) })
	return client
}

// start lets each pod ask for a token. What it returns is, after await, how long the last one took.
func (p *pods) start() (longest func() time.Duration) {
	began := time.Now()
	for _, client := range p.clients {
		p.group.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, err := client.Token(ctx)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.took = append(p.took, time.Since(began))
			assert.NoError(p.t, err)
		})
	}
	return func() time.Duration { return slices.Max(p.took) }
}

func (p *pods) await() { p.group.Wait() }

// commands is how many Redis has carried out since the pods started, per pod.
func (p *pods) commands() float64 {
	p.t.Helper()
	var all int
	changed := since(p.before, commands(p.t, p.redis.Client(p.t, nil)))
	for _, n := range changed {
		all += n
	}
	p.t.Log(changed)
	return float64(all) / float64(p.size)
}
