package memhttp

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A writer is the http.ResponseWriter of one request. What is written lies in it until the caller reads it.
type writer struct {
	sent      *requestBody
	head      bool          // a HEAD request: no body goes out
	header    http.Header   // the handler's
	committed chan struct{} // closed once status and header are fixed, or the handler broke off before
	more      chan struct{} // has an element when there is news for a reader

	mu       sync.Mutex
	status   int         // zero: not written yet
	fixed    http.Header // the header as it goes out; nil: not committed
	length   int64       // the Content-Length; -1: unknown
	data     []byte      // written and not yet read
	end      error       // how the body ends; nil: the handler goes on
	panicked any         // what the handler panicked with
}

func newWriter(sent *requestBody, head bool) *writer {
	return &writer{sent: sent, head: head, header: http.Header{}, committed: make(chan struct{}), more: make(chan struct{}, 1)}
}

// serve runs the handler to its end.
func (w *writer) serve(h http.Handler, r *http.Request) {
	end := io.ErrUnexpectedEOF // also after runtime.Goexit
	defer func() {
		p := recover()
		w.finish(end, p)
	}()
	h.ServeHTTP(w, r)
	end = io.EOF
}

func (w *writer) finish(end error, panicked any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if panicked == nil && end == io.EOF {
		w.commit(true)
	}
	if panicked != nil && panicked != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		w.panicked = panicked
	}
	w.end = end
	if w.fixed == nil {
		_ = w.sent.Close()
		close(w.committed)
	}
	w.wake()
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeStatus(status)
}

func (w *writer) writeStatus(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeStatus(http.StatusOK)
	switch {
	case !bodyAllowed(w.status):
		return 0, http.ErrBodyNotAllowed
	case w.head:
		return len(p), nil
	}
	w.data = append(w.data, p...)
	if w.fixed != nil {
		w.wake()
	}
	return len(p), nil
}

// Flush sends what there is: from then on status and header are fixed.
func (w *writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commit(false)
	w.wake()
}

// commit fixes status and header as http.Server does. whole: data is all that the body will be. It is called with mu held.
func (w *writer) commit(whole bool) {
	if w.fixed != nil {
		return
	}
	w.writeStatus(http.StatusOK)
	w.fixed, w.length = w.header.Clone(), -1
	if n, err := strconv.ParseInt(w.fixed.Get("Content-Length"), 10, 64); err == nil {
		w.length = n
	} else if whole && bodyAllowed(w.status) && !w.head {
		w.length = int64(len(w.data))
		w.fixed.Set("Content-Length", strconv.Itoa(len(w.data)))
	}
	if _, told := w.fixed["Content-Type"]; !told && len(w.data) > 0 {
		w.fixed.Set("Content-Type", http.DetectContentType(w.data))
	}
	if _, told := w.fixed["Date"]; !told {
		w.fixed.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	_ = w.sent.Close()
	close(w.committed)
}

func (w *writer) wake() {
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// start is how a response begins.
type start struct {
	status int
	header http.Header
	length int64
}

// begun is the response as far as it is committed, or why there is none.
func (w *writer) begun() (start, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.panicked != nil:
		panic(w.panicked)
	case w.fixed != nil:
		return start{w.status, w.fixed, w.length}, nil
	case w.sent.err != nil:
		return start{}, w.sent.err
	}
	return start{}, io.EOF
}

// read hands out what was written. ok is false where there is nothing yet.
func (w *writer) read(p []byte) (n int, ok bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case len(w.data) > 0:
		n = copy(p, w.data)
		w.data = w.data[n:]
		return n, true, nil
	case w.panicked != nil:
		panic(w.panicked)
	}
	return 0, w.end != nil, w.end
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
