package loginhttp_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// countingTrace is a trace that sets every hook, and counts their calls.
func countingTrace(calls *atomic.Int64) *httptrace.ClientTrace {
	count := func() { calls.Add(1) }
	return &httptrace.ClientTrace{
		GetConn:              func(string) { count() },
		GotConn:              func(httptrace.GotConnInfo) { count() },
		PutIdleConn:          func(error) { count() },
		GotFirstResponseByte: count,
		Got100Continue:       count,
		Got1xxResponse:       func(int, textproto.MIMEHeader) error { count(); return nil },
		DNSStart:             func(httptrace.DNSStartInfo) { count() },
		DNSDone:              func(httptrace.DNSDoneInfo) { count() },
		ConnectStart:         func(string, string) { count() },
		ConnectDone:          func(string, string, error) { count() },
		TLSHandshakeStart:    count,
		TLSHandshakeDone:     func(tls.ConnectionState, error) { count() },
		WroteHeaderField:     func(string, []string) { count() },
		WroteHeaders:         count,
		Wait100Continue:      count,
		WroteRequest:         func(httptrace.WroteRequestInfo) { count() },
	}
}

// A caller's trace would see the credentials, and be called when the caller has gone.
func TestTheCallersTraceSeesNothing(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	trace := countingTrace(&calls)
	hooks := reflect.ValueOf(trace).Elem()
	for i := range hooks.NumField() {
		require.False(t, hooks.Field(i).IsNil(), "the test is to set %s", hooks.Type().Field(i).Name)
	}
	srv, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) })
	e := on(t, "http://localhost"+srv.URL[len("http://127.0.0.1"):]) // a name, so that it is looked up
	ctx := httptrace.WithClientTrace(t.Context(), trace)

	_, err := e.Do(ctx, secretCall(), nil)
	require.NoError(t, err)
	assert.Zero(t, calls.Load())

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
	require.NoError(t, err)
	resp, err := e.HTTPClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Positive(t, calls.Load(), "the trace is seen elsewhere")
}

type contextKey struct{}

// What else a ctx has goes down to the transport: spans, deadlines, ends.
func TestTheRestOfACtxIsThere(t *testing.T) {
	t.Parallel()
	v := responding(200, `{}`)
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), contextKey{}, "value"), time.Second)
	defer cancel()
	_, err := endpoint(v).Do(ctx, login(), nil)
	require.NoError(t, err)
	sent := v.requests[0].Context()
	assert.Equal(t, "value", sent.Value(contextKey{}))
	assert.Nil(t, sent.Value(nil))
	want, _ := ctx.Deadline()
	got, _ := sent.Deadline()
	assert.Equal(t, want, got)
}
