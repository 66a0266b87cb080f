// Command webservice is a small backend whose handlers call a vendor's API. It never thinks about logging in: its http.Client does.
//
//	go run ./examples/webservice -addr 127.0.0.1:8080
//	curl 127.0.0.1:8080/things
//	curl 127.0.0.1:8080/readyz                    # for a load balancer: 200 while there is a valid token
//	curl -X POST 127.0.0.1:8080/vendor/revoke     # the vendor refuses every token it gave so far; /things goes on
//	curl -X POST 127.0.0.1:8080/vendor/outage     # the vendor answers 503 until the next such call; /things says so, and recovers
//	kill -TERM …                                  # running requests end, the Client is closed, exit status 0
//
// A 401 causes one renewal a minute at most: after a second revoke within the minute /things fails until it is over. The vendor is a server
// of its own on 127.0.0.1 that behaves like gcore.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "webservice:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, addr string, out io.Writer) (err error) {
	vendor := vendortest.NewGcore(&vendortest.Options{AccessLife: time.Minute}).Start()
	defer vendor.Close()

	base := newTransport()
	defer base.CloseIdleConnections()
	auth, err := gcore.New(gcore.Config{
		Username:   vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
		BaseURL:    vendor.URL,
		HTTPClient: &http.Client{Transport: base, Timeout: 30 * time.Second},
	})
	if err != nil {
		return err
	}
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Logger: slog.New(slog.NewTextHandler(out, nil))})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()

	s := service{
		// The order matters where there are retries: they go on the outside, Transport: retrying{base: client.Transport(base)}.
		api:  &http.Client{Transport: client.Transport(base), Timeout: 10 * time.Second},
		base: vendor.APIURL(),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things", s.things)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, client) })
	playVendor(mux, vendor)

	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on http://%s\n", listener.Addr())
	return serve(ctx, listener, mux, out)
}

// newTransport is for logins and API calls alike.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = 20 * time.Second
	// A firewall or NAT drops idle connections without a word. The next login would wait on such a connection until it times out, and
	// would count as an attempt whose fate is unknown. So idle connections are closed early, and HTTP/2 ones are pinged.
	t.IdleConnTimeout = 30 * time.Second
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}
	return t
}

// ready is a readiness probe. It logs in where there is no token, and renews one in time though nobody sends requests. On hold it
// sends nothing. The error says why there is no token, and holds no secret.
func ready(w http.ResponseWriter, r *http.Request, client *vendorlogin.Client) {
	if _, err := client.Token(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// serve serves requests until ctx ends, and then lets those under way finish.
func serve(ctx context.Context, listener net.Listener, h http.Handler, out io.Writer) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(limit)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	err := <-stopped
	fmt.Fprintln(out, "stopped")
	return err
}

// A service is the user's own code: it has an http.Client and knows nothing of passwords and tokens.
type service struct {
	api  *http.Client
	base string
}

// things hands on what the vendor says.
func (s service) things(w http.ResponseWriter, r *http.Request) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, s.base, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	resp, err := s.api.Do(req)
	if err != nil {
		sayWhy(w, err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		http.Error(w, "the vendor's API says "+resp.Status, http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	_, _ = io.Copy(w, resp.Body)
}

// sayWhy turns a login that failed into what our own callers can act on. The errors hold no secret, so they may be shown and logged.
func sayWhy(w http.ResponseWriter, err error) {
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok && !e.RetryAt.IsZero() {
		w.Header().Set("Retry-After", e.RetryAt.UTC().Format(http.TimeFormat))
	}
	http.Error(w, err.Error(), http.StatusServiceUnavailable)
}

// playVendor adds what a person at a terminal can do to the vendor.
func playVendor(mux *http.ServeMux, vendor *vendortest.Server) {
	var down atomic.Bool
	mux.HandleFunc("POST /vendor/revoke", func(w http.ResponseWriter, _ *http.Request) {
		vendor.Revoke()
		fmt.Fprintln(w, "revoked")
	})
	mux.HandleFunc("POST /vendor/outage", func(w http.ResponseWriter, _ *http.Request) {
		if down.CompareAndSwap(false, true) {
			vendor.Inject(vendortest.Fault{Times: -1, Status: http.StatusServiceUnavailable})
			fmt.Fprintln(w, "down")
			return
		}
		down.Store(false)
		vendor.ClearFaults()
		fmt.Fprintln(w, "up")
	})
	mux.HandleFunc("GET /vendor/counts", func(w http.ResponseWriter, _ *http.Request) {
		c := vendor.Counts()
		fmt.Fprintf(w, "%d logins, %d refreshes, %d wrong passwords, %d calls accepted, %d refused\n",
			c.Logins, c.Refreshes, c.WrongPasswords, c.APICalls, c.APIRejected)
	})
}
