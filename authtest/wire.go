package authtest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/memhttp"
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
	recode     func(h http.Header, body []byte) []byte
	read       int // bytes of all response bodies
	idleClosed bool
}

// sent is a request as it was sent. One whose connection was refused has no body.
type sent struct {
	method, url string
	header      http.Header
	body        string
	at          time.Time
}

func (s sent) String() string { return s.method + " " + s.url + "\n" + s.body }

// A fault responds to a request instead of the handler. Its zero value leaves that to the handler.
type fault struct {
	refused bool // nobody listens
	// serve is a handler. Its error breaks the connection.
	serve func(w http.ResponseWriter, r *http.Request, s sent) error
}

// clear forgets the requests so far, and mends the wire.
func (w *wire) clear() { w.breakAfter(0, fault{}) }

// breakAfter lets so many requests pass; f responds to the later ones.
func (w *wire) breakAfter(requests int, f fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent, w.read = nil, 0
	w.fault, w.after = f, requests
}

func (w *wire) requests() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sent(nil), w.sent...)
}

// errReset is a stream that an HTTP/2 server has reset.
var errReset = errors.New("http2: the stream was reset")

// RoundTrip does what a transport does, as far as a client can see it. That includes what net/http does with a request that it can
// send again: where the stream is reset it does so, without asking.
func (w *wire) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	const most = 10 // of net/http it may be 6, or thousands
	for range most {
		resp, err = w.send(r)
		if r = repeated(r, err); r == nil {
			break
		}
	}
	return resp, err
}

// repeated is what net/http sends when r has ended in err; nil: nothing.
func repeated(r *http.Request, err error) *http.Request {
	bodyless := r.Body == nil || r.Body == http.NoBody
	if !errors.Is(err, errReset) || !bodyless && r.GetBody == nil {
		return nil
	}
	again := r.Clone(r.Context())
	if bodyless {
		return again
	}
	body, err := r.GetBody()
	if err != nil {
		return nil
	}
	again.Body = body
	return again
}

func (w *wire) send(r *http.Request) (*http.Response, error) {
	x := exchange{wire: w, request: r}
	resp, err := x.roundTrip()
	switch {
	case errors.Is(err, io.EOF) && x.broken != nil:
		return nil, x.broken
	case err != nil:
		return nil, err
	}
	if x.right && w.onReply != nil {
		w.onReply(resp)
	}
	if x.right && w.recode != nil {
		body, _ := io.ReadAll(resp.Body)
		if len(body) > 0 {
			body = w.recode(resp.Header, body)
		}
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	resp.Body = countedBody{resp.Body, w}
	return resp, nil
}

func (w *wire) take(r *http.Request, body string) (sent, fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := sent{method: r.Method, url: r.URL.String(), header: r.Header.Clone(), body: body, at: time.Now()}
	w.sent = append(w.sent, s)
	return s, w.next(0)
}

// next is the fault of the request that comes after those so far and as many more.
func (w *wire) next(more int) fault {
	if len(w.sent)+more > w.after {
		return w.fault
	}
	return fault{}
}

// An exchange is one request on its way. Its handler runs in a goroutine of its own; what that writes is read when it has ended.
type exchange struct {
	wire    *wire
	request *http.Request
	right   bool  // the handler has responded, not a fault
	broken  error // how the connection broke
}

func (x *exchange) roundTrip() (*http.Response, error) {
	inner := memhttp.Transport{Handler: http.HandlerFunc(x.serve), Refuse: x.refused}
	return inner.RoundTrip(x.request)
}

func (x *exchange) refused(r *http.Request) bool {
	x.wire.mu.Lock()
	refused := x.wire.next(1).refused
	x.wire.mu.Unlock()
	if refused {
		x.wire.take(r, "")
	}
	return refused
}

func (x *exchange) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s, f := x.wire.take(x.request, string(body))
	time.Sleep(x.wire.delay)
	if f.serve == nil {
		x.right = true
		r.Body = io.NopCloser(strings.NewReader(s.body))
		x.wire.handler.ServeHTTP(w, r)
		return
	}
	if x.broken = f.serve(w, r, s); x.broken != nil {
		panic(http.ErrAbortHandler)
	}
}

// A countedBody counts what is read of it.
type countedBody struct {
	io.ReadCloser
	w *wire
}

func (b countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	b.w.read += n
	return n, err
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
	return &transport{w.RoundTrip, func() { // somebody closes a pool that is not theirs
		w.mu.Lock()
		defer w.mu.Unlock()
		w.idleClosed = true
	}}
}
