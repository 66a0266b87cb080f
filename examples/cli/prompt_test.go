package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestPrompt(t *testing.T) {
	t.Parallel()
	away := errors.New("the vendor is away")
	for name, c := range map[string]struct {
		typed  string
		resend error
		code   string
		err    error
		sent   int
	}{
		"a code":                   {typed: "012345\n", code: "012345"},
		"with blanks":              {typed: " 012345\r\n", code: "012345"},
		"the last line":            {typed: "012345", code: "012345"},
		"nothing, and then a code": {typed: "\n\n012345\n", code: "012345", sent: 2},
		"nothing, and it fails":    {typed: "\n012345\n", resend: away, err: away, sent: 1},
		"the end":                  {typed: "", err: io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ask bytes.Buffer
			sent := 0
			challenge := vendorlogin.Challenge{Method: "email", Attempt: 1, Resend: func(context.Context) error {
				sent++
				return c.resend
			}}
			code, err := tool{in: bufio.NewReader(strings.NewReader(c.typed)), ask: &ask}.prompt(t.Context(), challenge)
			require.ErrorIs(t, err, c.err)
			assert.Equal(t, c.code, code)
			assert.Equal(t, c.sent, sent)
			assert.Contains(t, ask.String(), "nothing to have it sent again")
		})
	}
}

func TestPromptWithoutResend(t *testing.T) {
	t.Parallel()
	var ask bytes.Buffer
	code, err := tool{
		in:  bufio.NewReader(strings.NewReader("\n012345\n")),
		ask: &ask,
	}.prompt(
		t.Context(),
		vendorlogin.Challenge{Method: "email"},
	)
	require.NoError(t, err)
	assert.Empty(t, code)
	assert.NotContains(t, ask.String(), "sent again")
}
