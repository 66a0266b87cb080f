package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		benchmark string
		measured  measured
		ratios    map[string]float64
		want      string
	}{
		"kept": {"BenchmarkToken/one/client", measured{"allocs/op": {0}}, map[string]float64{"ns/op": 1.10}, "P1 kept"},
		"too slow": {"BenchmarkLogin/loginhttp", nil, map[string]float64{"ns/op": 1.11, "B/op": 1},
			"P3 broken: 1.11 × the reference's ns/op, at most 1.10"},
		"too large": {"BenchmarkLogin/loginhttp", nil, map[string]float64{"ns/op": 1, "B/op": 2},
			"P3 broken: 2.00 × the reference's B/op, at most 1.25"},
		"allocates": {"BenchmarkToken/one/client", measured{"allocs/op": {1}}, map[string]float64{"ns/op": 1},
			"P1 broken: 1 allocs/op, at most 0"},
		"no reference": {"BenchmarkTransportSize/vendorlogin/20", nil, nil, "P8 broken: – × the reference's ns/op, at most 1.00"},
		"by size":      {"BenchmarkTransportSize/vendorlogin/4096", nil, map[string]float64{"ns/op": 0.3}, "P8 kept"},
		"an amount":    {"BenchmarkAccount", measured{"B/account": {607}, "goroutines": {0}}, nil, "P5 kept: 607 B/account"},
		"too much":     {"BenchmarkAccount", measured{"B/account": {701}, "goroutines": {0}}, nil, "P5 broken: 701 B/account, at most 700"},
		"not measured": {"BenchmarkAccount", measured{"B/account": {607}}, nil, "P5 broken: – goroutines, at most 0"},
		"none":         {"BenchmarkToken/one/floor", nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, verdict(c.benchmark, c.measured, c.ratios))
		})
	}
}

// A renamed benchmark would leave the table without anybody noticing.
func TestEachPromiseHasItsBenchmark(t *testing.T) {
	t.Parallel()
	var known []string
	for _, pattern := range []string{"../../*_test.go", "../../loginhttp/*_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			known = append(known, regexp.MustCompile(`\bBenchmark\w+`).FindAllString(string(text), -1)...)
		}
	}
	for _, p := range promises {
		assert.Contains(t, known, strings.Split(p.benchmark, "/")[0], p.id)
	}
}
