package vendorlogin_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestPeekBody(t *testing.T) {
	t.Parallel()
	type header = http.Header
	for name, c := range map[string]struct {
		status int
		length int64
		header header
		peeks  bool
	}{
		"401 of unknown length":     {401, -1, nil, true},
		"500":                       {500, 7, nil, true},
		"400 of unknown length":     {400, -1, nil, true},
		"200 of known length":       {200, 7, nil, true},
		"200 of unknown length":     {200, -1, nil, false},
		"200 that is long":          {200, 64<<10 + 1, nil, false},
		"switching protocols":       {101, 0, nil, false},
		"event stream":              {401, -1, header{"Content-Type": {"Text/Event-Stream; charset=utf-8"}}, false},
		"encoded":                   {401, 7, header{"Content-Encoding": {"gzip"}}, false},
		"200 of the longest length": {200, 64 << 10, nil, true},
	} {
		resp := &http.Response{
			StatusCode:    c.status,
			ContentLength: c.length,
			Header:        c.header,
			Body:          io.NopCloser(strings.NewReader("content")),
		}
		want := ""
		if c.peeks {
			want = "content"
		}
		assert.Equal(t, want, string(vendorlogin.PeekBody(resp)), name)
		assert.Equal(t, want, string(vendorlogin.PeekBody(resp)), "%s, again", name)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, "content", string(body), name)
	}
	for kind, peeks := range map[string]bool{
		"application/json": true, "Application/Problem+JSON; charset=utf-8": true, "text/xml": true, "application/soap+xml": true,
		"text/html; charset=utf-8": true, "application/json ; charset=utf-8": true,
		"application/x-ndjson": false, "application/stream+json": false, "application/octet-stream": false, "": false,
	} {
		resp := &http.Response{
			StatusCode: 200, ContentLength: -1, Uncompressed: true, Header: header{"Content-Type": {kind}},
			Body: io.NopCloser(strings.NewReader("content")),
		}
		assert.Equal(t, peeks, vendorlogin.PeekBody(resp) != nil, "decompressed %s", kind)
	}
	assert.Nil(t, vendorlogin.PeekBody(nil))
	assert.Nil(t, vendorlogin.PeekBody(&http.Response{StatusCode: 500}))

	long := strings.Repeat("0123456789", 10<<10)
	resp := &http.Response{StatusCode: 500, ContentLength: -1, Body: io.NopCloser(strings.NewReader(long))}
	assert.Len(t, vendorlogin.PeekBody(resp), 64<<10)
	first := make([]byte, 7)
	_, err := io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	assert.True(t, string(vendorlogin.PeekBody(resp)) == long[:64<<10], "its start stays its start")
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, long, string(first)+string(body))

	failures := make(chan error, 1)
	failures <- io.ErrUnexpectedEOF
	close(failures) // it fails once; who reads on would get no error
	broken := &http.Response{
		StatusCode: 500,
		Body: io.NopCloser(
			io.MultiReader(strings.NewReader("ab"), readerFunc(func([]byte) (int, error) { return 0, <-failures })),
		),
	}
	assert.Equal(t, "ab", string(vendorlogin.PeekBody(broken)))
	body, err = io.ReadAll(broken.Body)
	assert.Equal(t, "ab", string(body))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "what came behind it is not lost")
}
