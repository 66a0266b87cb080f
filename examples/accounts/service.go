package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
)

// A service serves customers. It has a pool and knows nothing of passwords and tokens.
type service struct {
	accounts map[string]Account
	pool     *clientpool.Pool
	base     *http.Client // for logins and API calls
}

// warmUp asks for the first token of every account, so that the first customer does not wait for a login. The returned function ends
// it. WaitToken waits where that helps: for a turn at a vendor that limits logins, or until an outage is over.
func (s *service) warmUp(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for id := range s.accounts {
		all.Go(func() {
			client, err := s.pool.Client(ctx, id)
			if err != nil {
				return // the next caller is told
			}
			_, _ = client.WaitToken(ctx) // the page and the log say what failed
		})
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// ready is a readiness probe. One customer's wrong password is no reason to take the process out of service, so one account that can
// be served is enough. It asks nobody: it says what the Clients know.
func (s *service) ready(w http.ResponseWriter, _ *http.Request) {
	served := 0
	for _, client := range s.pool.All() {
		if servable(client.Status()) {
			served++
		}
	}
	if served == 0 && len(s.accounts) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	fmt.Fprintf(w, "%d of %d accounts can be served\n", served, len(s.accounts))
}

// servable reports whether an account has a valid token, or had one, and nothing is known against a login. In a pool nobody renews a
// token that nobody asks for: were a valid one required, a process without traffic would be unready, and would stay so.
func servable(s vendorlogin.Status) bool {
	return s.Ready() || s.Hold == nil && !s.LastSuccess.IsZero()
}

// profile calls the vendor's API as the customer, and hands on what it says.
func (s *service) profile(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	client, err := s.pool.Client(r.Context(), id)
	if err != nil {
		explain(w, err)
		return
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, s.accounts[id].Profile, nil)
	if err != nil {
		http.Error(w, "this account has no profile to show", http.StatusNotFound)
		return
	}
	api := &http.Client{Transport: client.Transport(s.base.Transport), Timeout: s.base.Timeout}
	resp, err := api.Do(req)
	if err != nil {
		explain(w, err)
		return
	}
	defer resp.Body.Close()
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// explain turns a login that failed into what the caller can act on. The errors hold no secret.
func explain(w http.ResponseWriter, err error) {
	if errors.Is(err, errNoCustomer) {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if e, ok := errors.AsType[*vendorlogin.Error](err); ok && !e.RetryAt.IsZero() {
		w.Header().Set("Retry-After", fmt.Sprint(max(int(time.Until(e.RetryAt).Seconds())+1, 1)))
	}
	http.Error(w, err.Error(), http.StatusServiceUnavailable)
}
