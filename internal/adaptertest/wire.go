// Package adaptertest is what the tests of all vendor packages need: a vendor that is mocked with httpmock, failures as a table,
// a search for secrets in whatever prints, and a login against a server of package vendortest.
package adaptertest

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A Wire is the transport to a mocked vendor. It remembers what it was sent. It is safe for concurrent use.
type Wire struct {
	*httpmock.MockTransport

	mu   sync.Mutex
	sent []Request
}

// A Request is what was sent. Header is without what a transport adds by itself.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        string
	At          time.Time
}

// NewWire is a vendor that responds to nothing yet.
func NewWire() *Wire { return &Wire{MockTransport: httpmock.NewMockTransport()} }

// Client calls the vendor.
func (w *Wire) Client() *http.Client { return &http.Client{Transport: w} }

// RoundTrip remembers r and has it answered.
func (w *Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	w.mu.Lock()
	w.sent = append(w.sent, Request{r.Method, r.URL.String(), r.Header.Clone(), string(body), time.Now()})
	w.mu.Unlock()
	return w.MockTransport.RoundTrip(r)
}

// Requests are those sent so far.
func (w *Wire) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Request(nil), w.sent...)
}

// On makes the vendor respond to a call with these, one after the other, and then with an error.
func (w *Wire) On(method, url string, all ...httpmock.Responder) {
	responder := all[0]
	for _, next := range all[1:] {
		responder = responder.Then(next)
	}
	w.RegisterResponder(method, url, responder)
}

// Reply is a response of JSON. A body that ends in ".json" is that file of testdata. The rest are headers: a name, a value.
func Reply(status int, body string, headers ...string) httpmock.Responder {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Content-Type" {
			h.Del(headers[i])
		}
		h.Add(headers[i], headers[i+1])
	}
	return httpmock.NewStringResponder(status, Body(body)).HeaderSet(h)
}

// Body is s, or the file of testdata that it names by ending in ".json".
func Body(s string) string {
	if !strings.HasSuffix(s, ".json") || strings.ContainsAny(s, "{ ") {
		return s
	}
	data, err := os.ReadFile(filepath.Join("testdata", s))
	if err != nil {
		panic(fmt.Sprint("adaptertest: ", err))
	}
	return string(data)
}

// EachFile calls add with each file of testdata.
func EachFile(f *testing.F, add func(body string)) {
	f.Helper()
	names, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, names)
	for _, name := range names {
		add(Body(filepath.Base(name)))
	}
}

// AssertSent checks a request to the last header, those that every request has apart.
func AssertSent(t testing.TB, got Request, method, url string, header http.Header, body string) {
	t.Helper()
	got.Header = got.Header.Clone()
	assert.Contains(t, []string{"", "application/json"}, got.Header.Get("Accept"))
	if header.Get("Accept") == "" {
		got.Header.Del("Accept")
	}
	got.Header.Del("User-Agent")
	assert.Equal(t, Request{method, url, header, body, got.At}, got)
}
