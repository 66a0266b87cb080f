package authtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// A wire carries requests to a handler in memory, writes them down, and breaks when told to.
type wire struct {
	handler http.Handler
	onReply func(resp *http.Response) // sees what the handler responds with

	mu         sync.Mutex
	sent       []sent
	fault      fault
	after      int           // the fault is for the requests after so many
	delay      time.Duration // until each response
	idleClosed bool
}

// sent is a request as it was sent.
type sent struct {
	method, url string
	header      http.Header
	body        string
	at          time.Time
}

func (s sent) String() string { return s.method + " " + s.url + "\n" + s.body }

// clear forgets the requests so far, and mends the wire.
func (w *wire) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent, w.fault = nil, nil
}

// breakAfter lets so many requests pass; f responds to the later ones.
func (w *wire) breakAfter(requests int, f fault) {
	w.clear()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault, w.after = f, requests
}

func (w *wire) requests() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sent(nil), w.sent...)
}

// RoundTrip does what a transport does, as far as a client can see it.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		defer r.Body.Close()
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = data
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if err := validHeaders(r.Header); err != nil {
		return nil, err
	}
	s, f := w.take(r, string(body))
	if w.delay > 0 {
		time.Sleep(w.delay)
	}
	if f != nil {
		return f(r, s)
	}
	resp, err := w.serve(r, body)
	if err == nil && w.onReply != nil {
		w.onReply(resp)
	}
	return resp, err
}

// A transport is a wire as what is given away. Printed, it shows nothing: what the wire has written down is not for the search for
// secrets in what holds its transport.
type transport struct {
	roundTrip func(*http.Request) (*http.Response, error)
	closeIdle func()
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) { return t.roundTrip(r) }
func (t *transport) CloseIdleConnections()                             { t.closeIdle() }

func (w *wire) transport() http.RoundTripper {
	return &transport{w.RoundTrip, func() { // somebody closes a pool that is not his
		w.mu.Lock()
		defer w.mu.Unlock()
		w.idleClosed = true
	}}
}

func (w *wire) take(r *http.Request, body string) (sent, fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := sent{method: r.Method, url: r.URL.String(), header: r.Header.Clone(), body: body, at: time.Now()}
	w.sent = append(w.sent, s)
	if len(w.sent) > w.after {
		return s, w.fault
	}
	return s, nil
}

func (w *wire) serve(r *http.Request, body []byte) (resp *http.Response, err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler: // how a handler breaks the connection
			err = io.EOF
		default:
			panic(p)
		}
	}()
	in := r.Clone(r.Context())
	in.Body, in.GetBody = io.NopCloser(bytes.NewReader(body)), nil
	in.ContentLength = int64(len(body))
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, in)
	resp = recorder.Result()
	resp.Request = r
	return resp, nil
}

func validHeaders(h http.Header) error {
	for name, values := range h {
		for _, v := range values {
			if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				return fmt.Errorf("net/http: invalid header field value for %q", name)
			}
		}
	}
	return nil
}

// A fault responds to a request instead of the handler.
type fault func(r *http.Request, s sent) (*http.Response, error)
