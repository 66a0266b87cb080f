package vendortest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// reply is a response, not yet written.
type reply struct {
	status int
	header http.Header
	body   []byte

	cut, drop bool
	stall     time.Duration
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

func (a reply) writeTo(w http.ResponseWriter, r *http.Request) {
	maps.Copy(w.Header(), a.header)
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		w.WriteHeader(a.status)
		return
	}
	sent, announced := a.body, len(a.body)
	if a.cut {
		sent, announced = a.body[:len(a.body)/2], max(len(a.body), 2)
	}
	w.Header().Set("Content-Length", strconv.Itoa(announced))
	w.WriteHeader(a.status)
	if a.stall > 0 {
		flush(w)
		if wait(r.Context(), a.stall) != nil {
			panic(http.ErrAbortHandler)
		}
	}
	_, _ = w.Write(sent)
	if a.cut {
		flush(w)
		panic(http.ErrAbortHandler)
	}
}

func flush(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush()
}

// wait pauses for d, or until ctx ends. It blocks durably in the sense of
// testing/synctest.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx) // nil until ctx ends
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
