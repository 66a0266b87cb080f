// Package memhttp calls an http.Handler in memory. There is no socket, so it works inside testing/synctest, where a socket would stop
// the bubble's clock.
//
//	client := &http.Client{Transport: &memhttp.Transport{Handler: handler}}
package memhttp

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
)

// A Transport does what http.Transport and http.Server do around a handler, as far as client and handler can see it. A response comes
// when the handler flushes or returns. A handler that panics with http.ErrAbortHandler breaks the connection; any other panic is
// the caller's. It is safe for concurrent use.
//
// The handler runs in a goroutine of its own. Its context ends when the caller leaves or closes the response's body.
type Transport struct {
	Handler http.Handler

	// Refuse is asked before the body is read. True: nobody listens at that host, and the error is a *net.OpError of a dial. Nil:
	// every host is the handler's.
	Refuse func(*http.Request) bool
}

// RoundTrip calls the handler. The error is the end of r's context, what reading r's body gave, or io.EOF for a broken connection.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := &requestBody{inner: r.Body}
	if err := t.connect(r); err != nil {
		_ = sent.Close()
		return nil, err
	}
	ctx, leave := context.WithCancelCause(r.Context())
	w := newWriter(sent, r.Method == http.MethodHead)
	in, unzip := arriving(ctx, r, sent)
	go w.serve(t.Handler, in)
	select {
	case <-w.committed:
	case <-ctx.Done():
		_ = sent.Close()
		leave(nil)
		return nil, context.Cause(r.Context())
	}
	resp, err := response(w, r, &responseBody{w: w, ctx: ctx, leave: leave}, unzip)
	if err != nil {
		leave(err)
	}
	return resp, err
}

// connect checks what a transport checks before it sends, and calls the hooks of a connection.
func (t *Transport) connect(r *http.Request) error {
	if err := context.Cause(r.Context()); err != nil {
		return err
	}
	if err := checkHeaders(r.Header); err != nil {
		return err
	}
	trace := httptrace.ContextClientTrace(r.Context())
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	if t.Refuse != nil && t.Refuse(r) {
		return &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("nobody listens at %s: %w", r.URL.Host, ErrRefused)}
	}
	if trace != nil && trace.GotConn != nil {
		conn, _ := net.Pipe()
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
	return nil
}
