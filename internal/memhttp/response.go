package memhttp

import (
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// response is what RoundTrip returns once there is something to return.
func response(w *writer, r *http.Request, body *responseBody, unzip bool) (*http.Response, error) {
	begun, err := w.begun()
	if err != nil {
		return nil, err
	}
	resp := &http.Response{
		Status:     strconv.Itoa(begun.status) + " " + http.StatusText(begun.status),
		StatusCode: begun.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        begun.header,
		Body:          body,
		ContentLength: begun.length,
		Request:       r,
	}
	if !bodyAllowed(begun.status) {
		resp.ContentLength = 0
	}
	if unzip && bodyAllowed(begun.status) && strings.EqualFold(begun.header.Get("Content-Encoding"), "gzip") {
		resp.Body = &gzipBody{responseBody: body}
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
		resp.Uncompressed = true
	}
	return resp, nil
}

// errReadClosed is worded as net/http's own.
var errReadClosed = errors.New("http: read on closed response body")

// responseBody streams what the handler writes.
type responseBody struct {
	w     *writer
	ctx   context.Context // ends with the request's, or when the body is closed
	leave context.CancelCauseFunc
}

func (b *responseBody) Read(p []byte) (int, error) {
	for {
		if b.ctx.Err() != nil {
			return 0, context.Cause(b.ctx)
		}
		if n, ok, err := b.w.read(p); ok {
			return n, err
		}
		select {
		case <-b.w.more:
		case <-b.ctx.Done():
		}
	}
}

func (b *responseBody) Close() error {
	b.leave(errReadClosed)
	return nil
}

// gzipBody unpacks on the fly, as http.Transport does where the caller did not ask for gzip.
type gzipBody struct {
	*responseBody
	zr *gzip.Reader
}

func (b *gzipBody) Read(p []byte) (int, error) {
	if b.zr == nil {
		zr, err := gzip.NewReader(b.responseBody)
		if err != nil {
			return 0, err
		}
		b.zr = zr
	}
	return b.zr.Read(p)
}
