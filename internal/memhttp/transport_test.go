package memhttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vendorlogin/vendorlogin/internal/memhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bothWays calls a handler over a socket and in memory: a client must not see a difference.
func bothWays(t *testing.T, h http.HandlerFunc, check func(t *testing.T, c *http.Client, url string)) {
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		srv := httptest.NewUnstartedServer(h)
		srv.Config.ErrorLog = nil
		srv.Start()
		t.Cleanup(srv.Close)
		check(t, srv.Client(), srv.URL)
	})
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		check(t, inMemory(h), "http://vendor.example")
	})
}

func inMemory(h http.HandlerFunc) *http.Client {
	return &http.Client{Transport: &memhttp.Transport{Handler: h}}
}

func get(t *testing.T, c *http.Client, method, url string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestResponse(t *testing.T) {
	t.Parallel()
	packed := func() string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, "unpacked")
		_ = w.Close()
		return b.String()
	}()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		method  string
		status  int
		body    string
		length  int64
		header  map[string]string
		err     error
	}{
		"nothing": {func(http.ResponseWriter, *http.Request) {}, "GET", 200, "", 0, nil, nil},
		"a body": {
			write(0, "hello"), "GET", 200, "hello", 5, map[string]string{"Content-Type": "text/plain; charset=utf-8", "Content-Length": "5"}, nil,
		},
		"a status":    {write(404, "no"), "POST", 404, "no", 2, nil, nil},
		"no content":  {write(204, "x"), "GET", 204, "", 0, nil, nil},
		"head":        {write(0, "hello"), "HEAD", 200, "", -1, nil, nil},
		"flushed":     {flushed("one", "two"), "GET", 200, "onetwo", -1, nil, nil},
		"gzip":        {coded(packed), "GET", 200, "unpacked", -1, map[string]string{"Content-Encoding": "", "Content-Length": ""}, nil},
		"broken gzip": {coded("no gzip, but long enough"), "GET", 200, "", -1, nil, gzip.ErrHeader},
		"broken off":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "POST", 0, "", 0, nil, io.EOF},
		"cut":         {cut("he"), "GET", 200, "he", 5, nil, io.ErrUnexpectedEOF},
		"a second status": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(201)
		}, "GET", 201, "", 0, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bothWays(t, c.handler, func(t *testing.T, client *http.Client, url string) {
				resp, body, err := get(t, client, c.method, url)
				if c.err != nil {
					assert.ErrorIs(t, err, c.err)
				} else {
					require.NoError(t, err)
				}
				if resp == nil {
					return
				}
				assert.Equal(t, c.status, resp.StatusCode)
				assert.Equal(t, c.body, body)
				if c.method != "HEAD" {
					assert.Equal(t, c.length, resp.ContentLength)
				}
				for name, want := range c.header {
					assert.Equal(t, want, resp.Header.Get(name), name)
				}
				assert.NotEmpty(t, resp.Header.Get("Date"))
			})
		})
	}
}

func write(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if status != 0 {
			w.WriteHeader(status)
		}
		_, _ = io.WriteString(w, body)
	}
}

func flushed(parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, part := range parts {
			_, _ = io.WriteString(w, part)
			_ = http.NewResponseController(w).Flush()
		}
	}
}

func coded(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, body)
	}
}

// cut announces five bytes and breaks off.
func cut(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		flushed(body)(w, r)
		panic(http.ErrAbortHandler)
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintln(
			w, r.Method, r.URL, r.RequestURI, r.Proto, r.Header.Get("User-Agent"), r.Header.Get("Accept-Encoding"), r.ContentLength, string(body),
		)
	}
	bothWays(t, handler, func(t *testing.T, c *http.Client, url string) {
		resp, err := c.Post(url+"/a%2Fb?x=1", "text/plain", strings.NewReader("hello"))
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, "POST /a%2Fb?x=1 /a%2Fb?x=1 HTTP/1.1 Go-http-client/1.1 gzip 5 hello\n", string(body))

		resp, err = c.Post(url, "text/plain", io.MultiReader(strings.NewReader("hello")))
		require.NoError(t, err)
		defer resp.Body.Close()
		body, _ = io.ReadAll(resp.Body)
		assert.Contains(t, string(body), " -1 hello")
	})
}

// failing is a body that cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestBodyThatCannotBeRead(t *testing.T) {
	t.Parallel()
	handler := func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	want := errors.New("the caller's own")
	_, err := inMemory(handler).Post("http://vendor.example", "", failing{want}) //nolint:bodyclose // there is no response
	assert.ErrorIs(t, err, want)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	body := strings.NewReader("hello")
	var hooks []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GetConn: func(host string) { hooks = append(hooks, "get "+host) },
		GotConn: func(i httptrace.GotConnInfo) { hooks = append(hooks, "got "+i.Conn.LocalAddr().Network()) },
	})
	refuse := true
	c := &http.Client{Transport: &memhttp.Transport{
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		Refuse:  func(*http.Request) bool { return refuse },
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://vendor.example", body)
	require.NoError(t, err)
	_, err = c.Do(req) //nolint:bodyclose // there is no response
	op, ok := errors.AsType[*net.OpError](err)
	assert.True(t, ok && op.Op == "dial")
	assert.ErrorIs(t, err, memhttp.ErrRefused)
	assert.Equal(t, 5, body.Len(), "nothing of it is read")
	assert.Equal(t, []string{"get vendor.example"}, hooks)

	refuse = false
	resp, err := c.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []string{"get vendor.example", "get vendor.example", "got pipe"}, hooks)
}

func TestPanicIsTheCallers(t *testing.T) {
	t.Parallel()
	c := inMemory(func(http.ResponseWriter, *http.Request) { panic("the handler's") })
	assert.PanicsWithValue(t, "the handler's", func() { _, _, _ = get(t, c, "GET", "http://vendor.example") })

	c = inMemory(func(w http.ResponseWriter, r *http.Request) {
		flushed("begun")(w, r)
		panic("the handler's")
	})
	assert.PanicsWithValue(t, "the handler's", func() { _, _, _ = get(t, c, "GET", "http://vendor.example") })
}

func TestLeaving(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var left []error
		handler := func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/begun" {
				flushed("begun")(w, r)
			}
			<-r.Context().Done()
			left = append(left, r.Context().Err())
		}
		c := inMemory(handler)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://vendor.example", nil)
		_, err := c.Do(req) //nolint:bodyclose // there is no response
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		synctest.Wait()
		assert.Len(t, left, 1, "the handler is told")

		resp, err := c.Get("http://vendor.example/begun")
		require.NoError(t, err)
		part := make([]byte, 5)
		_, err = io.ReadFull(resp.Body, part)
		require.NoError(t, err)
		time.AfterFunc(time.Second, func() { _ = resp.Body.Close() })
		_, err = resp.Body.Read(part)
		assert.ErrorContains(t, err, "read on closed response body")
		synctest.Wait()
		assert.Len(t, left, 2)
	})
}
