package loginhttp_test

import (
	"compress/flate"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// wrapsNothing unwraps to nil.
type wrapsNothing struct{}

func (wrapsNothing) Error() string { return "wraps nothing" }
func (wrapsNothing) Unwrap() error { return nil }

// What a transport fails with, what the error keeps of it, and what errors.Is finds in it.
func TestTransportErrors(t *testing.T) {
	t.Parallel()
	custom := errors.New("custom")
	for name, test := range map[string]struct {
		err  error
		text string
		is   error
	}{
		"reset": {&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.EIO)},
			"read tcp: read: " + syscall.EIO.Error(), syscall.EIO},
		"wrapped": {fmt.Errorf("example-password: %w", &net.OpError{Op: "write", Net: "tcp", Err: syscall.EINVAL}),
			"write tcp: " + syscall.EINVAL.Error(), syscall.EINVAL},
		"op":        {&net.OpError{Op: "read", Net: "tcp", Err: errors.New("saw example-password")}, "read tcp: saw [redacted]", nil},
		"empty op":  {&net.OpError{Op: "read", Net: "tcp"}, "read tcp: unknown", nil},
		"empty URL": {&url.Error{Op: "Post", URL: "https://x/?p=example-password"}, "unknown", nil},
		"errno":     {syscall.EACCES, syscall.EACCES.Error(), syscall.EACCES},
		"EOF":       {fmt.Errorf("example-password: %w", io.EOF), "unexpected EOF", io.ErrUnexpectedEOF},
		"timeout":   {&url.Error{Op: "Post", URL: "https://x/?p=example-password", Err: timeoutError{}}, "i/o timeout", nil},
		"deadline":  {fmt.Errorf("own: %w", context.DeadlineExceeded), "own: context deadline exceeded", context.DeadlineExceeded},
		"cancelled": {context.Canceled, "context canceled", context.Canceled},
		"DNS":       {&net.DNSError{Err: "example-password", Name: "api.example.com"}, "lookup api.example.com: [redacted]", nil},
		"hostname": {fmt.Errorf("x: %w", x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"other.example.net"}},
			Host: "api.example.com"}), "x509: certificate is valid for other.example.net, not api.example.com", nil},
		"expired": {x509.CertificateInvalidError{Reason: x509.Expired}, "x509: certificate has expired or is not yet valid: ", nil},
		"alert":   {tls.AlertError(40), "tls: handshake failure", nil},
		"record": {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
			"tls: first record does not look like a TLS handshake", nil},
		"scheme": {http.ErrSchemeMismatch, "the server speaks http, not https", http.ErrSchemeMismatch},
		"custom": {custom, "custom", custom},
		"echo": {fmt.Errorf("refused {\"password\":\"example-password\"} of query-secret, header%%2Dsecret: %w", custom),
			"refused {:} of [redacted], [redacted]: custom", custom},
		"URL": {fmt.Errorf("no route for POST https://user:pw@api.example.com/v1/login?x=other-secret#y now"),
			"no route for POST https://api.example.com/v1/login now", nil},
		"quoted": {errors.New("a \"other-secret\" b 'other-secret' c `other-secret` don't \"cut other-secret"), "a b c don't", nil},
		"JWT":    {errors.New("token eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln-_x here"), "token [redacted] here", nil},
		"MIME":   {textproto.ProtocolError("malformed MIME header line: other-secret"), "the response is not HTTP as it should be", nil},
		"GOAWAY": {errors.New(`http2: server sent GOAWAY and closed; debug="other-secret"`), "the HTTP/2 connection broke", nil},
		"header": {fmt.Errorf("net/http: HTTP/1.x transport connection broken: %w", errors.New("other-secret")),
			"the HTTP connection broke", nil},
		"DNS, all of it": {&net.DNSError{Err: "e", Name: "n", Server: "192.0.2.1:53", IsTimeout: true, IsTemporary: true},
			"lookup n on 192.0.2.1:53: e", nil},
		"op, all of it": {&net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 1}, Addr: &net.TCPAddr{Port: 2}, Err: custom},
			"read tcp :1->:2: custom", nil},
		"slow header":   {errors.Join(timeoutError{}, errors.New("net/http: other-secret")), "timeout", nil},
		"protocol":      {&textproto.Error{Code: 400, Msg: "malformed other-secret"}, "the response is not HTTP as it should be", nil},
		"flate":         {fmt.Errorf("x: %w", flate.CorruptInputError(3)), "the body does not decompress", nil},
		"wraps nothing": {wrapsNothing{}, "wraps nothing", nil},
		"coding":        {fmt.Errorf("http: %w", errors.New("other-secret")), "the HTTP connection broke", nil},
		"long":          {errors.New(strings.Repeat("long\n", 1000)), strings.TrimSpace(strings.Repeat("long ", 52)[:256]), nil},
		"joined":        {errors.Join(custom, fmt.Errorf("net/http: other-secret")), "the HTTP connection broke", custom},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := failing(test.err)
			call := secretCall()
			call.Once = true
			_, err := endpoint(v).Do(t.Context(), call, nil)
			own := failure(t, err)
			assert.Equal(t, 1, v.count())
			assert.Equal(t, "POST api.example.com/v1/login", own.Request)
			if name != "expired" {
				assert.EqualError(t, own.Err, test.text)
			}
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			assertHides(t, err, append(secrets, "user:pw", "other-secret", "eyJ")...)
			for _, node := range tree(err) {
				_, isURL := node.(*url.Error)
				assert.False(t, isURL)
			}
		})
	}
}

