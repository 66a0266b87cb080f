package authtest_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// body is what the server says on success.
type body struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Expires int    `json:"expires_in"`
	User    string `json:"user"`
	Step    string `json:"step_token"`

	sentAt time.Time
}

// exchange sends what must be sent once.
func (p *plain) exchange(ctx context.Context, op, path string, in map[string]string) (out body, err error) {
	if p.forgetsToRecover && p.broken.Load() {
		return out, p.fail(op, vendorlogin.ErrUnavailable, errors.New("still broken"))
	}
	for n := range 5 {
		out, err = p.once(ctx, op, path, in)
		if !p.again(err) || p.comesBackSoon && n == 1 {
			break
		}
	}
	p.broken.Store(p.forgetsToRecover && err != nil || p.sequential)
	return out, err
}

// again repeats what must not be.
func (p *plain) again(err error) bool {
	e, ok := errors.AsType[*vendorlogin.Error](err)
	if !ok {
		return false
	}
	if p.sleeps && !e.RetryAt.IsZero() {
		time.Sleep(time.Until(e.RetryAt))
		return true
	}
	if p.comesBackSoon && !e.RetryAt.IsZero() && time.Until(e.RetryAt) <= 2*time.Second {
		time.Sleep(time.Until(e.RetryAt))
		return true
	}
	return p.retriesUnavailable && e.Status >= 500 || p.retriesDropped && e.Status == 0 && !e.Unprocessed ||
		p.retriesRefused && e.Unprocessed || p.retriesWithoutEnd && errors.Is(err, vendorlogin.ErrRateLimited) ||
		p.refreshRetries && e.Op == "refresh" && e.Status == 401
}

func (p *plain) once(ctx context.Context, op, path string, in map[string]string) (out body, err error) {
	body, _ := json.Marshal(in)
	if !p.withToken {
		ctx = vendorlogin.WithoutToken(ctx)
	}
	if p.ignoresCtx {
		ctx = context.WithoutCancel(ctx)
	}
	caller := ctx
	if !p.showsTrace {
		ctx = untraced{ctx}
	}
	if !p.noTimeout {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
	}
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, p.account.Endpoint+path, bytes.NewReader(body))
	if !p.repeatable && !p.sendsTwice {
		req.GetBody = nil
	}
	sentAt := time.Now()
	resp, err := p.send(req)
	if err != nil {
		return out, p.noResponse(caller, op, err)
	}
	defer resp.Body.Close()
	limit := int64(1 << 20)
	if p.readsAll {
		limit = 1 << 30
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	return p.read(caller, op, sentAt, resp, p.decoded(resp, data), err)
}

