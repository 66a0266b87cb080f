package authtest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/vendorlogin/vendorlogin"
)

var responseCases = []failureCase{
	{
		name: "unavailable",
		rule: "a 5xx is ErrUnavailable with the Status, and one attempt, though Retry-After asks for another much later; nothing sleeps",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for _, status := range []int{500, 502, 503, 504} {
					for what, f := range map[string]fault{
						"without a body": respond(status, "", ""),
						"with HTML":      respond(status, "text/html", "<html>out of order</html>"),
						"with JSON":      respond(status, "application/json", `{}`, "Retry-After", "300"),
					} {
						t.oneAttempt(op, before, status, fmt.Sprintf("a %d %s", status, what), f, vendorlogin.ErrUnavailable)
					}
				}
			})
		},
	},
	{
		name:      "any-status",
		rule:      "every 4xx is an error with one of the sentinels and the Status, and one attempt",
		forTokens: true,
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for _, status := range []int{400, 401, 403, 404, 405, 409, 410, 415, 422, 418} {
					for _, body := range []string{"", "{}", "null", "[]", `"text"`, "<html>no</html>", "\x00\x01", `{"`} {
						t.oneAttempt(op, before, status, fmt.Sprintf("a %d", status), respond(status, "application/json", body), kinds...)
					}
				}
			})
		},
	},
	{
		name:      "page",
		rule:      "a 4xx other than 401 whose body is an HTML page, or empty, is ErrUnavailable; so are 407, 408, 421, 425 and 499",
		forTokens: true,
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for _, status := range []int{400, 403, 404, 405, 410, 422} {
					for _, body := range []string{"", "<html>closed for maintenance</html>", "<!DOCTYPE html>\n<title>404</title>"} {
						what := fmt.Sprintf("a %d with %q", status, body)
						t.oneAttempt(op, before, status, what, respond(status, http.DetectContentType([]byte(body)), body), vendorlogin.ErrUnavailable)
					}
				}
				for _, status := range []int{407, 408, 421, 425, 499} {
					what := fmt.Sprintf("a %d", status)
					t.oneAttempt(op, before, status, what, respond(status, "text/plain", ""), vendorlogin.ErrUnavailable)
				}
			})
		},
	},
	{
		name:      "retry-after",
		rule:      "Retry-After lands in RetryAt on every status that is a failure",
		forTokens: true,
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for _, status := range []int{400, 401, 403, 404, 409, 423, 500, 502, 503} {
					s := t.openFor(op)
					what := fmt.Sprintf("a %d with Retry-After", status)
					e := op.attempt(s, before, status, what, respond(status, "application/json", "{}", "Retry-After", "300"), kinds...)
					s.retryAt(what+", 5 minutes,", e, time.Now().Add(300*time.Second))
				}
			})
		},
	},
	{
		name: "rate-limited",
		rule: "429 is ErrRateLimited, with RetryAt from Retry-After; nothing is sent again, or once, after 2 seconds at most. " +
			"A refresh token that rotates is not sent again",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for what, value := range map[string]func(time.Time) string{
					"in seconds":      func(at time.Time) string { return "300" },
					"as an HTTP date": func(at time.Time) string { return at.UTC().Format(http.TimeFormat) },
				} {
					s := t.openFor(op)
					want := time.Now().Add(300 * time.Second)
					e := op.attempt(s, before, 429, "a 429 with Retry-After "+what,
						respond(429, "application/json", "{}", "Retry-After", value(want)), vendorlogin.ErrRateLimited)
					s.retryAt("a 429 with Retry-After "+what+", 5 minutes,", e, want)
				}
				t.oneAttempt(op, before, 429, "a 429 without Retry-After", respond(429, "", ""), vendorlogin.ErrRateLimited)
				t.soon(op, before)
			})
		},
	},
	{
		name:      "broken-response",
		rule:      "a 2xx whose body is HTML, empty, cut off, endless or not what the vendor documents is ErrBadResponse",
		forTokens: true,
		check: func(t *authTrial, op operation) {
			last := t.steps(op) - 1 // an earlier response may be one that nobody needs to read
			for what, body := range brokenBodies {
				s := t.openFor(op)
				_, err := op.run(s, last, respond(http.StatusOK, "application/json", body))
				s.failed("a response that is "+what, err, vendorlogin.ErrBadResponse)
				s.sentAtMost("after a response that is "+what, last+1)
			}
			s := t.openFor(op)
			_, err := op.run(s, last, cutOff(`{"tok`))
			s.failed("a response that breaks off", err, vendorlogin.ErrBadResponse, vendorlogin.ErrUnavailable)
			s.sentAtMost("after a response that breaks off", last+1)
			for _, head := range []string{`{"token":"`, ""} {
				const enough = 2 << 20
				s := t.openFor(op)
				_, err := op.run(s, last, endless(head, 2*enough))
				s.failed("a response without an end", err, vendorlogin.ErrBadResponse)
				if s.wire.read > enough {
					t.fatalf("a response without an end was read on and on; 1 MiB is enough")
				}
			}
		},
	},
	{
		name:      "no-token",
		rule:      "a 2xx without a token is ErrBadResponse, and Fields names what was missing",
		forTokens: true,
		check: func(t *authTrial, op operation) {
			last := t.steps(op) - 1
			for _, body := range []string{`{}`, `{"next": "accept-terms", "session": "s-1"}`} {
				s := t.openFor(op)
				e := op.attempt(s, last, http.StatusOK, "a 200 without a token", respond(200, "application/json", body), vendorlogin.ErrBadResponse)
				if len(e.Fields) == 0 {
					t.fatalf("the error after a 200 without a token does not name in Fields what was missing: %v", e)
				}
			}
		},
	},
	{
		name:      "encoded",
		forTokens: true,
		rule:      "a byte order mark before a response's body is dropped, and gzip that the transport left is undone",
		check: func(t *authTrial, op operation) {
			for what, recode := range recodings {
				s := t.openFor(op)
				s.wire.recode = recode
				t.worked("the "+op.name+" with "+what, op.call(s, t.ctx))
			}
		},
	},
	{
		name: "words",
		rule: "the vendor's words in an error are one line of at most 256 characters, without control characters",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for _, status := range []int{400, 403, 500} {
					s := t.openFor(op)
					_, err := op.run(s, before, echo(status, func(sent) string { return "first\r\nsecond \x1b[31m" + strings.Repeat("é", 1000) }))
					e, ok := errors.AsType[*vendorlogin.Error](err)
					if !ok {
						continue // of what is no error, or a bare one, other cases tell
					}
					for _, words := range []string{e.Message, e.Code} {
						if utf8.RuneCountInString(words) > 256 || strings.ContainsFunc(words, unicode.IsControl) {
							t.fatalf("the error after a %d has the vendor's words as they are: %.60q", status, words)
						}
					}
				}
			})
		},
	},
	{
		name: "echoed",
		rule: "no error shows what was sent, or a token, though the vendor repeats it",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for _, status := range []int{200, 302, 400, 401, 403, 422, 429, 500} {
					for _, repeat := range echoes {
						s := t.openFor(op)
						s.wire.breakAfter(before, repeat(status))
						if err := op.call(s, s.ctx); err != nil {
							s.silent(fmt.Sprintf("the error after a %d that repeats the request", status), err)
						}
					}
				}
				s := t.openFor(op)
				s.wire.breakAfter(before, fault{serve: func(_ http.ResponseWriter, _ *http.Request, r sent) error {
					return fmt.Errorf("proxy: cannot send %q with %v", r.String(), r.header)
				}})
				s.silent("the error after a transport that repeats the request", op.call(s, s.ctx))
			})
		},
	},
	{
		name: "recovers",
		rule: "a failure leaves nothing behind: when the vendor is well again, the same call works",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				s := t.openFor(op)
				op.attempt(s, before, 500, "a 500", respond(500, "", ""), vendorlogin.ErrUnavailable)
				s.wire.clear()
				time.Sleep(time.Minute) // for the next one-time password
				t.worked("the "+op.name+" after a failed one", op.call(s, t.ctx))
			})
		},
	},
}

// retryAt ends the case unless e says when to try again.
func (s *stage) retryAt(after string, e *vendorlogin.Error, want time.Time) {
	if off := e.RetryAt.Sub(want); off < -2*time.Second || off > 2*time.Second {
		s.fatalf("after %s RetryAt is %v", after, e.RetryAt)
	}
}

// soon asks for another attempt after a second, which may be made, once.
func (t *authTrial) soon(op operation, before int) {
	s := t.openFor(op)
	took, err := op.run(s, before, respond(429, "", "", "Retry-After", "1"))
	s.failed("a 429 with Retry-After 1", err, vendorlogin.ErrRateLimited)
	s.sentAtMost("after a 429 with Retry-After 1", before+2)
	if took > 3*time.Second {
		t.fatalf("a 429 with Retry-After 1 was slept over for %v", took)
	}
	if op.name == refreshes.name && t.rotates() {
		s.carriedOnce("the refresh token", s.token.Refresh.Reveal())
	}
}
