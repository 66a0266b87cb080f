package loginhttp

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strings"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
)

// readBody reads a response's body to its end, decompresses it, and takes off a byte order mark.
func readBody(ctx context.Context, resp *http.Response) ([]byte, error) {
	body, err := readBounded(ctx, resp.Body, resp.ContentLength)
	if err != nil {
		return nil, err
	}
	body, err = decompress(ctx, resp.Header, body)
	return bytes.TrimPrefix(body, utf8BOM), err
}

// gzipStart is what gzip's data begin with, and no text.
var gzipStart = []byte{0x1f, 0x8b}

// decompress undoes gzip that net/http has left: where the caller's transport asks for encodings itself, the vendor compresses
// unasked, or the header that says so was lost on the way.
func decompress(ctx context.Context, h http.Header, body []byte) ([]byte, error) {
	coding := strings.ToLower(strings.TrimSpace(strings.Join(h.Values("Content-Encoding"), ",")))
	switch coding {
	case "", "identity", "gzip", "x-gzip":
	default:
		return nil, &codingError{coding}
	}
	if !bytes.HasPrefix(body, gzipStart) {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return readBounded(ctx, z, -1)
}

// A codingError names the content coding of a body that cannot be read for it.
type codingError struct{ coding string }

func (e *codingError) Error() string {
	if !httpheader.ValidName(e.coding) || len(e.coding) > maxCoding {
		return "the body has a content coding that is not undone"
	}
	return "the body has the content coding " + e.coding + ", which is not undone"
}

// maxCoding is longer than any coding's name that is in use.
const maxCoding = 20
