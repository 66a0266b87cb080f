package loginhttp

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnswerAndCallDoNotPrint(t *testing.T) {
	t.Parallel()
	a := Answer{Status: 200, Body: []byte("example-token")}
	c := Call{Op: "login", Method: "POST", Path: "/login", Body: "example-password"}
	assert.Equal(t, "status 200, 13 bytes", a.LogValue().String())
	assert.Equal(t, fmt.Sprint(c), c.LogValue().String())
	text, err := a.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "status 200, 13 bytes", string(text))
	text, err = c.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint(c), string(text))
	assert.Contains(t, string(text), "login")
	assert.NotContains(t, string(text), "password")
}

func TestAnswerIsOK(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{199: false, 200: true, 299: true, 300: false} {
		assert.Equal(t, want, (&Answer{Status: status}).ok(), status)
	}
}

func TestAnswerIsReceivedAfterItWasSent(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	assert.Equal(t, sent, (&Answer{SentAt: sent}).received())
	assert.Equal(t, sent.Add(time.Minute), (&Answer{SentAt: sent, receivedAt: sent.Add(time.Minute)}).received())
}

func TestPageBeginsEarly(t *testing.T) {
	t.Parallel()
	for comment, want := range map[int]bool{htmlStart - 20: true, htmlStart + 1: false} {
		a := &Answer{Header: http.Header{}, Body: []byte("<!--" + strings.Repeat("x", comment-7) + "--><html>")}
		assert.Equal(t, want, a.IsHTML(), comment)
	}
	assert.True(t, (&Answer{Header: http.Header{}, Body: []byte(strings.Repeat("\n", htmlStart) + "<html>")}).IsHTML(), "blanks do not count")
	assert.True(t, (&Answer{Header: http.Header{"Content-Type": {"TEXT/HTML"}}}).IsHTML())
}
