package loginhttp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

// safeCause is of err what may stand in an error: what is known to hold nothing that was sent or received stays as it is, so
// that errors.Is and errors.As work on it; of anything else a text is left.
func safeCause(err error, s *scrubber) error {
	for wrapped, ok := errors.AsType[*url.Error](err); ok; wrapped, ok = errors.AsType[*url.Error](err) {
		err = wrapped.Err // the text around it is the URL, the query too
	}
	if err == nil {
		return errors.New("unknown")
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return &net.OpError{Op: op.Op, Net: op.Net, Source: op.Source, Addr: op.Addr, Err: safeCause(op.Err, s)}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return &net.DNSError{Err: s.clean(dns.Err, maxMessage), Name: dns.Name, Server: dns.Server,
			IsTimeout: dns.IsTimeout, IsTemporary: dns.IsTemporary, IsNotFound: dns.IsNotFound}
	}
	if cert := certificateError(err); cert != nil {
		return cert
	}
	return describe(err, s)
}

// certificateError is the error of crypto/tls or crypto/x509 in err, if there is one.
func certificateError(err error) error {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e
	}
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return e
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return e
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return e
	}
	if e, ok := errors.AsType[tls.AlertError](err); ok {
		return e
	}
	return nil
}

// A cause is the text that is left of an error. It keeps the error out of reach of whoever prints or unwraps it, but
// errors.Is finds it there.
type cause struct {
	text      string
	timeout   bool
	malformed bool // the response was no HTTP
	is        func(target error) bool
}

func (c *cause) Error() string        { return c.text }
func (c *cause) GoString() string     { return c.text }
func (c *cause) Timeout() bool        { return c.timeout }
func (c *cause) Temporary() bool      { return c.timeout }
func (c *cause) Is(target error) bool { return c.is(target) }

// isMalformed reports whether err, a safe cause, says that the response was no HTTP.
func isMalformed(err error) bool {
	c, ok := errors.AsType[*cause](err)
	return ok && c.malformed
}

// describe leaves the text of an error of unknown origin.
func describe(err error, s *scrubber) error {
	c := &cause{is: func(target error) bool { return errors.Is(err, target) }}
	if _, ok := errors.AsType[*vendorlogin.Error](err); ok {
		c.is = func(error) bool { return false } // another login's failure, which is not this one's kind
	}
	if t, ok := errors.AsType[net.Error](err); ok {
		c.timeout = t.Timeout()
	}
	switch text := err.Error(); {
	case !fromHTTP(err):
		c.text = s.clean(unquoted(s.clean(text, maxText)), maxMessage) // again: what is left may come together to a value
	case c.timeout:
		c.text = "timeout"
	case strings.Contains(text, "HTTPS client"):
		c.text = "the server speaks http, not https"
	case containsAny(text, "http2", "GOAWAY", "stream error"):
		c.text = "the HTTP/2 connection broke"
	case containsAny(text, "gzip", "flate"):
		c.text = "the body does not decompress"
	case containsAny(text, "malformed", "exceeded", "bad ", "invalid empty", "transfer encoding"):
		c.text, c.malformed = "the response is not HTTP as it should be", true
	default:
		c.text = "the HTTP connection broke"
	}
	return c
}

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// fromHTTP reports whether in an error there is one of net/http's own or of what that is made of: they quote the response's raw bytes.
func fromHTTP(err error) bool {
	starts := []string{"net/http: ", "http: ", "http2: ", "gzip: "}
	packages := []string{"net/", "compress/", "golang.org/x/net/"}
	return anyNode(err, func(node error) bool {
		t := reflect.TypeOf(node)
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		return beginsWithAny(t.PkgPath(), packages) || beginsWithAny(node.Error(), starts)
	})
}

func beginsWithAny(s string, starts []string) bool {
	return slices.ContainsFunc(starts, func(start string) bool { return strings.HasPrefix(s, start) })
}

// anyNode reports whether an error in the tree of err meets the condition.
func anyNode(err error, meets func(error) bool) bool {
	if err == nil {
		return false
	}
	if meets(err) {
		return true
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return anyNode(wrapper.Unwrap(), meets)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapper.Unwrap(), func(e error) bool { return anyNode(e, meets) })
	}
	return false
}

// unquoted takes out of a text what may be somebody's data: quotations, what follows the path in a URL, JSON Web Tokens.
func unquoted(text string) string {
	for _, data := range []struct{ pattern, kept string }{
		{`"(\\.|[^"\\])*"?`, ""},
		{"`[^`]*`?", ""},
		{`(^|\W)'[^']*'`, "$1"},
		{`(\w+://)[^\s/?#@]*@`, "$1"},
		{`(\w+://[^\s?#]*)[?#]\S*`, "$1"},
		{`eyJ[\w.=+/-]*`, printedSecret},
	} {
		text = regexp.MustCompile(data.pattern).ReplaceAllString(text, data.kept)
	}
	return text
}
