package vendortest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxBody bounds what a server reads of a request.
const maxBody = 16 << 20

// A Server behaves like one vendor. It is an http.Handler, and safe for
// concurrent use. Make one with NewGMICloud, NewGenLogs, NewGcore, NewSecMgmt
// or NewGenericLogin; it has no goroutine and no socket until Start.
type Server struct {
	// URL is the BaseURL for the vendor's Config. Before Start it is a
	// loopback URL without a port, which only Client reaches; Start sets it.
	URL string

	vendor vendor

	mu     sync.Mutex
	st     *state
	faults []*Fault
	closed bool

	running sync.WaitGroup // requests that came over the socket, and the loop that accepts them
	socket  *http.Server
	stop    context.CancelFunc // ends the delays of socket requests
}

func newServer(v vendor, st *state) *Server {
	return &Server{URL: "http://127.0.0.1" + v.base(), vendor: v, st: st}
}

// String names the server by its URL: what it knows are passwords and tokens.
func (s *Server) String() string { return "vendortest server at " + s.URL }

// Start opens a socket on 127.0.0.1, sets URL to it, and returns s. It panics
// when no port is free or s was closed. A second call does nothing.
// Start before sharing s: it writes URL.
func (s *Server) Start() *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		panic("vendortest: Start after Close")
	}
	if s.socket != nil {
		return s
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("vendortest: no loopback socket: %v", err))
	}
	s.URL = "http://" + l.Addr().String() + s.vendor.base()
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.socket = &http.Server{
		BaseContext:       func(net.Listener) context.Context { return ctx },
		Handler:           http.HandlerFunc(s.serveSocket),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	s.running.Go(func() { _ = s.socket.Serve(l) })
	return s
}

// Close closes the socket, breaks its connections and waits for its requests
// to end. Requests through Client that are under way end by themselves; later
// ones are rejected like those to a closed port. Counts and Problems stay.
func (s *Server) Close() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	socket := s.socket
	s.mu.Unlock()
	if !first || socket == nil {
		return
	}
	s.stop()
	_ = socket.Close()
	s.running.Wait()
}

// serveSocket is ServeHTTP for Start's socket, whose Close waits for it.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
	s.running.Add(1) // under the lock: never beside Close's Wait
	s.mu.Unlock()
	defer s.running.Done()
	s.ServeHTTP(w, r)
}

// ServeHTTP responds to a request, on whatever server s is mounted. A fault that
// breaks the connection panics with http.ErrAbortHandler, as net/http wants it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone
	}
	a, err := s.respond(r, body)
	if err != nil || a.drop {
		panic(http.ErrAbortHandler)
	}
	a.writeTo(w, r)
}

// respond is the reply to one request that has been read.
func (s *Server) respond(r *http.Request, body []byte) (reply, error) {
	c := &call{Request: r, body: body}
	f := s.arrive(c)
	if f == nil {
		return s.finish(s.process(c)), nil
	}
	if f.AfterProcessing {
		a := s.process(c)
		if err := wait(r.Context(), f.Delay); err != nil {
			return reply{}, err
		}
		return s.finish(f.apply(s.vendor, &a)), nil
	}
	if err := wait(r.Context(), f.Delay); err != nil {
		return reply{}, err
	}
	if f.responds() {
		return s.finish(f.apply(s.vendor, nil)), nil
	}
	a := s.process(c)
	return s.finish(f.apply(s.vendor, &a)), nil
}

// arrive counts the request and takes the fault that is meant for it, if any.
func (s *Server) arrive(c *call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.prepare(s.st)
	op, _ := s.vendor.route(c)
	s.st.counts.Requests++
	f := s.findFault(op, c.URL.Path)
	if f != nil {
		s.takeFault(f)
		s.st.counts.Faulted++
	}
	return f
}

// process lets the vendor act. It reads the clock anew: a fault may have
// delayed the request.
func (s *Server) process(c *call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.prepare(s.st)
	op, handle := s.vendor.route(c)
	if len(c.body) > maxBody {
		handle = s.tooLarge
	}
	before := s.st.counts
	a := handle(c)
	counts := &s.st.counts
	switch {
	case op == "refresh" && counts.Refreshes == before.Refreshes:
		counts.RefreshesRejected++
	case op == "api" && counts.APICalls == before.APICalls:
		counts.APIRejected++
	}
	if a.status == http.StatusTooManyRequests {
		counts.RateLimited++
	}
	return a
}

func (s *Server) tooLarge(c *call) reply {
	c.broke("the body is larger than 16 MiB")
	return s.vendor.failure(http.StatusRequestEntityTooLarge, "")
}

// finish adds the server's clock.
func (s *Server) finish(a reply) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.header == nil {
		a.header = http.Header{}
	}
	if a.header.Get("Date") == "" {
		a.header.Set("Date", s.st.now().UTC().Format(http.TimeFormat))
	}
	return a
}

// APIURL is the URL of a protected resource of the vendor: GET returns it when
// the request carries a token as the vendor wants it. Every other method, and
// every path below it, returns what arrived, as JSON: "method", "path",
// "bytes" and "sha256" (hex) of the body.
func (s *Server) APIURL() string {
	return strings.TrimSuffix(s.URL, "/") + s.vendor.api()
}

// SetUser adds a user, or replaces the one with that e-mail address: a changed
// password. Tokens issued before go on working, a lockout goes on, and a
// TOTP code that was used stays used. It panics when TOTP is not base32.
func (s *Server) SetUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.setUser(u)
}

// SetClockOffset sets the server's clock to the true time plus d. What was
// issued keeps its expiry by the server's clock.
func (s *Server) SetClockOffset(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.opts.ClockOffset = d
}

// SetDatabaseDown simulates genericlogin's server without its database: good
// tokens are a 401 "authenticated user not found"; login, refresh and logout
// are a 500. Nothing is lost by it. The other vendors have no such mode.
func (s *Server) SetDatabaseDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.databaseDown = down
}

// SetIdPDown simulates that genericlogin's server reaches no identity
// provider: logins by one are a 500 then.
func (s *Server) SetIdPDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.idpDown = down
}

// Revoke makes the server reject every access token issued so far with a 401.
// Refresh tokens stay valid, though secmgmt will not exchange one without a valid
// access token.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.revoke(s.st.access)
	s.st.key = randomBytes(32) // else genericlogin would issue the very same token again within the second
}

// RevokeAll is Revoke for access and refresh tokens.
func (s *Server) RevokeAll() {
	s.Revoke()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.revoke(s.st.refresh)
}

// Code is what the user would type now. Where codes are e-mailed it is the last
// one; its first digit is always 0, to catch clients that make it a number.
// Elsewhere it is the TOTP code of this moment by the server's clock. It is
// empty for an unknown user, and for one without a second factor.
func (s *Server) Code(email string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.st.account(email)
	if a == nil {
		return ""
	}
	if _, mails := s.vendor.(*gmiCloud); mails || a.mailed != "" {
		return a.mailed
	}
	if a.secret == nil {
		return ""
	}
	return totpCode(a.secret, totpStep(s.st.now()))
}

// Counts is what the server has seen so far.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.counts
}

// Problems are the sentences that say what was wrong with each request counted
// as Invalid, at most 1000 of them. They hold no value of a field or header.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.st.problems...)
}
