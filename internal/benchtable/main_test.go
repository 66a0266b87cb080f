package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMediansAndRatios(t *testing.T) {
	t.Parallel()
	in := `goos: linux
BenchmarkX/floor-2   10   10 ns/op   4 B/op   0 allocs/op
BenchmarkX/floor-2   10   30 ns/op   4 B/op   0 allocs/op
BenchmarkX/mine-2    10   50 ns/op   6 B/op   0 allocs/op
BenchmarkX/mine-2    10   20 ns/op   6 B/op   0 allocs/op
BenchmarkX/mine-2    10   24 ns/op   6 B/op   0 allocs/op
BenchmarkTransportSize/oauth2/20-2        10   100 ns/op   6 B/op   9 allocs/op
BenchmarkTransportSize/vendorlogin/20-2   10   90 ns/op    3 B/op   3 allocs/op
BenchmarkAccount-2    1   900 ns/op   607.4 B/account   0 goroutines
ok  	example	1s
`
	var out strings.Builder
	require.NoError(t, write(&out, strings.NewReader(in)))
	for _, row := range []string{
		"| X/floor | 20 | 4 | 0 | 1.00 | 1.00 | – |  |\n",
		"| X/mine | 24 | 6 | 0 | 1.20 | 1.50 | – |  |\n",
		"| TransportSize/oauth2/20 | 100 | 6 | 9 | 1.00 | 1.00 | 1.00 |  |\n",
		"| TransportSize/vendorlogin/20 | 90 | 3 | 3 | 0.90 | 0.50 | 0.33 | P8 kept |\n",
		"| Account | 900 | – | – | – | – | – | P5 kept: 607 B/account |\n",
	} {
		assert.Contains(t, out.String(), row)
	}
}
