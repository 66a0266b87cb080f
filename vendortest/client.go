package vendortest

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/vendorlogin/vendorlogin/internal/memhttp"
)

// Client calls the server in memory: no socket, so it works inside a testing/synctest bubble. It reaches URL's host and the vendor's
// documented one (https://api.gcore.com), so that a Config without a BaseURL logs in to it. To call APIURL, set BaseURL to URL: the token
// goes to that host only. Every other host refuses the connection. Contexts and the client's Timeout are honoured, also while a fault
// delays. Each call returns a client of its own.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: &memhttp.Transport{
		Handler: s,
		Refuse:  func(r *http.Request) bool { return !s.reaches(r.URL) || s.takesRefusal(r) },
	}}
}

func (s *Server) reaches(u *url.URL) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	mine, err := url.Parse(s.URL)
	if err == nil && u.Host == mine.Host {
		return true
	}
	return u.Host == "127.0.0.1" || u.Scheme+"://"+strings.TrimSuffix(u.Host, ":443") == s.vendor.origin()
}

// takesRefusal takes the fault that simulates a closed port, if there is one for r.
func (s *Server) takesRefusal(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, _ := s.vendor.route(&call{Request: r})
	f := s.findFault(op, r.URL.Path)
	if f == nil || !f.Refuse {
		return false
	}
	s.takeFault(f)
	s.st.counts.Faulted++
	return true
}
