package newvendor_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

const (
	baseURL  = "https://login.example.com/api"
	username = "ops@example.com"
	password = "example-password"
)

// A server behaves like the new vendor: it knows one user, and accepts a refresh token once.
type server struct {
	http.ServeMux
	mu              sync.Mutex
	access, refresh map[string]bool
}

func newServer() *server {
	s := &server{access: map[string]bool{}, refresh: map[string]bool{}}
	s.HandleFunc("POST /api/v1/login", s.login)
	s.HandleFunc("POST /api/v1/refresh", s.rotate)
	s.HandleFunc("GET /api/v1/me", s.me)
	return s
}

func (s *server) login(w http.ResponseWriter, r *http.Request) {
	var in struct{ Username, Password string }
	if read(w, r, &in) {
		s.respond(w, in.Username == username && in.Password == password)
	}
}

func (s *server) rotate(w http.ResponseWriter, r *http.Request) {
	var in struct{ Refresh string }
	if !read(w, r, &in) {
		return
	}
	s.mu.Lock()
	known := s.refresh[in.Refresh]
	delete(s.refresh, in.Refresh)
	s.mu.Unlock()
	s.respond(w, known)
}

func (s *server) me(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.access[token] {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// read decodes a request that has the fields of in and no others.
func read(w http.ResponseWriter, r *http.Request, in any) bool {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(in)
	if err != nil || r.Header.Get("Content-Type") != "application/json" {
		reject(w, http.StatusBadRequest)
		return false
	}
	return true
}

// respond writes a pair of tokens, or rejects.
func (s *server) respond(w http.ResponseWriter, ok bool) {
	if !ok {
		reject(w, http.StatusUnauthorized)
		return
	}
	access, refresh := rand.Text(), rand.Text()
	s.mu.Lock()
	s.access[access], s.refresh[refresh] = true, true
	s.mu.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]string{"access": access, "refresh": refresh})
}

func reject(w http.ResponseWriter, status int) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": "the request was rejected"})
}
