package authtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// requestLimit is how long one credential request may take, and a little more.
const requestLimit = 31 * time.Second

// A failureCase breaks the wire, for each operation and at each of the requests that it takes.
type failureCase struct {
	name  string
	rule  string
	check func(t *authTrial, op operation)

	forTokens bool // only for operations that are to give a token; what a rejected logout means is the vendor's affair
}

// failuresOf makes the failures cases of one operation.
func failuresOf(op operation) (cases []authCase) {
	for _, c := range failures {
		if !c.forTokens || op.givesToken {
			cases = append(cases, authCase{c.name, c.rule, func(t *authTrial) { c.check(t, op) }})
		}
	}
	return cases
}

var failures = []failureCase{
	{
		name: "ctx-over",
		rule: "a call whose ctx is over returns an error that matches ctx.Err(), and sends nothing",
		check: func(t *authTrial, op operation) {
			cancelled, cancel := context.WithCancel(t.ctx)
			cancel()
			late, release := context.WithDeadline(t.ctx, time.Now().Add(-time.Second))
			defer release()
			s := t.openFor(op)
			for _, ctx := range []context.Context{cancelled, late} {
				err := op.call(s, ctx)
				t.returned("a call whose ctx is over", err, ctx.Err())
				s.silent("the error of a call whose ctx is over", err)
			}
			s.sentAtMost("with a ctx that is over", 0)
		},
	},
	{
		name: "ctx-ends",
		rule: "when ctx ends, the call returns soon with an error that matches ctx.Err(), and sends nothing more",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
					op.endCtx(t.openFor(op), before, cause)
				}
			})
		},
	},
	{
		name: "slow",
		rule: "a request whose response does not end is given up within 30 seconds, whatever ctx says",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for what, f := range map[string]fault{
					"a server that never responds":       hang,
					"a response whose body never begins": stall(""),
					"a response whose body never ends":   stall(`{"`),
				} {
					s := t.openFor(op)
					took, err := op.run(s, before, f)
					s.failed(what, err, vendorlogin.ErrUnavailable, vendorlogin.ErrBadResponse)
					if took > requestLimit {
						t.fatalf("%s was waited for for %v", what, took)
					}
					s.sentAtMost("after "+what, before+1)
				}
			})
		},
	},
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
		name: "rate-limited",
		rule: "429 is ErrRateLimited, with RetryAt from Retry-After; nothing is sent again, or once, after 2 seconds at most",
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
					if off := e.RetryAt.Sub(want); off < -2*time.Second || off > 2*time.Second {
						t.fatalf("after a 429 with Retry-After %s, 5 minutes, RetryAt is %v", what, e.RetryAt)
					}
				}
				t.oneAttempt(op, before, 429, "a 429 without Retry-After", respond(429, "", ""), vendorlogin.ErrRateLimited)
				t.soon(op, before)
			})
		},
	},
	{
		name: "refused",
		rule: "a connection that is refused is ErrUnavailable and Unprocessed; at most one more attempt is made",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				s := t.openFor(op)
				_, err := op.run(s, before, refuse)
				e := s.failed("a refused connection", err, vendorlogin.ErrUnavailable)
				if !e.Unprocessed {
					t.fatalf("the error after a refused connection is not Unprocessed, though nothing was sent")
				}
				s.sentAtMost("with the connection refused", before+2)
			})
		},
	},
	{
		name: "dropped",
		rule: "a connection that breaks after the request is ErrUnavailable, not Unprocessed, and one attempt: the vendor may have acted",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				s := t.openFor(op)
				_, err := op.run(s, before, drop)
				e := s.failed("a broken connection", err, vendorlogin.ErrUnavailable)
				if e.Unprocessed {
					t.fatalf("the error after a broken connection is Unprocessed, but the request was sent")
				}
				s.sentAtMost("after a broken connection", before+1)
			})
		},
	},
	{
		name: "redirected",
		rule: "no redirect of a credential request is followed, on 301, 302, 303, 307 and 308; it is ErrBadResponse",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				for _, status := range []int{301, 302, 303, 307, 308} {
					for _, to := range []string{"https://elsewhere.example/login?", "/moved?", "http://%zz"} {
						s := t.openFor(op)
						s.add("the query of a Location", notToBeSeen)
						s.setup.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
						f := respond(status, "", "", "Location", to+notToBeSeen)
						op.attempt(s, before, status, fmt.Sprintf("a %d", status), f, vendorlogin.ErrBadResponse)
					}
				}
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

const notToBeSeen = "canary-in-the-location"

// attempt breaks the wire and ends the case unless that leads to an error of one of those kinds after one request, at once.
func (op operation) attempt(s *stage, before, status int, what string, f fault, kinds ...error) *vendorlogin.Error {
	took, err := op.run(s, before, f)
	e := s.failed(what, err, kinds...)
	if errors.Is(err, vendorlogin.ErrOTPRejected) {
		return e // a code was rejected, and another one asked for
	}
	if e.Status != status {
		s.fatalf("the error after %s has Status %d", what, e.Status)
	}
	if took >= time.Second {
		s.fatalf("%s was slept over for %v", what, took)
	}
	s.sentAtMost("after "+what, before+1)
	return e
}

// oneAttempt is attempt on a stage of its own.
func (t *authTrial) oneAttempt(op operation, before, status int, what string, f fault, kinds ...error) *vendorlogin.Error {
	return op.attempt(t.openFor(op), before, status, what, f, kinds...)
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
}

// endCtx ends ctx while the wire hangs.
func (op operation) endCtx(s *stage, before int, cause error) {
	const after = 3 * time.Second
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	if cause == context.Canceled {
		defer time.AfterFunc(after, cancel).Stop()
	} else {
		var release context.CancelFunc
		ctx, release = context.WithTimeout(ctx, after)
		defer release()
	}
	s.wire.breakAfter(before, hang)
	start := time.Now()
	err := op.call(s, ctx)
	s.returned("a call whose ctx ended", err, cause)
	s.silent("the error of a call whose ctx ended", err)
	if took := time.Since(start); took > after+time.Second {
		s.fatalf("a call whose ctx ended after %v went on for %v", after, took)
	}
	s.sentAtMost("after ctx ended", before+1)
}