// The errors of DNS and of certificates stay what they are, for who looks for them.
func TestKnownErrorsStay(t *testing.T) {
	t.Parallel()
	keeps := func(err error) error {
		_, kept := endpoint(failing(fmt.Errorf("x: %w", err))).Do(t.Context(), login(), nil)
		return kept
	}
	dns, ok := errors.AsType[*net.DNSError](keeps(&net.DNSError{Err: "e", Name: "n", IsTimeout: true, IsTemporary: true, IsNotFound: true}))
	require.True(t, ok)
	assert.True(t, dns.IsTimeout && dns.IsTemporary && dns.IsNotFound)
	_, ok = errors.AsType[*tls.CertificateVerificationError](keeps(&tls.CertificateVerificationError{Err: errors.New("y")}))
	assert.True(t, ok)
	_, ok = errors.AsType[x509.UnknownAuthorityError](keeps(x509.UnknownAuthorityError{}))
	assert.True(t, ok)
	_, ok = errors.AsType[x509.HostnameError](keeps(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}))
	assert.True(t, ok)
	_, ok = errors.AsType[x509.CertificateInvalidError](keeps(x509.CertificateInvalidError{Reason: x509.Expired}))
	assert.True(t, ok)
	_, ok = errors.AsType[tls.AlertError](keeps(tls.AlertError(40)))
	assert.True(t, ok)
	assert.Equal(t, "custom", fmt.Sprintf("%#v", failure(t, keeps(errors.New("custom"))).Err)[3:])
}

func TestTimeoutsAreTimeouts(t *testing.T) {
	t.Parallel()
	_, err := endpoint(failing(timeoutError{})).Do(t.Context(), login(), nil)
	timeout, ok := errors.AsType[net.Error](err)
	require.True(t, ok)
	assert.True(t, timeout.Timeout())
	_, err = endpoint(failing(errors.New("custom"))).Do(t.Context(), login(), nil)
	temporary, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	require.True(t, ok)
	assert.False(t, temporary.Temporary())
	other, _ := errors.AsType[net.Error](err)
	assert.False(t, other.Timeout())
}

// What is left where a quotation is cut out of a password would not be known as a part of it.
func TestPasswordWithQuotesInATransportsError(t *testing.T) {
	t.Parallel()
	call := login()
	call.Body = map[string]string{"password": `left"middle"right-secret`}
	_, err := endpoint(failing(errors.New(`refused left"middle"right-secret now`))).Do(t.Context(), call, nil)
	assert.EqualError(t, failure(t, err).Err, "refused [redacted] now")
}

// A transport that logs in somewhere itself fails with an error of ours. It says nothing about this login's credentials.
func TestAnotherLoginsFailureIsNotThisOnes(t *testing.T) {
	t.Parallel()
	other := &vendorlogin.Error{Kind: vendorlogin.ErrInvalidCredentials, Message: "example-password"}
	for _, err := range []error{other, fmt.Errorf("proxy: %w", other)} {
		_, err = endpoint(failing(err)).Do(t.Context(), login(), nil)
		assertKind(t, vendorlogin.ErrUnavailable, err)
		assert.Contains(t, err.Error(), "wrong credentials")
	}
}

// A transport that gives both a response and an error, or neither, is no reason to print or to panic.
func TestOddTransports(t *testing.T) { // not parallel: it listens to the standard logger
	var printed strings.Builder
	log.SetOutput(&printed)
	defer log.SetOutput(os.Stderr)
	for name, v := range map[string]*vendor{
		"both":      {respond: func(int, *http.Request) (*http.Response, error) { return reply(200, `{}`), errors.New("x") }},
		"neither":   {respond: func(int, *http.Request) (*http.Response, error) { return nil, nil }},
		"no header": {respond: func(int, *http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil }},
		"length without body": {respond: func(int, *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, ContentLength: 5}, nil
		}},
	} {
		_, err := endpoint(v).Do(t.Context(), login(), &struct{}{})
		require.Error(t, err, name)
		assert.Equal(t, 1, v.count(), name)
	}
	assert.Empty(t, printed.String())
}

// FuzzTransportError fails with anything.
func FuzzTransportError(f *testing.F) {
	f.Add("dial https://api.example.com/login?password=fuzzed-password: refused", "x")
	f.Add("net/http: \"fuzzed-password\"", "fuzzed\npassword")
	f.Fuzz(func(t *testing.T, outer, inner string) {
		cause := fmt.Errorf("%s: %w", outer, errors.Join(errors.New(inner), io.ErrNoProgress))
		call := loginhttp.Call{Op: "login", Method: "POST", Path: "/login", Body: map[string]string{"password": "fuzzed-password"}}
		_, err := endpoint(failing(cause)).Do(t.Context(), call, nil)
		own := failure(t, err)
		require.ErrorIs(t, err, io.ErrNoProgress)
		assertHides(t, err, "fuzzed-password")
		require.True(t, utf8.ValidString(own.Error()))
		require.Less(t, strings.IndexFunc(own.Error(), unicode.IsControl), 0)
		require.LessOrEqual(t, utf8.RuneCountInString(own.Err.Error()), 256)
	})
}
