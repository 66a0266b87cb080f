package loginhttp_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/loginhttp"
)

func TestCallAndAnswerPrintNothing(t *testing.T) {
	t.Parallel()
	call := login()
	call.Query = url.Values{"p": {"example-password"}}
	call.Header = http.Header{"X": {"example-password"}}
	answer := &loginhttp.Answer{Status: 200, Body: []byte("example-password"), Header: http.Header{"Set-Cookie": {"example-password"}}}
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "call", call, "answer", answer, "value", *answer, "nested", struct {
		Call   loginhttp.Call
		Answer *loginhttp.Answer
	}{call, answer})
	for _, text := range []string{
		fmt.Sprintf("%v %+v %#v %s %d", call, call, call, call, call),
		fmt.Sprintf("%v %+v %#v %s %d", answer, answer, answer, answer, answer),
		fmt.Sprintf("%v %+v", *answer, struct{ A loginhttp.Answer }{*answer}),
		log.String(),
	} {
		assert.NotContains(t, text, "example-password")
		assert.NotContains(t, text, fmt.Sprint([]byte("example-password")))
		assert.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte("example-password")))
	}
	assert.Contains(t, fmt.Sprint(answer), "status 200")
	assert.Contains(t, fmt.Sprint(call), "login: POST /login")
}
