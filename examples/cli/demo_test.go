package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The demo counts for itself what its server has seen.
func TestDemo(t *testing.T) {
	t.Parallel()
	var terminal bytes.Buffer
	require.NoError(t, tool{ask: &terminal}.demo(t.Context()))
	assert.Equal(t, 2, strings.Count(terminal.String(), "Code by email for ops@example.com"), "in the first run, wrong and then right")
	assert.Equal(t, 3, strings.Count(terminal.String(), "the server has seen 1 login, 1 code\n"))
	assert.NotContains(t, terminal.String(), "nothing is kept")
}
