//go:build unix

package sqltest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"

	"context"
)

// Tokens are valid for 11 s, since a Client takes one with less than 10 s left for expired, and are renewed when half of that has passed.
const (
	lifetime = 11 * time.Second
	renewal  = 6 * time.Second // from one renewal to the next, at most
)

// A vendor gives such tokens, each with a refresh token that is valid once. It counts what it is asked.
type vendor struct {
	server *httptest.Server
	asked  chan struct{} // after each login or refresh, if somebody listens

	mu                       sync.Mutex
	issued                   int
	refreshable              map[string]bool // false: consumed
	logins, refreshes, twice int
}

func startVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{asked: make(chan struct{}), refreshable: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", v.login)
	mux.HandleFunc("POST /refresh", v.refresh)
	v.server = httptest.NewServer(mux)
	t.Cleanup(v.server.Close)
	return v
}

// A counted is what a vendor has been asked so far.
type counted struct{ logins, refreshes, twice int }

func (v *vendor) count() counted {
	v.mu.Lock()
	defer v.mu.Unlock()
	return counted{v.logins, v.refreshes, v.twice}
}

func (v *vendor) login(w http.ResponseWriter, _ *http.Request) {
	v.mu.Lock()
	v.logins++
	p := v.issue()
	v.mu.Unlock()
	v.respond(w, p)
}

func (v *vendor) refresh(w http.ResponseWriter, r *http.Request) {
	var body pair
	_ = json.NewDecoder(r.Body).Decode(&body)
	v.mu.Lock()
	v.refreshes++
	valid, known := v.refreshable[body.Refresh]
	if !valid {
		if known {
			v.twice++
		}
		v.mu.Unlock()
		http.Error(w, `{"error":"refresh token rejected"}`, http.StatusUnauthorized)
		return
	}
	v.refreshable[body.Refresh] = false
	next := v.issue()
	v.mu.Unlock()
	v.respond(w, next)
}

// A pair is what the vendor gives.
type pair struct {
	Access, Refresh string
	ExpiresIn       float64
}

func (v *vendor) issue() pair {
	v.issued++
	p := pair{fmt.Sprint("access-", v.issued), fmt.Sprint("refresh-", v.issued), lifetime.Seconds()}
	v.refreshable[p.Refresh] = true
	return p
}

func (v *vendor) respond(w http.ResponseWriter, p pair) {
	select {
	case v.asked <- struct{}{}:
	default:
	}
	time.Sleep(20 * time.Millisecond) // a vendor is not near
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(p)
}

// An authenticator logs in to a vendor.
type authenticator struct{ endpoint loginhttp.Endpoint }

func newAuthenticator(url string, number int) authenticator {
	account := vendorlogin.Account{Vendor: "example", Endpoint: url, Principal: fmt.Sprintf("ops-%d@example.com", number)}
	return authenticator{loginhttp.Endpoint{Account: account}}
}

func (a authenticator) Account() vendorlogin.Account { return a.endpoint.Account }

func (a authenticator) Login(ctx context.Context) (*vendorlogin.Token, error) {
	return a.exchange(ctx, loginhttp.Call{Op: "login", Method: "POST", Path: "/login", Body: map[string]string{"password": "example"}})
}

func (a authenticator) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	body := pair{Refresh: old.Refresh.Reveal()}
	return a.exchange(ctx, loginhttp.Call{Op: "refresh", Method: "POST", Path: "/refresh", Body: body, Once: true})
}

func (a authenticator) exchange(ctx context.Context, call loginhttp.Call) (*vendorlogin.Token, error) {
	var p pair
	response, err := a.endpoint.Do(ctx, call, &p)
	if err != nil {
		return nil, err
	}
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(p.Access), Refresh: vendorlogin.NewSecret(p.Refresh),
		IssuedAt: response.SentAt, ExpiresAt: response.SentAt.Add(time.Duration(p.ExpiresIn * float64(time.Second)))}, nil
}
