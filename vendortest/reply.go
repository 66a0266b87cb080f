package vendortest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// reply is an answer, not yet written.
type reply struct {
	status int
	header http.Header
	body   []byte

	cut, drop, refuse bool
	stall             time.Duration
}

func jsonReply(status int, v any) reply {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("vendortest: " + err.Error()) // only values made here come here
	}
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   bytes.TrimSuffix(buf.Bytes(), []byte("\n")),
	}
}

func htmlReply(status int, body string) reply {
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		body:   []byte(cmp.Or(body, "<!doctype html>\n<html><head><title>Sign in</title></head><body><div id=\"app\"></div></body></html>\n")),
	}
}

// with adds a header.
func (a reply) with(name, value string) reply {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

// retryAfter adds the header in whole seconds, rounded up.
func (a reply) retryAfter(d time.Duration) reply {
	return a.with("Retry-After", strconv.FormatInt(wholeSeconds(d), 10))
}

func wholeSeconds(d time.Duration) int64 {
	return max(1, int64((d+time.Second-1)/time.Second))
}

// announced is the Content-Length: with a cut, more than what is sent.
func (a reply) announced() int {
	if a.cut {
		return max(len(a.body), 2)
	}
	return len(a.body)
}

// sent is what of the body leaves the server.
func (a reply) sent() []byte {
	if a.cut {
		return a.body[:len(a.body)/2]
	}
	return a.body
}

func (a reply) writeTo(w http.ResponseWriter, r *http.Request) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	hasBody := bodyAllowed(a.status)
	if hasBody {
		w.Header().Set("Content-Length", strconv.Itoa(a.announced()))
	}
	w.WriteHeader(a.status)
	if !hasBody {
		return
	}
	if a.stall > 0 {
		flush(w)
		if wait(r.Context(), a.stall) != nil {
			panic(http.ErrAbortHandler)
		}
	}
	_, _ = w.Write(a.sent())
	if a.cut {
		flush(w)
		panic(http.ErrAbortHandler)
	}
}

func flush(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush()
}

func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
