package newvendor_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/authtest"
	"github.com/vendorlogin/vendorlogin/examples/newvendor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	username = "ops@example.com"
	password = "example-password"
)

func TestAuthenticator(t *testing.T) {
	t.Parallel()
	authtest.TestAuthenticator(t, func(*testing.T) authtest.Vendor {
		return authtest.Vendor{
			Server: newServer(), BaseURL: "https://login.example.com/api", API: "https://login.example.com/api/v1/me",
			Username: username, Password: password,
			New: func(s authtest.Setup) (vendorlogin.Authenticator, error) {
				return newvendor.New(newvendor.Config{BaseURL: s.BaseURL, Username: s.Username, Password: s.Password, HTTPClient: s.HTTPClient})
			},
		}
	})
}

// A server behaves like the new vendor: it knows one user, and takes a refresh token once.
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
		s.answer(w, in.Username == username && in.Password == password, "bad_password")
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
	s.answer(w, known, "bad_token")
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
		refuse(w, "bad_request")
		return false
	}
	return true
}

// answer gives a pair of tokens, or refuses with the vendor's code.
func (s *server) answer(w http.ResponseWriter, ok bool, code string) {
	if !ok {
		refuse(w, code)
		return
	}
	access, refresh := rand.Text(), rand.Text()
	s.mu.Lock()
	s.access[access], s.refresh[refresh] = true, true
	s.mu.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]string{"access": access, "refresh": refresh})
}

func refuse(w http.ResponseWriter, code string) {
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": "the request was refused"})
}
