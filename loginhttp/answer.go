package loginhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// maxBody bounds an answer's body, after decompression.
const maxBody = 1 << 20

// minBuffer is what is read into where the length is not known, or wrong.
const minBuffer = 4 << 10

// An Answer is what the vendor answered. It holds tokens: it prints as its status alone.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte    // whole; empty where it could not be read to its end
	SentAt time.Time // by our clock, when the request went out that was answered

	receivedAt time.Time // when the header was here; zero: with SentAt
}

// Format prints an Answer without what is in it.
func (a Answer) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "status %d, %d bytes", a.Status, len(a.Body))
}

// LogValue logs an Answer without what is in it.
func (a Answer) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// MarshalText is Format: encoding/json would otherwise write what is in an Answer.
func (a Answer) MarshalText() ([]byte, error) { return fmt.Append(nil, a), nil }

func (a *Answer) ok() bool { return a.Status >= 200 && a.Status <= 299 }

// received is when the header of the answer was here.
func (a *Answer) received() time.Time {
	if a.receivedAt.IsZero() {
		return a.SentAt
	}
	return a.receivedAt
}

// isHTML reports whether the body is a page, which is what proxies, portals and login walls answer.
func (a *Answer) isHTML() bool {
	if strings.HasPrefix(strings.ToLower(a.Header.Get("Content-Type")), "text/html") {
		return true
	}
	start := bytes.TrimSpace(a.Body)
	start = bytes.ToLower(start[:min(len(start), 16)])
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

var errTooLarge = errors.New("the body is larger than 1 MiB")

// readBody reads a body to its end. With its length known it allocates once.
func readBody(ctx context.Context, resp *http.Response) ([]byte, error) {
	size := int64(minBuffer)
	if resp.ContentLength >= 0 {
		size = min(resp.ContentLength, maxBody) + 1 // one more, to see the end
	}
	body := make([]byte, 0, size)
	for {
		n, err := resp.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > maxBody:
			return nil, errTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return nil, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		if len(body) == cap(body) {
			body = append(make([]byte, 0, min(max(2*cap(body), minBuffer), maxBody+1)), body...)
		}
	}
}

// decode decodes the body of a 2xx answer.
func (x *exchange) decode(a *Answer, out any) *vendorlogin.Error {
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = a.Body
		return nil
	}
	err := json.Unmarshal(a.Body, out)
	if err == nil {
		return nil
	}
	failure := x.fail(vendorlogin.ErrBadResponse, undecodable(a, err))
	failure.Status = a.Status
	return failure
}

// undecodable says what kind of thing a body is and where it goes wrong. The error of encoding/json quotes the body.
func undecodable(a *Answer, err error) error {
	if len(bytes.TrimSpace(a.Body)) == 0 {
		return errors.New("an empty body")
	}
	if a.isHTML() {
		return errHTML
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON at byte %d of %d", syntax.Offset, len(a.Body))
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(mismatch.Value, " ") // "number 123" says more than the kind
		return fmt.Errorf("JSON of another shape: a wrong %s at byte %d of %d", kind, mismatch.Offset, len(a.Body))
	}
	return errors.New("JSON of another shape")
}

var errHTML = errors.New("an HTML page")
