package vendortest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Client calls the server in memory: no socket, and no goroutine that outlives
// a call, so it works inside a testing/synctest bubble. It reaches URL's host
// and the vendor's documented one (https://api.gcore.com), so that a Config
// without a BaseURL works with it; every other host refuses the connection.
// Contexts and the client's Timeout are honoured, also while a fault delays.
// Each call makes a client of its own: change it freely.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: memory{s}}
}

// memory is the RoundTripper behind Client. It does what http.Transport and
// http.Server do around a handler, as far as a client can see it.
type memory struct{ s *Server }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := m.send(r)
	if err != nil {
		return nil, err
	}
	in, unzip := m.arriving(r, body)
	a, err := m.s.answer(in, body)
	switch {
	case err != nil:
		return nil, err
	case a.refuse:
		return nil, refused(r)
	case a.drop:
		return nil, io.EOF
	}
	return a.response(r, unzip), nil
}

// send checks and reads the request as a transport would, and closes its body.
func (m memory) send(r *http.Request) ([]byte, error) {
	ctx := r.Context()
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if err := checkHeaders(r.Header); err != nil {
		return nil, err
	}
	if !m.reaches(r.URL) {
		return nil, refused(r)
	}
	return readAll(ctx, r)
}

func (m memory) reaches(u *url.URL) bool {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	if m.s.closed {
		return false
	}
	mine, err := url.Parse(m.s.URL)
	if err == nil && u.Host == mine.Host {
		return true
	}
	return u.Host == "127.0.0.1" || u.Scheme+"://"+strings.TrimSuffix(u.Host, ":443") == m.s.vendor.origin()
}

func refused(r *http.Request) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("%s is not this server: %w", r.URL.Host, syscall.ECONNREFUSED)}
}

func checkHeaders(h http.Header) error {
	for name, values := range h {
		for _, v := range values {
			if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				return fmt.Errorf("net/http: invalid header field value for %q", name)
			}
		}
	}
	return nil
}

// readAll reads the request's body, and leaves when ctx does: a body can be a
// pipe that nobody writes to any more.
func readAll(ctx context.Context, r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.GetBody != nil || ctx.Done() == nil { // a body in memory, or a caller who waits for ever
		return io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	}
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		done <- result{data, err}
	}()
	select {
	case got := <-done:
		return got.data, got.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// arriving is the request as a server sees it.
func (m memory) arriving(r *http.Request, body []byte) (in *http.Request, unzip bool) {
	in = r.Clone(r.Context())
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.GetBody = nil
	in.ContentLength = int64(len(body))
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Header == nil {
		in.Header = http.Header{}
	}
	if in.Header.Get("User-Agent") == "" {
		in.Header.Set("User-Agent", "Go-http-client/1.1")
	}
	if in.Header.Get("Accept-Encoding") == "" && in.Header.Get("Range") == "" && in.Method != http.MethodHead {
		in.Header.Set("Accept-Encoding", "gzip")
		unzip = true
	}
	return in, unzip
}

func (a reply) response(r *http.Request, unzip bool) *http.Response {
	resp := &http.Response{
		Status:     strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		StatusCode: a.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  a.header.Clone(),
		Body:    http.NoBody,
		Request: r,
	}
	if !bodyAllowed(a.status) {
		return resp
	}
	resp.ContentLength = int64(a.announced())
	resp.Header.Set("Content-Length", strconv.Itoa(a.announced()))
	if r.Method == http.MethodHead {
		return resp
	}
	body := &memoryBody{stall: a.stall, rest: a.sent(), cut: a.cut}
	body.ctx, body.close = context.WithCancelCause(r.Context())
	resp.Body = body
	if unzip && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		resp.Body = &gzipBody{memoryBody: body}
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
		resp.Uncompressed = true
	}
	return resp
}

// errReadClosed is worded as net/http's own.
var errReadClosed = errors.New("http: read on closed response body")

// memoryBody streams an answer: it may stall, be cut off, and is closed.
type memoryBody struct {
	ctx   context.Context // ends with the request's, or when the body is closed
	close context.CancelCauseFunc
	stall time.Duration
	rest  []byte
	cut   bool
}

func (b *memoryBody) Read(p []byte) (int, error) {
	if err := wait(b.ctx, b.stall); err != nil {
		return 0, err
	}
	b.stall = 0
	if len(b.rest) > 0 {
		n := copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	if b.cut {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}

func (b *memoryBody) Close() error {
	b.close(errReadClosed)
	return nil
}

// gzipBody unpacks on the fly, as http.Transport does unasked.
type gzipBody struct {
	*memoryBody
	zr *gzip.Reader
}

func (b *gzipBody) Read(p []byte) (int, error) {
	if b.zr == nil {
		zr, err := gzip.NewReader(b.memoryBody)
		if err != nil {
			return 0, err
		}
		b.zr = zr
	}
	return b.zr.Read(p)
}
