package authtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// respond is a fault that responds with that status and body.
func respond(status int, contentType, body string, headers ...string) fault {
	return fault{serve: func(w http.ResponseWriter, _ *http.Request, _ sent) error {
		reply(w, status, contentType, body, headers...)
		return nil
	}}
}

func reply(w http.ResponseWriter, status int, contentType, body string, headers ...string) {
	h := w.Header()
	h["Content-Type"] = nil // or else it is guessed
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// breaks is a fault that breaks the connection, when the request has been sent.
func breaks(err error) fault {
	return fault{serve: func(http.ResponseWriter, *http.Request, sent) error { return err }}
}

var (
	refuse = fault{refused: true} // a port that nobody listens on
	drop   = breaks(io.EOF)       // a connection that breaks when the request has been sent

	// hang is a server that never responds.
	hang = fault{serve: func(_ http.ResponseWriter, r *http.Request, _ sent) error {
		<-r.Context().Done()
		return r.Context().Err()
	}}
)

// stall is a fault whose body begins like that and stops.
func stall(head string) fault {
	return fault{serve: func(w http.ResponseWriter, r *http.Request, _ sent) error {
		begin(w, head)
		<-r.Context().Done()
		return nil
	}}
}

// cutOff is a fault whose body begins like that and breaks off.
func cutOff(head string) fault {
	return fault{serve: func(w http.ResponseWriter, _ *http.Request, _ sent) error {
		begin(w, head)
		return io.ErrUnexpectedEOF
	}}
}

// endless is a fault whose body begins like that and goes on for longer than anybody is to read.
func endless(head string, size int) fault {
	return fault{serve: func(w http.ResponseWriter, _ *http.Request, _ sent) error {
		begin(w, head)
		for chunk := strings.Repeat("x", 64<<10); size > 0; size -= len(chunk) {
			_, _ = io.WriteString(w, chunk)
		}
		return io.ErrUnexpectedEOF
	}}
}

func begin(w http.ResponseWriter, head string) {
	reply(w, http.StatusOK, "application/json", head)
	w.(http.Flusher).Flush()
}

// recodings are what servers and proxies do to a response's body, which is not nothing.
var recodings = map[string]func(h http.Header, body []byte) []byte{
	"a byte order mark": func(_ http.Header, body []byte) []byte { return append([]byte("\xef\xbb\xbf"), body...) },
	"gzip": func(h http.Header, body []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body)
		_ = z.Close()
		h.Set("Content-Encoding", "gzip")
		return b.Bytes()
	},
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
		return fault{serve: func(w http.ResponseWriter, r *http.Request, s sent) error {
			location := "https://elsewhere.example/?" + r.URL.RawQuery
			reply(w, status, "text/html", "<html>"+s.whole()+"</html>", "Location", location)
			return nil
		}}
	},
	func(status int) fault { return echo(status, sent.whole) },
	func(status int) fault { return echo(status, func(s sent) string { return s.body }) },
}

func echo(status int, text func(sent) string) fault {
	return fault{serve: func(w http.ResponseWriter, _ *http.Request, s sent) error {
		reply(w, status, "application/json", echoJSON(s, text(s)))
		return nil
	}}
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
