package authtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// respond is a fault that responds with that status and body.
func respond(status int, contentType, body string, headers ...string) fault {
	return func(r *http.Request, _ sent) (*http.Response, error) {
		return response(r, status, contentType, strings.NewReader(body), headers...), nil
	}
}

func response(r *http.Request, status int, contentType string, body io.Reader, headers ...string) *http.Response {
	h := http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}
}

// refuse is a port that nobody listens on.
func refuse(r *http.Request, _ sent) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("connect: %w", syscall.ECONNREFUSED)}
}

// drop is a connection that breaks when the request has been sent.
func drop(*http.Request, sent) (*http.Response, error) { return nil, io.EOF }

// hang is a server that never responds.
func hang(r *http.Request, _ sent) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

var errBroken = errors.New("the connection broke")

// stalling is a body that never ends, and never sends anything any more.
type stalling struct {
	r    *http.Request
	head io.Reader
}

func (b stalling) Read(p []byte) (int, error) {
	if n, _ := b.head.Read(p); n > 0 {
		return n, nil
	}
	<-b.r.Context().Done()
	return 0, b.r.Context().Err()
}

// endless is a body that never ends. It counts what is read of it, and has mercy on whoever reads more than that.
type endless struct {
	head io.Reader
	read *int
	stop int
}

func (b endless) Read(p []byte) (int, error) {
	n, _ := b.head.Read(p)
	if n == 0 {
		n = len(p)
		for i := range p {
			p[i] = 'x'
		}
	}
	*b.read += n
	if *b.read > 2*b.stop {
		return n, errBroken
	}
	return n, nil
}

// broken is a body that breaks off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// stall is a fault whose body begins like that and stops.
func stall(head string) fault {
	return func(r *http.Request, _ sent) (*http.Response, error) {
		return response(r, 200, "application/json", stalling{r, strings.NewReader(head)}), nil
	}
}

var brokenBodies = map[string]string{
	"empty":             "",
	"blank":             " \n",
	"an HTML page":      "<!DOCTYPE html><html><body>Please log in</body></html>",
	"null":              "null",
	"an empty object":   "{}",
	"an array":          "[]",
	"a string":          `"token"`,
	"a number":          "42",
	"cut JSON":          `{"token": "abc`,
	"not JSON":          "token=abc",
	"binary":            "\x1f\x8b\x08\x00\x00",
	"JSON, and more":    `{} {}`,
	"deeply nested":     strings.Repeat(`{"a":`, 20000),
	"of unknown fields": `{"unknown": "field", "another": [1, 2, 3]}`,
}

// echoes respond with what was sent, as servers, proxies and validators do.
var echoes = []func(status int) fault{
	func(status int) fault {
		return func(r *http.Request, s sent) (*http.Response, error) {
			location := "https://elsewhere.example/?" + r.URL.RawQuery
			return response(r, status, "text/html", strings.NewReader("<html>"+s.whole()+"</html>"), "Location", location), nil
		}
	},
	func(status int) fault {
		return func(r *http.Request, s sent) (*http.Response, error) {
			return response(r, status, "application/json", strings.NewReader(echoJSON(s, s.whole()))), nil
		}
	},
	func(status int) fault {
		return func(r *http.Request, s sent) (*http.Response, error) {
			return response(r, status, "application/json", strings.NewReader(echoJSON(s, s.body))), nil
		}
	},
}

// whole is a request as text, header and all.
func (s sent) whole() string { return fmt.Sprintf("%s\n%v", s, s.header) }

// echoJSON puts text wherever an API may have words about a failure.
func echoJSON(s sent, text string) string {
	var input any = text
	if json.Valid([]byte(s.body)) {
		input = json.RawMessage(s.body)
	}
	row := map[string]any{
		"field": "password", "reason": text, "originalValue": input,
		"loc": []string{"body", "password"}, "msg": text, "input": input,
	}
	data, _ := json.Marshal(map[string]any{
		"message": text, "detail": text, "error": text, "error_description": text, "title": text,
		"errorMessage": text, "errorCode": "X_1", "group": "request", "code": 0, "traces": []string{text},
		"errors": map[string][]string{"password": {text}}, "validationDetail": []any{row}, "details": []any{row}, "input": input,
	})
	return string(data)
}
