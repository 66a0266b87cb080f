package loginhttp

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// An Answer is the vendor's response. It holds tokens: it prints as its status alone.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte    // whole and decompressed, without a byte order mark; empty where it could not be read to its end
	SentAt time.Time // local time, when the request was sent that this is the response to

	receivedAt time.Time // when the header was here; zero: at SentAt
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

// received is when the header of the response was here.
func (a *Answer) received() time.Time {
	if a.receivedAt.IsZero() {
		return a.SentAt
	}
	return a.receivedAt
}

// htmlStart is how much of a body is searched for the beginning of a page, which may come after comments.
const htmlStart = 512

// IsHTML reports whether the body is an HTML page: that is how proxies, portals and login walls respond. JSON that a vendor sends as
// text/html is none.
func (a *Answer) IsHTML() bool {
	start := bytes.TrimSpace(a.Body)
	start = bytes.ToLower(start[:min(len(start), htmlStart)])
	switch {
	case beginsWith(start, "{["):
		return false
	case beginsWith(start, "<") && (bytes.Contains(start, []byte("<!doctype html")) || bytes.Contains(start, []byte("<html"))):
		return true
	}
	return strings.HasPrefix(strings.ToLower(a.Header.Get("Content-Type")), "text/html")
}
