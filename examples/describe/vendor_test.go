package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

// A vendor is a server that takes what its description says and nothing else.
type vendor struct {
	*httptest.Server
	logins atomic.Int64
	key    *rsa.PrivateKey // of assertion
	resent atomic.Int64
}

// start serves a vendor on loopback. handler's URL is the server's.
func start(t *testing.T, handler func(v *vendor, w http.ResponseWriter, r *http.Request)) *vendor {
	v := &vendor{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler(v, w, r) }))
	t.Cleanup(v.Close)
	return v
}

func reply(w http.ResponseWriter, status int, format string, args ...any) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, format, args...)
}

// granted answers an API request that carries a token, or does not.
func granted(w http.ResponseWriter, ok bool) {
	if !ok {
		reply(w, 401, `{"error": "unauthorized"}`)
		return
	}
	reply(w, 200, `{"ok": true}`)
}

func portal(v *vendor, w http.ResponseWriter, r *http.Request) {
	cookie := func(name string) string {
		if c, err := r.Cookie(name); err == nil {
			return c.Value
		}
		return ""
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	form := `<form method="post"><input type="hidden" name="csrf" value="a&#43;b/c=&amp;d"></form>`
	switch {
	case r.Method == "GET" && r.URL.Path == "/login":
		http.SetCookie(w, &http.Cookie{Name: "SESSION", Value: "visitor-session"})
		reply(w, 200, "%s", form)
	case r.URL.Path == "/login":
		v.logins.Add(1)
		if cookie("SESSION") != "visitor-session" || r.FormValue("csrf") != "a+b/c=&d" {
			reply(w, 403, "no session")
			return
		}
		if r.FormValue("username") != "ops@example.com" || r.FormValue("password") != password {
			reply(w, 200, "<p>Wrong user name or password</p>%s", form)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "SESSION", Value: "user-session", MaxAge: 600})
		w.Header().Set("Location", "/")
		reply(w, 303, "")
	case r.URL.Path == "/logout":
		reply(w, 200, "bye")
	case cookie("SESSION") != "user-session":
		w.Header().Set("Location", "/login")
		reply(w, 302, "")
	default:
		reply(w, 200, "welcome")
	}
}

func basic(v *vendor, w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == "POST" && r.URL.Path == "/v1/session":
		v.logins.Add(1)
		user, given, _ := r.BasicAuth()
		if user != "ops@example.com" || given != password || r.URL.RawQuery != "" {
			reply(w, 401, `{"error": "unauthorized"}`)
			return
		}
		w.Header().Set("X-Auth-Token", "basic-token")
		reply(w, 201, "")
	case r.Method == "DELETE":
		reply(w, 204, "")
	default:
		granted(w, r.Header.Get("X-Auth-Token") == "basic-token")
	}
}

func soap(v *vendor, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/services/session" {
		granted(w, r.URL.Query().Get("session") == "soap-session")
		return
	}
	v.logins.Add(1)
	body, _ := io.ReadAll(r.Body)
	want := `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><login><user>ops@example.com</user>` +
		`<password type="plain">` + password + `</password></login></soap:Body></soap:Envelope>`
	envelope := `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>`
	w.Header().Set("Content-Type", "text/xml")
	if !strings.HasSuffix(string(body), want) || r.Header.Get("SOAPAction") != "login" || r.Header.Get("Content-Type") != "text/xml" {
		reply(w, 200, envelope, "<s:Fault><faultcode>INVALID_LOGIN</faultcode><faultstring>no</faultstring></s:Fault>")
		return
	}
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	reply(w, 200, envelope, `<loginResponse><session id="soap-session"/><validUntil>`+until+`</validUntil><userId>42</userId></loginResponse>`)
}

func region(v *vendor, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Api-Key") != "example-api-key" {
		reply(w, 400, `{"error": "invalid_request"}`)
		return
	}
	if r.URL.Path != "/oauth/token" {
		granted(w, r.Header.Get("Authorization") == "Bearer region-token")
		return
	}
	v.logins.Add(1)
	if r.FormValue("client_id") != "ops@example.com" || r.FormValue("client_secret") != password {
		reply(w, 400, `{"error": "invalid_client"}`)
		return
	}
	reply(w, 200, `{"access_token": "region-token", "token_type": "bearer", "expires_in": 3600, "instance_url": %q}`, v.URL)
}

func mailcode(v *vendor, w http.ResponseWriter, r *http.Request) {
	var in struct{ Email, Password, Challenge, Code string }
	if r.Method == "POST" && json.NewDecoder(r.Body).Decode(&in) != nil {
		reply(w, 400, `{"error": "no JSON"}`)
		return
	}
	switch r.URL.Path {
	case "/auth":
		v.logins.Add(1)
		if in.Email != "ops@example.com" || in.Password != password {
			reply(w, 400, `{"error": "wrong_password"}`)
			return
		}
		reply(w, 200, `{"challenge": {"id": "example-challenge"}}`)
	case "/auth/code/resend":
		v.resent.Add(1)
		reply(w, 204, "")
	case "/auth/code":
		if in.Challenge != "example-challenge" || in.Code != "004217" || v.resent.Load() == 0 {
			reply(w, 400, `{"error": "wrong_code"}`)
			return
		}
		reply(w, 200, `{"token": "mail-token", "expiresInMs": 3600000}`)
	default:
		granted(w, r.Header.Get("Authorization") == "Bearer mail-token")
	}
}

func assertion(v *vendor, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/token" {
		granted(w, r.Header.Get("Authorization") == "Bearer assertion-token")
		return
	}
	v.logins.Add(1)
	claims := jwt.MapClaims{}
	token, err := jwt.ParseWithClaims(r.FormValue("assertion"), claims, func(*jwt.Token) (any, error) { return &v.key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithAudience(v.URL+"/token"), jwt.WithIssuer("ops@example.com"),
		jwt.WithExpirationRequired())
	if err != nil || token.Header["kid"] != "example-key" || claims["jti"] == "" {
		reply(w, 400, `{"error": "invalid_grant"}`)
		return
	}
	reply(w, 200, `{"access_token": "assertion-token", "expires_in": 3600}`)
}

func newKey(t *testing.T) (*rsa.PrivateKey, string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
