package loginhttp_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func zipped(t *testing.T, text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

// The byte order mark that some servers write before their JSON.
func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	var out struct{ Access string }
	answer, err := endpoint(responding(200, "\ufeff{\"access\":\"a\"}")).Do(t.Context(), login(), &out)
	require.NoError(t, err)
	assert.Equal(t, "a", out.Access)
	assert.Equal(t, `{"access":"a"}`, string(answer.Body))

	_, err = endpoint(responding(403, "\ufeff{\"message\":\"no\"}")).Do(t.Context(), login(), &out)
	assertKind(t, vendorlogin.ErrForbidden, err)

	out.Access = ""
	_, err = endpoint(responding(200, zipped(t, "\ufeff{\"access\":\"b\"}"))).Do(t.Context(), login(), &out)
	require.NoError(t, err)
	assert.Equal(t, "b", out.Access)
}

// Bodies that net/http left as they came.
func TestContentCodings(t *testing.T) {
	t.Parallel()
	const body = `{"access":"a"}`
	for name, test := range map[string]struct {
		header []string
		body   string
		err    string
	}{
		"gzip":                 {[]string{"Content-Encoding", "gzip"}, zipped(t, body), ""},
		"gzip, in capitals":    {[]string{"Content-Encoding", " GZIP "}, zipped(t, body), ""},
		"x-gzip":               {[]string{"Content-Encoding", "x-gzip"}, zipped(t, body), ""},
		"gzip unannounced":     {nil, zipped(t, body), ""},
		"identity":             {[]string{"Content-Encoding", "identity"}, body, ""},
		"announced, but plain": {[]string{"Content-Encoding", "gzip"}, body, ""},
		"br":                   {[]string{"Content-Encoding", "br"}, "\x0b\x06\x80", "the body has the content coding br, which is not undone"},
		"zstd":                 {[]string{"Content-Encoding", "zstd"}, body, "the body has the content coding zstd, which is not undone"},
		"two": {[]string{"Content-Encoding", "gzip", "Content-Encoding", "br"}, body,
			"the body has a content coding that is not undone"},
		"an echo": {[]string{"Content-Encoding", "example-password"}, body,
			"the body has the content coding [redacted], which is not undone"},
		"no coding": {[]string{"Content-Encoding", strings.Repeat("x", 99)}, body, "the body has a content coding that is not undone"},
		"like gzip": {nil, "\x1f" + body, "not JSON at byte 1 of 15"},
		"no gzip":   {nil, "\x1f\x8b" + body, "the body does not decompress"},
		"cut":       {[]string{"Content-Encoding", "gzip"}, zipped(t, body)[:20], "unexpected EOF"},
		"broken":    {nil, strings.TrimSuffix(zipped(t, body), "\x00") + "x", "the body does not decompress"},
		"a bomb":    {nil, zipped(t, strings.Repeat(" ", 1<<20)+body), "the body is larger than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out struct{ Access string }
			_, err := endpoint(responding(200, test.body, test.header...)).Do(t.Context(), login(), &out)
			if test.err == "" {
				require.NoError(t, err)
				assert.Equal(t, "a", out.Access)
				return
			}
			assertKind(t, vendorlogin.ErrBadResponse, err)
			assert.EqualError(t, failure(t, err).Err, test.err)
			assertHides(t, err, "example-password")

			_, err = endpoint(responding(400, test.body, test.header...)).Do(t.Context(), login(), nil)
			assertKind(t, vendorlogin.ErrUnavailable, err)
			_, err = endpoint(responding(401, test.body, test.header...)).Do(t.Context(), login(), nil)
			assertKind(t, vendorlogin.ErrInvalidCredentials, err)
		})
	}
}

// The caller's transport may ask for encodings itself; net/http then leaves the body to it.
func TestATransportThatAsksForEncodings(t *testing.T) {
	t.Parallel()
	body := zipped(t, `{"access":"a"}`)
	srv, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "gzip, br", r.Header.Get("Accept-Encoding"))
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, body)
	})
	e := on(t, srv.URL)
	below := e.HTTPClient.Transport
	asking := roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Accept-Encoding", "gzip, br")
		return below.RoundTrip(r)
	})
	var out struct{ Access string }
	_, err := withTransport(e, asking).Do(t.Context(), secretCall(), &out)
	require.NoError(t, err)
	assert.Equal(t, "a", out.Access)

}
