package vendorlogin_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
)

// floor is the least that a cached token can cost: one atomic load, and one look at the monotonic clock.
type floor struct {
	epoch   time.Time
	current atomic.Pointer[floorToken]
}

type floorToken struct {
	token *vendorlogin.Token
	until int64
}

//go:noinline
func (f *floor) Token(context.Context) (*vendorlogin.Token, error) {
	if t := f.current.Load(); t != nil && int64(time.Since(f.epoch)) < t.until {
		return t.token, nil
	}
	return nil, vendorlogin.ErrUnavailable
}

func newFloor() *floor {
	f := &floor{epoch: time.Now()}
	f.current.Store(&floorToken{token: &vendorlogin.Token{Access: vendorlogin.NewSecret("example")}, until: int64(time.Hour)})
	return f
}

// noStore is a Store that is there and holds nothing.
type noStore struct{}

func (noStore) Load(context.Context, string) ([]byte, string, error) {
	return nil, "", vendorlogin.ErrNoRecord
}
func (noStore) Save(context.Context, string, []byte, string, time.Duration) (string, error) {
	return "1", nil
}
func (noStore) Delete(context.Context, string, string) error { return nil }

func newBenchClient(b testing.TB) *vendorlogin.Client {
	c, err := vendorlogin.NewClient(&fake{life: time.Hour}, &vendorlogin.Options{
		Store: noStore{}, OnEvent: func(vendorlogin.Event) {}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(b, err)
	b.Cleanup(func() { _ = c.Close() })
	_, err = c.Token(context.Background())
	require.NoError(b, err)
	return c
}

func BenchmarkToken(b *testing.B) {
	ctx := context.Background()
	f, c := newFloor(), newBenchClient(b)
	for _, bench := range []struct {
		name  string
		token func(context.Context) (*vendorlogin.Token, error)
	}{{"floor", f.Token}, {"client", c.Token}} {
		b.Run("one/"+bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bench.token(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("parallel/"+bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := bench.token(ctx); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// answer is a base transport that costs next to nothing.
type answer struct{}

func (answer) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// headerSetter is what a service writes by hand.
type headerSetter struct {
	base  http.RoundTripper
	token func(context.Context) (*vendorlogin.Token, error)
}

func (h headerSetter) RoundTrip(req *http.Request) (*http.Response, error) {
	t, err := h.token(req.Context())
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+t.Access.Reveal())
	return h.base.RoundTrip(req)
}

func BenchmarkTransport(b *testing.B) {
	c := newBenchClient(b)
	req, err := http.NewRequest(http.MethodPost, "https://api.example.com/things", strings.NewReader("{}"))
	require.NoError(b, err)
	req.Header.Set("Accept", "application/json")
	for _, bench := range []struct {
		name string
		rt   http.RoundTripper
	}{{"floor", headerSetter{answer{}, newFloor().Token}}, {"client", c.Transport(answer{})}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				resp, err := bench.rt.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
			}
		})
	}
}

// BenchmarkAccount measures what an account costs in memory, with gcore's Authenticator and a token in hand. What the strings hold
// is taken off.
func BenchmarkAccount(b *testing.B) {
	const accounts = 100_000
	vendor := httpClient(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200,
			Header:     http.Header{},
			Body:       io.NopCloser(strings.NewReader(`{"access": "a", "refresh": "r"}`)),
		}, nil
	})
	for b.Loop() {
		clients := make([]*vendorlogin.Client, 0, accounts)
		goroutines, before := runtime.NumGoroutine(), heap()
		for i := range accounts {
			auth, err := gcore.New(
				gcore.Config{Username: strconv.Itoa(i) + "@example.com", Password: vendorlogin.SecretString("p"), HTTPClient: vendor},
			)
			require.NoError(b, err)
			c, err := vendorlogin.NewClient(auth, nil)
			require.NoError(b, err)
			_, err = c.Token(context.Background())
			require.NoError(b, err)
			clients = append(clients, c)
		}
		settle()
		names := accounts * 16 // the user names, in the allocator's size class
		b.ReportMetric(float64(heap()-before-names)/accounts, "B/account")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines), "goroutines")
		runtime.KeepAlive(clients)
	}
}

type httpClientFunc func(*http.Request) (*http.Response, error)

func (f httpClientFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func httpClient(f httpClientFunc) *http.Client { return &http.Client{Transport: f} }

// settle lets the goroutines of renewals that are just over end.
func settle() {
	for range 100 {
		runtime.Gosched()
	}
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
