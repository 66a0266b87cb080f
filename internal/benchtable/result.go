package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// measured are the values of one benchmark by unit, in the order of the runs.
type measured map[string][]float64

// results are all benchmarks by name.
type results map[string]measured

func (r results) add(name string, values map[string]float64) {
	if r[name] == nil {
		r[name] = measured{}
	}
	for unit, value := range values {
		r[name][unit] = append(r[name][unit], value)
	}
}

// ratios are the medians of name by those of its reference, by unit. A unit that cannot be compared is missing.
func (r results) ratios(name string) map[string]float64 {
	ratios := map[string]float64{}
	reference := r.reference(name)
	for unit := range r[name] {
		if floor := reference.median(unit); floor != 0 {
			ratios[unit] = r[name].median(unit) / floor
		}
	}
	return ratios
}

// reference is what name is measured by; nil: nothing.
func (r results) reference(name string) measured {
	parts := strings.Split(name, "/")
	for i := 1; i < len(parts); i++ {
		for _, word := range []string{"floor", "oauth2"} {
			other := slices.Clone(parts)
			other[i] = word
			if m := r[strings.Join(other, "/")]; m != nil {
				return m
			}
		}
	}
	return nil
}

func (m measured) median(unit string) float64 {
	sorted := slices.Sorted(slices.Values(m[unit]))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// text is a median; "–" where it was not measured.
func (m measured) text(unit string) string {
	switch {
	case len(m[unit]) == 0:
		return "–"
	case unit == "ns/op":
		return fmt.Sprintf("%.4g", m.median(unit))
	}
	return fmt.Sprintf("%.0f", m.median(unit))
}

// text is a ratio; "–" where there is none.
func text(ratio float64) string {
	if ratio == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", ratio)
}

var processors = regexp.MustCompile(`-\d+$`)

// parse reads a line such as "BenchmarkToken/floor-2  100  35.1 ns/op  0 B/op".
func parse(line string) (name string, values map[string]float64, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", nil, false
	}
	values = map[string]float64{}
	for i := 2; i+1 < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return "", nil, false
		}
		values[fields[i+1]] = value
	}
	return processors.ReplaceAllString(fields[0], ""), values, true
}
