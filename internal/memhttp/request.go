package memhttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

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

// arriving is the request as a server sees it. unzip: the caller did not ask for gzip, so that its transport undoes it.
func arriving(ctx context.Context, r *http.Request, body *requestBody) (in *http.Request, unzip bool) {
	in = r.Clone(ctx)
	in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery}
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.Body, in.GetBody = body, nil
	if in.ContentLength == 0 && r.Body != nil && r.Body != http.NoBody {
		in.ContentLength = -1
	}
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

// requestBody hands the caller's body to the handler. It remembers why reading failed, which is the caller's own error.
type requestBody struct {
	inner io.ReadCloser // nil: none
	err   error         // the handler's goroutine writes it
}

func (b *requestBody) Read(p []byte) (int, error) {
	if b.inner == nil {
		return 0, io.EOF
	}
	n, err := b.inner.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

func (b *requestBody) Close() error {
	if b.inner == nil {
		return nil
	}
	return b.inner.Close()
}
