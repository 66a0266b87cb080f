package main

import (
	"fmt"
	"strings"
)

// A promise bounds what a benchmark may cost: at most so many times its reference, or at most so many of a unit.
type promise struct {
	id, benchmark string
	ratios        map[string]float64 // by unit
	amounts       map[string]float64 // by unit
}

var promises = []promise{
	{"P1", "BenchmarkToken/one/client", map[string]float64{"ns/op": 1.10}, map[string]float64{"allocs/op": 0}},
	{"P1", "BenchmarkToken/parallel/client", map[string]float64{"ns/op": 1.15}, map[string]float64{"allocs/op": 0}},
	{"P3", "BenchmarkLogin/loginhttp", map[string]float64{"ns/op": 1.10, "B/op": 1.25}, nil},
	{"P4", "BenchmarkTransport/client", map[string]float64{"B/op": 1.25, "allocs/op": 1.25}, nil},
	{"P5", "BenchmarkAccount", nil, map[string]float64{"B/account": 700, "goroutines": 0}},
	{"P8", "BenchmarkTransportSize/vendorlogin/", map[string]float64{"ns/op": 1.00}, nil},
}

// verdict says which promise name is about, and what exceeds it.
func verdict(name string, m measured, ratios map[string]float64) string {
	for _, p := range promises {
		if name != p.benchmark && (!strings.HasSuffix(p.benchmark, "/") || !strings.HasPrefix(name, p.benchmark)) {
			continue
		}
		return p.id + p.judge(m, ratios)
	}
	return ""
}

func (p promise) judge(m measured, ratios map[string]float64) string {
	for unit, most := range p.ratios {
		if ratio, ok := ratios[unit]; !ok || ratio > most {
			return fmt.Sprintf(" broken: %s × the reference's %s, at most %.2f", text(ratio), unit, most)
		}
	}
	kept := " kept"
	for unit, most := range p.amounts {
		if len(m[unit]) == 0 || m.median(unit) > most {
			return fmt.Sprintf(" broken: %s %s, at most %.0f", m.text(unit), unit, most)
		}
		if unit == "B/account" {
			kept += ": " + m.text(unit) + " " + unit
		}
	}
	return kept
}
