package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMediansAndRatios(t *testing.T) {
	t.Parallel()
	in := `goos: linux
BenchmarkX/floor-2   10   10 ns/op   4 B/op   0 allocs/op
BenchmarkX/floor-2   10   30 ns/op   4 B/op   0 allocs/op
BenchmarkX/mine-2    10   50 ns/op   6 B/op   0 allocs/op
BenchmarkX/mine-2    10   20 ns/op   6 B/op   0 allocs/op
BenchmarkX/mine-2    10   24 ns/op   6 B/op   0 allocs/op
ok  	example	1s
`
	var out strings.Builder
	require.NoError(t, write(&out, strings.NewReader(in)))
	assert.Contains(t, out.String(), "| X/floor | 20 | 4 | 0 | 1.00 | 1.00 | – |\n")
	assert.Contains(t, out.String(), "| X/mine | 24 | 6 | 0 | 1.20 | 1.50 | – |\n")
}
