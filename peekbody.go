package vendorlogin

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"slices"
	"strings"
)

// maxPeek bounds what PeekBody reads.
const maxPeek = 64 << 10

// PeekBody returns the start of resp's body, at most 64 KiB, and leaves all of it to be read by the caller. It is for a [Rejecter]
// whose vendor tells only in the body that a token is no longer good.
//
// It returns nil, and reads nothing, where reading could stall a stream: for status 101, event streams and encoded bodies. Below
// status 400 it reads only bodies whose length is known and at most 64 KiB, and JSON, XML and HTML that net/http has decompressed.
// PeekBody may be called again; the same response must not be given to two calls at once.
func PeekBody(resp *http.Response) []byte {
	if resp == nil || resp.Body == nil || !mayPeek(resp) {
		return nil
	}
	return peek(resp)
}

// peek reads the start of resp's body.
func peek(resp *http.Response) []byte {
	if p, ok := resp.Body.(*peekedBody); ok {
		return p.start
	}
	p := &peekedBody{ReadCloser: resp.Body}
	p.start, p.err = io.ReadAll(io.LimitReader(resp.Body, maxPeek))
	p.rest = *bytes.NewReader(p.start)
	resp.Body = p
	return p.start
}

func mayPeek(resp *http.Response) bool {
	kind, _, _ := strings.Cut(strings.ToLower(resp.Header.Get("Content-Type")), ";")
	kind = strings.TrimSpace(kind)
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols, resp.Header.Get("Content-Encoding") != "", kind == "text/event-stream":
		return false
	case resp.StatusCode >= 400:
		return true
	case resp.Uncompressed: // the length is unknown
		_, subtype, _ := strings.Cut(kind, "/")
		_, suffix, _ := strings.Cut(subtype, "+")
		return subtype != "stream+json" && slices.Contains([]string{"json", "xml", "html"}, cmp.Or(suffix, subtype))
	}
	return resp.ContentLength >= 0 && resp.ContentLength <= maxPeek
}

// A peekedBody is a body of which the start has been read. It reads as the body would have.
type peekedBody struct {
	io.ReadCloser
	start []byte
	rest  bytes.Reader // of start
	err   error        // what came behind start, unless it was the limit
}

func (p *peekedBody) Read(b []byte) (int, error) {
	switch {
	case p.rest.Len() > 0:
		return p.rest.Read(b)
	case p.err != nil:
		return 0, p.err
	}
	return p.ReadCloser.Read(b)
}
