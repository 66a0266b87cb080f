package vendortest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

func TestFaultResponses(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGcore, vendortest.Options{}, func(s session) {
		login := func() answer { return s.do("POST", "/iam/auth/jwt/login", gcoreBody("")) }
		s.srv.Inject(
			vendortest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}},
			vendortest.Fault{Body: `{"access":1}`},
			vendortest.Fault{Empty: true},
			vendortest.Fault{HTML: true, Status: 502},
			vendortest.Fault{HTML: true, Body: "<p>down</p>"},
			vendortest.Fault{Redirect: "https://example.com/x"},
			vendortest.Fault{Redirect: "/x", Status: 302},
			vendortest.Fault{Status: 202},
			vendortest.Fault{Header: http.Header{"date": {"Mon, 01 Jan 2001 00:00:00 GMT"}}},
		)
		a := login()
		a.is(s, 429, `{"detail":"Too Many Requests"}`)
		assert.Equal(s, "7", a.header.Get("Retry-After"))
		login().is(s, 200, `{"access":1}`)
		assert.Equal(s, "", login().body)
		a = login()
		assert.Equal(s, 502, a.status)
		assert.Contains(s, a.header.Get("Content-Type"), "text/html")
		assert.Contains(s, a.body, "<html>")
		assert.Equal(s, "<p>down</p>", login().body)
		a = login()
		assert.Equal(s, []any{307, "https://example.com/x"}, []any{a.status, a.header.Get("Location")})
		assert.Equal(s, 302, login().status)
		assert.Equal(s, 202, login().status)
		assert.Zero(s, s.srv.Counts().Logins)
		a = login()
		assert.Equal(s, "Mon, 01 Jan 2001 00:00:00 GMT", a.header.Get("Date"))
		assert.NotEmpty(s, a.field(s, "access"))
		login()
		assert.Equal(s, vendortest.Counts{Requests: 10, Logins: 2, Faulted: 9}, s.srv.Counts())
	})
}

func TestFaultsMeetWhatTheyAreMeantFor(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGMICloud, &vendortest.Options{Users: []vendortest.User{
		{Email: email, Password: password}, {Email: "two@example.com", Password: "p", EmailCode: true}}})
	s.srv.Inject(
		vendortest.Fault{Op: "refresh", Status: 500},
		vendortest.Fault{Op: "otp", Status: 501},
		vendortest.Fault{Op: "resend", Status: 502},
		vendortest.Fault{Op: "api", Status: 503, Times: -1},
		vendortest.Fault{Path: "/me/sessions", Status: 504, Times: 2},
	)
	first := s.gmiFirst()
	assert.Equal(t, 504, s.gmiSession(first, "").status)
	assert.Equal(t, 500, s.gmiRefresh("x", gmiDevice...).status)
	assert.Equal(t, 501, s.gmiSession(first, `,"otpCode":"1"`).status)
	assert.Equal(t, 504, s.gmiRefresh("x", gmiDevice...).status)
	assert.Equal(t, 201, s.gmiSession(first, "").status)
	assert.Equal(t, 502, s.do("POST", "/me/2fa-verification-code", `{"authToken":"x"}`).status)
	for range 3 {
		assert.Equal(t, 503, s.do("GET", s.srv.APIURL(), "").status)
	}
	s.srv.ClearFaults()
	assert.Equal(t, 401, s.do("GET", s.srv.APIURL(), "", gmiDevice...).status)

	g := inMemory(t, vendortest.NewGcore, nil)
	g.srv.Inject(vendortest.Fault{Op: "select", Status: 500}, vendortest.Fault{Path: "/iam/auth", Status: 501})
	assert.Equal(t, 501, g.do("POST", "/iam/auth/jwt/login", gcoreBody("")).status)
	assert.Equal(t, 500, g.do("GET", "/iam/auth/jwt/clients/2/login", "").status)

	b := inMemory(t, vendortest.NewGenericLogin, nil)
	b.srv.Inject(vendortest.Fault{Op: "logout", Status: 500}, vendortest.Fault{Op: "otp", Status: 501})
	b.genericLogin("")
	assert.Equal(t, 501, b.genericSecond("x", "").status)
	assert.Equal(t, 500, b.do("POST", "/v1/auth/logout", "{}").status)
}

