// Command accounts is a backend for many customers. Each has an account at one of a few vendors. A file lists them.
//
//	go run ./examples/accounts                                # 50 accounts at five vendors that are simulated on loopback
//	go run ./examples/accounts -accounts accounts.json        # your own; see Account for the fields
//
//	curl 127.0.0.1:8080/readyz                                # for a load balancer: 200 while some account can be served
//	curl 127.0.0.1:8080/customers/customer-01/profile         # calls the vendor's API as that customer
//	open http://127.0.0.1:8080/                               # every account: its state, why it is on hold, and until when
//
// The page has no password of its own. It names accounts, so show it to nobody but operators: it listens on loopback if not told else.
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
	"syscall"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	file := flag.String("accounts", "", "a JSON file of accounts; none: 50 at simulated vendors")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *file, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "accounts:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, addr, file string, out io.Writer) (err error) {
	if file == "" {
		simulated, err := simulate()
		if err != nil {
			return err
		}
		defer simulated.close()
		file = simulated.file
	}
	accounts, err := ReadAccounts(file)
	if err != nil {
		return err
	}

	base := newHTTPClient()
	defer base.CloseIdleConnections()
	open := func(_ context.Context, id string) (vendorlogin.Authenticator, error) {
		a, ok := accounts[id]
		if !ok {
			return nil, errNoCustomer
		}
		return a.Authenticator(base)
	}
	pool := clientpool.New(open, &clientpool.Options{
		// With more than one process a Store belongs here: one login for all of them, and one hold.
		Client: vendorlogin.Options{Logger: slog.New(slog.NewTextHandler(out, nil))},
	})
	defer func() {
		limit, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err = errors.Join(err, pool.Shutdown(limit))
	}()

	s := &service{accounts: accounts, pool: pool, base: base}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on http://%s\n", listener.Addr())
	defer s.warmUp(ctx)()
	return serve(ctx, listener, s.handler(), out)
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

// newHTTPClient is for logins and API calls alike. One for all accounts shares the connections.
func newHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16 // many accounts, few hosts
	// A firewall or NAT drops idle connections without a word. The next login would wait on such a connection until it times out, and
	// would count as an attempt whose fate is unknown. So idle connections are closed early, and HTTP/2 ones are pinged.
	transport.ResponseHeaderTimeout = 20 * time.Second
	transport.IdleConnTimeout = 30 * time.Second
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}
