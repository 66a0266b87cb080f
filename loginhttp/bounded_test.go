package loginhttp_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestDoReadsBodiesOfUnknownOrWrongLength(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 4095, 4096, 4097, 100_000, 1<<20 - 20} {
		for _, length := range []int64{-1, 0, 1} {
			body := fmt.Sprintf(`{"access":%q}`, strings.Repeat("a", size))
			v := &vendor{respond: func(int, *http.Request) (*http.Response, error) {
				resp := reply(200, body)
				resp.ContentLength = length
				return resp, nil
			}}
			var out struct{ Access string }
			_, err := endpoint(v).Do(t.Context(), login(), &out)
			require.NoError(t, err)
			require.Len(t, out.Access, size)
		}
	}
}

// FuzzBody reads anything as the bytes of a body, in pieces, with any length announced.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"access":"a"}`), int64(14), uint8(3))
	f.Add([]byte(`{}`), int64(-1), uint8(1))
	f.Add([]byte("\ufeff{}"), int64(5), uint8(2))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xab\xae\x05\x00C\xbf\xa6\xa3\x02\x00\x00\x00"), int64(-1), uint8(9))
	f.Fuzz(func(t *testing.T, body []byte, length int64, piece uint8) {
		v := &vendor{respond: func(int, *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, ContentLength: length, Body: io.NopCloser(&pieces{body, int(piece) + 1})}, nil
		}}
		answer, err := endpoint(v).Do(t.Context(), login(), nil)
		if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
			require.LessOrEqual(t, len(answer.Body), 1<<20)
			return // compressed, or broken
		}
		require.NoError(t, err)
		require.Equal(t, strings.TrimPrefix(string(body), "\ufeff"), string(answer.Body))
	})
}

// pieces gives its bytes a few at a time.
type pieces struct {
	left []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[:min(p.size, len(p.left))])
	p.left = p.left[n:]
	return n, nil
}

func TestTooLargeBodies(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat(" ", 1<<20-1)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		err    string
	}{
		"gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 64 {
				_, _ = io.WriteString(z, huge)
			}
			_ = z.Close()
		}, "the body is larger than 1 MiB"},
		"one byte more, of known length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(1<<20+1))
			_, _ = io.WriteString(w, "{}"+huge)
		}, "the body is larger than 1 MiB"},
		"one byte more, of unknown length": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "{")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "}"+huge)
		}, "the body is larger than 1 MiB"},
		"all that may be": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "{}"+huge[1:])
		}, ""},
		"all that may be, compressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, "{}"+huge[1:])
			_ = z.Close()
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, requests := serve(t, test.answer)
			_, err := on(t, srv.URL).Do(t.Context(), secretCall(), &struct{}{})
			assert.EqualValues(t, 1, requests.Load())
			if test.err == "" {
				require.NoError(t, err)
				return
			}
			assertKind(t, vendorlogin.ErrBadResponse, err)
			assert.EqualError(t, failure(t, err).Err, test.err)
		})
	}
}

// A Content-Length is a claim: nothing is made ready for a larger one than is read.
func TestLengthThatIsALie(t *testing.T) {
	t.Parallel()
	v := &vendor{respond: func(int, *http.Request) (*http.Response, error) {
		resp := reply(200, `{"access":"a"}`)
		resp.ContentLength = 1 << 50
		return resp, nil
	}}
	a, err := endpoint(v).Do(t.Context(), login(), nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"access":"a"}`, string(a.Body))
	assert.LessOrEqual(t, cap(a.Body), 1<<20+1)
}
