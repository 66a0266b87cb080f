package vendorlogin_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestRefusedAnswerThatNeverEndsHoldsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endless, writer := io.Pipe()
		defer writer.Close()
		a := &api{accepts: 2}
		a.answer = func(req *http.Request) *http.Response {
			if req.Header.Get("Authorization") != "Bearer access-1" {
				return nil
			}
			return &http.Response{StatusCode: 401, Header: http.Header{}, Body: endless, ContentLength: -1}
		}
		begin := time.Now()
		status, _ := get(t, newTransportClient(t, &mint{}, nil).Transport(a), things)
		assert.Equal(t, 200, status)
		assert.Equal(t, 100*time.Millisecond, time.Since(begin))
	})
}

// A deafBody is one whose Close does not end a Read, as that of a wrapper that locks both.
type deafBody struct{ end chan struct{} }

func (b deafBody) Read([]byte) (int, error) {
	<-b.end
	return 0, io.EOF
}

func (deafBody) Close() error { return nil }

func TestRefusedAnswerThatCannotBeClosedHoldsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := deafBody{make(chan struct{})}
		a := &api{accepts: 2}
		a.answer = func(req *http.Request) *http.Response {
			if req.Header.Get("Authorization") != "Bearer access-1" {
				return nil
			}
			return &http.Response{StatusCode: 401, Header: http.Header{}, Body: body, ContentLength: -1}
		}
		begin := time.Now()
		time.AfterFunc(time.Hour, func() { close(body.end) })
		status, _ := get(t, newTransportClient(t, &mint{}, nil).Transport(a), things)
		assert.Equal(t, 200, status)
		assert.Equal(t, 200*time.Millisecond, time.Since(begin))
		<-body.end
	})
}

// Where the renewal fails, the first answer comes back whole if it ends soon, and else with an error behind what has come.
func TestRefusedAnswerOfUnknownLengthComesBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		took, total time.Duration // of the body, and of the call
		want        string
		err         error
	}{
		"soon":  {50 * time.Millisecond, 50 * time.Millisecond, "refused", nil},
		"never": {time.Hour, 100 * time.Millisecond, "refu", io.ErrClosedPipe},
	} {
		synctest.Test(t, func(t *testing.T) {
			body, writer := io.Pipe()
			a := &api{answer: func(*http.Request) *http.Response {
				return &http.Response{StatusCode: 401, Header: http.Header{}, Body: body, ContentLength: -1}
			}}
			m := &mint{}
			client := newTransportClient(t, m, nil)
			_, err := client.Token(t.Context())
			require.NoError(t, err)
			wrong := down()
			m.err.Store(&wrong)
			var writing sync.WaitGroup
			writing.Go(func() {
				_, _ = io.WriteString(writer, "refu")
				time.Sleep(c.took)
				_, _ = io.WriteString(writer, "sed")
				_ = writer.Close()
			})
			begin := time.Now()
			resp, err := client.Transport(a).RoundTrip(newRequest(t, things))
			require.NoError(t, err, name)
			assert.Equal(t, c.total, time.Since(begin), name)
			content, err := io.ReadAll(resp.Body)
			assert.Equal(t, c.want, string(content), name)
			assert.Equal(t, c.err, err, name)
			require.NoError(t, client.Close())
			writing.Wait()
		})
	}
}

func TestSmallRefusedAnswerIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	left := strings.NewReader("refused")
	a := &api{accepts: 2}
	a.answer = func(req *http.Request) *http.Response {
		if req.Header.Get("Authorization") != "Bearer access-1" {
			return nil
		}
		return &http.Response{StatusCode: 401, Header: http.Header{}, Body: io.NopCloser(left), ContentLength: 7}
	}
	status, _ := get(t, newTransportClient(t, &mint{}, nil).Transport(a), things)
	assert.Equal(t, 200, status)
	assert.Zero(t, left.Len())
}

