package loginhttp

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// A witness tells whether a request can have been sent. What it sees comes from goroutines of the transport.
type witness struct {
	askedForConn atomic.Bool // a connection was asked for
	hadConn      atomic.Bool // and had
	readBody     atomic.Bool // at least a byte of the body was read

	body  io.ReadCloser // of the request; nil: not watched
	trace httptrace.ClientTrace
}

// watching is ctx for a request whose connections the witness sees.
func (w *witness) watching(ctx context.Context) context.Context {
	w.trace.GetConn = func(string) { w.askedForConn.Store(true) }
	w.trace.GotConn = func(httptrace.GotConnInfo) { w.hadConn.Store(true) }
	return httptrace.WithClientTrace(ctx, &w.trace)
}

// begin watches one request that goes to base, and forgets the one before.
func (w *witness) begin(base http.RoundTripper, req *http.Request) {
	w.askedForConn.Store(false)
	w.hadConn.Store(false)
	w.readBody.Store(false)
	_, tellsConns := base.(*http.Transport) // and sends a body of a type that it knows together with the header
	if req.ContentLength > 0 && !tellsConns {
		w.body, req.Body = req.Body, w
	}
}

// unsent reports whether the request was certainly not sent. Of a transport that asks for no connection, such as a mock, the
// body alone tells.
func (w *witness) unsent() bool {
	if w.hadConn.Load() || w.readBody.Load() {
		return false
	}
	return w.askedForConn.Load() || w.body != nil
}

// Read is that of the request's body.
func (w *witness) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	if n > 0 {
		w.readBody.Store(true)
	}
	return n, err
}

// Close is that of the request's body.
func (w *witness) Close() error { return w.body.Close() }

// An emptyBody is the body of a request without one. It is not nil and not http.NoBody: with these, net/http itself repeats a GET on a
// connection that dies, and even a POST where HTTP/2 resets the stream. The price is that HTTP/1.1 sends a POST's in chunks: none.
type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }

func (emptyBody) Close() error { return nil }
