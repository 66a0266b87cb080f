package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParse(t *testing.T) {
	t.Parallel()
	name, values, ok := parse("BenchmarkToken/one/floor-2   \t 100\t  35.1 ns/op\t 0 B/op")
	assert.True(t, ok)
	assert.Equal(t, "BenchmarkToken/one/floor", name)
	assert.Equal(t, map[string]float64{"ns/op": 35.1, "B/op": 0}, values)
	for _, line := range []string{"", "PASS", "ok  	example	1s	x", "BenchmarkX", "BenchmarkX-2  10  fast ns/op"} {
		_, _, ok := parse(line)
		assert.False(t, ok, line)
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	r := results{}
	for _, name := range []string{"A/one/floor", "A/one/mine", "A/two/mine", "B/oauth2/20", "B/mine/20", "B/mine/4096", "C"} {
		r.add(name, map[string]float64{"ns/op": float64(len(name))})
	}
	assert.Equal(t, r["A/one/floor"], r.reference("A/one/mine"))
	assert.Equal(t, r["A/one/floor"], r.reference("A/one/floor"))
	assert.Equal(t, r["B/oauth2/20"], r.reference("B/mine/20"))
	for _, name := range []string{"A/two/mine", "B/mine/4096", "C"} {
		assert.Nil(t, r.reference(name), name)
		assert.Empty(t, r.ratios(name), name)
	}
}
