package authtest_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

const (
	examplePassword = "example-password"
	exampleCode     = "837465"
)

// A plainServer is a vendor as simple as one can be: tokens for a password, and a second step where it wants a code.
type plainServer struct {
	wantsCode bool

	mu      sync.Mutex
	steps   map[string]bool
	access  map[string]bool
	refresh map[string]bool
}

func newPlainServer(wantsCode bool) *plainServer {
	return &plainServer{wantsCode: wantsCode, steps: map[string]bool{}, access: map[string]bool{}, refresh: map[string]bool{}}
}

func (s *plainServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in struct{ User, Password, Step, Code, Refresh, Access string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	switch r.URL.Path {
	case "/base/login":
		s.login(w, in.User == "ops@example.com" && in.Password == examplePassword)
	case "/base/code":
		s.code(w, s.steps[in.Step], in.Code == exampleCode)
	case "/base/refresh":
		known := s.refresh[in.Refresh]
		delete(s.refresh, in.Refresh)
		s.answer(w, known)
	case "/base/logout":
		if !s.access[in.Access] {
			w.WriteHeader(http.StatusUnauthorized)
		}
		delete(s.access, in.Access)
	case "/base/me":
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !s.access[bearer] {
			w.WriteHeader(http.StatusUnauthorized)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *plainServer) login(w http.ResponseWriter, right bool) {
	if !right || !s.wantsCode {
		s.answer(w, right)
		return
	}
	step := rand.Text()
	s.steps[step] = true
	_ = json.NewEncoder(w).Encode(map[string]any{"step_token": step})
}

func (s *plainServer) code(w http.ResponseWriter, known, right bool) {
	if known && !right {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"message": "wrong code"}`))
		return
	}
	s.answer(w, known)
}

func (s *plainServer) answer(w http.ResponseWriter, right bool) {
	if !right {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"message": "no"}`))
		return
	}
	access, refresh := rand.Text(), rand.Text()
	s.access[access], s.refresh[refresh] = true, true
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": access, "refresh_token": refresh, "expires_in": 3600, "user": "42"})
}