func TestFaultAfterProcessing(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGcore, vendortest.Options{}, func(s session) {
		refresh := s.gcoreLogin().field(s, "refresh")
		s.srv.Inject(
			vendortest.Fault{Op: "refresh", Status: 502, AfterProcessing: true}, vendortest.Fault{Op: "login", Drop: true, AfterProcessing: true},
		)
		assert.Equal(s, 502, s.gcoreRefresh(refresh).status)
		assert.Equal(s, 401, s.gcoreRefresh(refresh).status, "it had rotated")
		_, err := s.try("POST", "/iam/auth/jwt/login", `{"username":"ops@example.com","password":"x"}`)
		assert.ErrorIs(s, err, io.EOF)
		c := s.srv.Counts()
		assert.Equal(s, []int{1, 1, 1}, []int{c.Refreshes, c.RefreshReused, c.WrongPasswords})
	})
}

func TestFaultCut(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGcore, vendortest.Options{}, func(s session) {
		s.srv.Inject(
			vendortest.Fault{Cut: true},
			vendortest.Fault{Cut: true, AfterProcessing: true},
			vendortest.Fault{Cut: true, Body: "0123456789"},
			vendortest.Fault{Cut: true, Empty: true},
			vendortest.Fault{Drop: true},
		)
		login := func() (answer, error) { return s.try("POST", "/iam/auth/jwt/login", gcoreBody("")) }
		a, err := login()
		assert.ErrorIs(s, err, io.ErrUnexpectedEOF)
		assert.Equal(s, 200, a.status)
		assert.Zero(s, s.srv.Counts().Logins)
		a, err = login()
		assert.ErrorIs(s, err, io.ErrUnexpectedEOF)
		assert.True(s, strings.HasPrefix(a.body, `{"refresh":"`), "the real answer")
		assert.Equal(s, 1, s.srv.Counts().Logins)
		a, err = login()
		assert.ErrorIs(s, err, io.ErrUnexpectedEOF)
		assert.Equal(s, "01234", a.body)
		_, err = login()
		assert.ErrorIs(s, err, io.ErrUnexpectedEOF)
		_, err = login()
		assert.ErrorIs(s, err, io.EOF)
		assert.Equal(s, 1, s.srv.Counts().Logins)
	})
}

func TestFaultRefuse(t *testing.T) {
	t.Parallel()
	s := inMemory(t, vendortest.NewGcore, nil)
	s.srv.Inject(vendortest.Fault{Refuse: true})
	_, err := s.try("POST", "/iam/auth/jwt/login", gcoreBody(""))
	op, ok := errors.AsType[*net.OpError](err)
	assert.True(t, ok && op.Op == "dial")
	assert.Equal(t, vendortest.Counts{Faulted: 1}, s.srv.Counts())
	s.gcoreLogin()
}

func TestFaultGzip(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGcore, vendortest.Options{}, func(s session) {
		var packed bytes.Buffer
		zw := gzip.NewWriter(&packed)
		_, _ = fmt.Fprint(zw, strings.Repeat("x", 1<<20))
		_ = zw.Close()
		gz := vendortest.Fault{Body: packed.String(), Header: http.Header{"Content-Encoding": {"gzip"}}, Times: 3}
		s.srv.Inject(gz, vendortest.Fault{Body: "this is no gzip", Header: gz.Header})
		login := func(header ...string) (answer, error) {
			return s.try("POST", "/iam/auth/jwt/login", gcoreBody(""), header...)
		}
		a, err := login()
		require.NoError(s, err)
		assert.Len(s, a.body, 1<<20)
		assert.Empty(s, a.header.Get("Content-Encoding"))
		a, _ = login("Accept-Encoding", "gzip")
		assert.Len(s, a.body, packed.Len(), "whoever asks unpacks")
		a, _ = login("Range", "bytes=0-")
		assert.Len(s, a.body, packed.Len())
		_, err = login()
		assert.ErrorIs(s, err, gzip.ErrHeader)
	})
}

func TestFaultDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, nil)
		s.srv.Inject(vendortest.Fault{Delay: 20 * time.Second}, vendortest.Fault{Delay: time.Second, Status: 500})
		start := time.Now()
		a := s.gcoreLogin()
		assert.Equal(t, 20*time.Second, time.Since(start))
		_, in := claims(t, a.field(t, "access"))
		assert.EqualValues(t, time.Now().Add(time.Hour).Unix(), in["exp"], "the server acted after the delay")
		assert.Equal(t, 500, s.do("POST", "/iam/auth/jwt/login", gcoreBody("")).status)
		assert.Equal(t, 21*time.Second, time.Since(start))
	})
}

func TestClientsThatDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, nil)
		s.client.Timeout = 3 * time.Second
		for _, f := range []vendortest.Fault{
			{Delay: time.Hour},
			{Delay: time.Hour, AfterProcessing: true},
			{Delay: time.Hour, Status: 500},
			{Stall: time.Hour},
		} {
			s.srv.Inject(f)
			start := time.Now()
			_, err := s.try("POST", "/iam/auth/jwt/login", gcoreBody(""))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 3*time.Second, time.Since(start))
		}
		assert.Equal(t, 2, s.srv.Counts().Logins, "after processing, and stalled")
	})
}

func TestStalledBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGcore, nil)
		s.srv.Inject(vendortest.Fault{Stall: time.Minute, Times: 2})
		start := time.Now()
		post := func() *http.Response {
			resp, err := s.client.Post(s.srv.URL+"/iam/auth/jwt/login", "application/json", strings.NewReader(gcoreBody("")))
			require.NoError(t, err)
			return resp
		}
		resp := post()
		defer resp.Body.Close()
		assert.Zero(t, time.Since(start), "the header comes at once")
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Contains(t, string(body), "access")
		assert.Equal(t, time.Minute, time.Since(start))

		resp = post()
		time.AfterFunc(time.Second, func() { _ = resp.Body.Close() })
		_, err = io.ReadAll(resp.Body)
		assert.ErrorContains(t, err, "read on closed response body", "Close ends a Read")
		assert.Equal(t, time.Minute+time.Second, time.Since(start))
	})
}

// A server made outside a bubble must not stop the bubble's clock either.
func TestServerFromOutsideTheBubble(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewGcore(nil)
	srv.Inject(vendortest.Fault{Delay: time.Hour})
	synctest.Test(t, func(t *testing.T) {
		session{t, srv, srv.Client()}.gcoreLogin()
	})
}

func TestCloseEndsDelaysOverASocket(t *testing.T) {
	t.Parallel()
	oversized := strings.Repeat(" ", 16<<20+100) // the server does not read to its end, and so does not notice a client that leaves
	for body, f := range map[string]vendortest.Fault{"{}": {Delay: time.Hour}, "[]": {Stall: time.Hour}, oversized: {Delay: time.Hour}} {
		srv := vendortest.NewGcore(nil).Start()
		srv.Inject(f)
		s := session{t, srv, socketClient(t)}
		done := make(chan error, 1)
		go func() {
			_, err := s.try("POST", "/iam/auth/jwt/login", body)
			done <- err
		}()
		require.Eventually(t, func() bool { return srv.Counts().Faulted == 1 }, 10*time.Second, time.Millisecond)
		srv.Close()
		assert.Error(t, <-done)
	}
}

func TestClientLeavingEndsDelayOverASocket(t *testing.T) {
	t.Parallel()
	srv := vendortest.NewGcore(nil).Start()
	defer srv.Close()
	srv.Inject(vendortest.Fault{Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "POST", srv.URL+"/iam/auth/jwt/login", strings.NewReader(gcoreBody("")))
	client, done := socketClient(t), make(chan error, 1)
	go func() {
		_, err := client.Do(req)
		done <- err
	}()
	require.Eventually(t, func() bool { return srv.Counts().Faulted == 1 }, 10*time.Second, time.Millisecond)
	cancel()
	assert.ErrorIs(t, <-done, context.Canceled)
	assert.Zero(t, srv.Counts().Logins)
}
