package authtest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// requestLimit is how long one credential request may take, and a little more.
const requestLimit = 31 * time.Second

var connectionCases = []failureCase{
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
				t.not("a call whose ctx is over", err, vendorlogin.ErrUnavailable)
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
					if took > requestLimit {
						t.fatalf("%s was waited for for %v", what, took)
					}
					s.failed(what, err, vendorlogin.ErrUnavailable, vendorlogin.ErrBadResponse)
					s.sentAtMost("after "+what, before+1)
				}
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
		name: "reset",
		rule: "a server that resets an HTTP/2 stream gets the request once: net/http is given none that it could send again by itself",
		check: func(t *authTrial, op operation) {
			t.atEach(op, func(before int) {
				s := t.openFor(op)
				_, err := op.run(s, before, breaks(errReset))
				e := s.failed("a stream that was reset", err, vendorlogin.ErrUnavailable)
				if e.Unprocessed {
					t.fatalf("the error after a reset stream is Unprocessed, but the request was sent")
				}
				s.sentAtMost("after a reset stream", before+1)
			})
		},
	},
	{
		name: "traced",
		rule: "the caller's httptrace sees nothing of a credential request: it would see its headers",
		check: func(t *authTrial, op operation) {
			s := t.openFor(op)
			var hooks atomic.Int64
			ctx := httptrace.WithClientTrace(t.ctx, &httptrace.ClientTrace{
				GetConn: func(string) { hooks.Add(1) },
				GotConn: func(httptrace.GotConnInfo) { hooks.Add(1) },
			})
			t.worked("the "+op.name, op.call(s, ctx))
			if hooks.Load() > 0 {
				t.fatalf("the caller's httptrace saw the %s", op.name)
			}
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
}

const notToBeSeen = "canary-in-the-location"

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
	s.not("a call whose ctx ended", err, vendorlogin.ErrUnavailable)
	s.silent("the error of a call whose ctx ended", err)
	if took := time.Since(start); took > after+time.Second {
		s.fatalf("a call whose ctx ended after %v went on for %v", after, took)
	}
	s.sentAtMost("after ctx ended", before+1)
}