// send sends without redirects, cookies and the pool's housekeeping.
func (p *plain) send(req *http.Request) (*http.Response, error) {
	transport := p.client.Transport
	if p.capturesTransport {
		transport = p.transport
	}
	if p.changesClient {
		p.client.Timeout = 30 * time.Second
	}
	if p.closesIdle {
		defer p.client.CloseIdleConnections()
	}
	if p.sendsElsewhere {
		other, _ := http.NewRequestWithContext(req.Context(), http.MethodGet, "https://telemetry.example/", nil)
		_, _ = transport.RoundTrip(other)
	}
	if p.sendsTwice {
		copied := req.Clone(req.Context())
		copied.Body, _ = req.GetBody()
		_, _ = transport.RoundTrip(copied)
	}
	if p.followsRedirects || p.usesJar {
		client := http.Client{Transport: transport}
		if p.usesJar {
			client.Jar = p.client.Jar
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		}
		return client.Do(req)
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return transport.RoundTrip(req)
}

func (p *plain) noResponse(ctx context.Context, op string, err error) error {
	e := p.fail(op, vendorlogin.ErrUnavailable, errors.New("no response"))
	dial, ok := errors.AsType[*net.OpError](err)
	e.Unprocessed = (ok && dial.Op == "dial" || p.alwaysUnprocessed) && !p.neverUnprocessed
	if ctx.Err() != nil && p.ctxIsUnavailable {
		e.Err = ctx.Err()
	} else if ctx.Err() != nil {
		e.Kind = ctx.Err()
	}
	if p.timeoutForCtx {
		e.Kind, e.Err = vendorlogin.ErrUnavailable, errors.New("timeout")
	}
	if p.printsCause {
		e.Err = err
	}
	if p.rejectsOnOutage && op == "refresh" {
		e.Kind = vendorlogin.ErrRefreshRejected
	}
	return p.spoilError(e, "", nil)
}

func (p *plain) read(ctx context.Context, op string, sentAt time.Time, resp *http.Response, data []byte, err error) (out body, _ error) {
	out.sentAt = sentAt
	if resp.StatusCode < 300 {
		malformed := json.Unmarshal(data, &out)
		if err == nil && (op == "logout" || malformed == nil && (out.Access != "" || out.Step != "")) || p.takesAnything {
			return out, nil
		}
	}
	e := p.fail(op, p.kind(op, resp.StatusCode, string(data)), nil)
	if ctx.Err() != nil {
		e.Kind = ctx.Err()
	}
	if resp.StatusCode < 300 && !p.missingUnnamed {
		e.Fields = []vendorlogin.FieldError{{Field: "access_token", Reason: "is missing"}}
	}
	e.Status, e.Request = resp.StatusCode, "POST vendor.example"
	if !p.noRetryAt && (resp.StatusCode == 429 || !p.retryAfterOf429) {
		e.RetryAt = retryAt(resp.Header.Get("Retry-After"))
	}
	if p.printsLocation {
		e.Err = fmt.Errorf("redirect to %s", resp.Header.Get("Location"))
	}
	return out, p.spoilError(e, string(data), resp.Request)
}

func retryAt(header string) time.Time {
	if after, err := strconv.Atoi(header); err == nil {
		return time.Now().Add(time.Duration(after) * time.Second)
	}
	at, _ := http.ParseTime(header)
	return at
}

func (p *plain) kind(op string, status int, body string) error {
	switch {
	case p.allForbidden:
		return vendorlogin.ErrForbidden
	case p.allInvalidCredentials:
		return vendorlogin.ErrInvalidCredentials
	case p.rejectsOnOutage && op == "refresh":
		return vendorlogin.ErrRefreshRejected
	case p.rejectionIsOutage && status == 401:
		return vendorlogin.ErrUnavailable
	case (body == "" || body[0] == '<') && status != 401 && status != 429 && status >= 400 && !p.pagesReject:
		return vendorlogin.ErrUnavailable
	case status == 401 && op == "refresh" && !p.refreshRejectedIsPassword:
		return vendorlogin.ErrRefreshRejected
	case status == 401:
		return vendorlogin.ErrInvalidCredentials
	case status == 403 && op == "otp" && !p.wrongCodeIsPassword:
		return vendorlogin.ErrOTPRejected
	case status == 403:
		return vendorlogin.ErrForbidden
	case status == 429:
		return vendorlogin.ErrRateLimited
	case status >= 500:
		return vendorlogin.ErrUnavailable
	case status >= 400:
		return vendorlogin.ErrInvalidRequest
	}
	return vendorlogin.ErrBadResponse
}

// untraced is a ctx that hides the caller's httptrace.
type untraced struct{ context.Context }

func (u untraced) Value(key any) any {
	if value := u.Context.Value(key); value != any(httptrace.ContextClientTrace(u.Context)) {
		return value
	}
	return nil
}

// decoded undoes what proxies do to a body.
func (p *plain) decoded(resp *http.Response, data []byte) []byte {
	if resp.Header.Get("Content-Encoding") == "gzip" && !p.keepsGzip {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err == nil {
			data, _ = io.ReadAll(z)
		}
	}
	if p.keepsMark {
		return data
	}
	return bytes.TrimPrefix(data, []byte("\ufeff"))
}

// spoilError makes of a right error a wrong one.
func (p *plain) spoilError(e *vendorlogin.Error, body string, req *http.Request) error {
	switch {
	case p.plainErrors:
		return fmt.Errorf("plain: %w", cmp.Or(e.Err, e.Kind))
	case p.otherAccount:
		e.Account.Principal = "somebody"
	case p.noOp:
		e.Op = ""
	case p.wrongOp:
		e.Op = "token"
	case p.noStatus:
		e.Status = 0
	case p.noRequest:
		e.Request = ""
	case p.queryInRequest:
		e.Request += "?user=ops"
	case p.printsBody:
		e.Message = body
	case p.alwaysUnprocessed:
		e.Unprocessed = true
	case p.printsPassword && e.Op != "refresh" && e.Op != "logout":
		secret, _ := p.password(context.Background())
		e.Err = fmt.Errorf("not accepted: %s", secret.Reveal())
	}
	return e
}