// In a pool of one connection, a refused answer that is not read would keep the login waiting for ever.
func TestRefusedAnswerGivesItsConnectionToTheLogin(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") == "Bearer access-1" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, strings.Repeat("refused ", 1000))
		}
	}))
	defer server.Close()
	base := &http.Transport{MaxConnsPerHost: 1}
	defer base.CloseIdleConnections()
	login := &fake{life: time.Hour, on: func(ctx context.Context, _ string, _ int64) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, nil)
		if err != nil {
			return err
		}
		resp, err := base.RoundTrip(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}}
	c := newClient(t, login, &vendorlogin.Options{Origins: []string{server.URL}, LoginTimeout: 5 * time.Second})
	status, _ := get(t, c.Transport(base), server.URL)
	assert.Equal(t, 200, status)
	assert.EqualValues(t, 2, login.logins.Load())
}

func TestBodyThatFailsToComeAgainHandsBackTheFirstAnswer(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequest(http.MethodPost, things, strings.NewReader("body"))
	require.NoError(t, err)
	req.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("gone") }
	resp, err := newTransportClient(t, &mint{}, nil).Transport(&api{accepts: 2}).RoundTrip(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "answer to Bearer access-1", string(body))
}

// A body that panics does so where it is read by the caller's goroutine.
func TestRefusedAnswerThatPanics(t *testing.T) {
	t.Parallel()
	a := &api{accepts: 2}
	a.answer = func(req *http.Request) *http.Response {
		if req.Header.Get("Authorization") != "Bearer access-1" {
			return nil
		}
		body := io.NopCloser(readerFunc(func([]byte) (int, error) { panic("example") }))
		return &http.Response{StatusCode: 401, Header: http.Header{}, Body: body, ContentLength: -1}
	}
	rt := newTransportClient(t, &mint{}, nil).Transport(a)
	assert.PanicsWithValue(t, "example", func() { _, _ = rt.RoundTrip(newRequest(t, things)) })
}

func TestResponseWithoutABody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		v := &fake{life: time.Hour}
		c := newClient(t, v, nil)
		n := 0
		base := roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			n++
			if n == 1 {
				return &http.Response{StatusCode: 401, Header: http.Header{}}, nil
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}}, nil
		})
		plain, err := (&http.Client{Transport: base}).Get("https://api.example.com/x")
		require.NoError(t, err)
		plain.Body.Close()
		n = 0
		assert.NotPanics(t, func() {
			resp, err := (&http.Client{Transport: c.Transport(base)}).Get("https://api.example.com/x")
			require.NoError(t, err)
			resp.Body.Close()
			assert.Equal(t, 200, resp.StatusCode)
		})
	})
}

type loginOver struct {
	fake
	client *http.Client
	url    string
}

func (l *loginOver) Account() vendorlogin.Account {
	return vendorlogin.Account{Vendor: "fake", Endpoint: l.url, Principal: "x"}
}

func (l *loginOver) Login(ctx context.Context) (*vendorlogin.Token, error) {
	r, _ := http.NewRequestWithContext(ctx, "POST", l.url+"/login", strings.NewReader("x"))
	resp, err := l.client.Do(r)
	if err != nil {
		return nil, &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Err: err, Unprocessed: true}
	}
	resp.Body.Close()
	return l.fake.Login(ctx)
}

func TestEncodedRefusalGivesItsConnectionToTheLogin(t *testing.T) {
	for name, encoded := range map[string]bool{"plain": false, "gzip": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/login" {
					return
				}
				if n.Add(1) == 1 {
					if encoded {
						w.Header().Set("Content-Encoding", "gzip")
					}
					w.WriteHeader(401)
					w.Write([]byte("abc"))
					return
				}
			}))
			defer server.Close()
			base := &http.Transport{MaxConnsPerHost: 1}
			defer base.CloseIdleConnections()
			v := &loginOver{fake: fake{life: time.Hour}, client: &http.Client{Transport: base}, url: server.URL}
			c := newClient(t, v, &vendorlogin.Options{LoginTimeout: 3 * time.Second})
			mustToken(t, c)
			r, _ := http.NewRequest("GET", server.URL+"/x", nil)
			r.Header.Set("Accept-Encoding", "gzip")
			resp, err := (&http.Client{Transport: c.Transport(base)}).Do(r)
			require.NoError(t, err)
			resp.Body.Close()
			assert.Equal(t, 200, resp.StatusCode)
		})
	}
}
