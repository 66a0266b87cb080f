// Command benchtable reads what go test -bench -count prints and writes a table of medians beside their floors: each benchmark whose
// name ends in "/floor" is what the others of its group are measured by.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := write(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

// measured are the values of one unit, in the order of the runs.
type measured map[string][]float64

func write(out io.Writer, in io.Reader) error {
	var names []string
	all := map[string]measured{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		name, values, ok := parse(lines.Text())
		if !ok {
			continue
		}
		if all[name] == nil {
			names = append(names, name)
			all[name] = measured{}
		}
		for unit, value := range values {
			all[name][unit] = append(all[name][unit], value)
		}
	}
	fmt.Fprintln(out, "| benchmark | ns/op | B/op | allocs/op | × floor: time | bytes | allocations |")
	fmt.Fprintln(out, "|---|--:|--:|--:|--:|--:|--:|")
	for _, name := range names {
		m, floor := all[name], all[path.Dir(name)+"/floor"]
		if m["B/op"] == nil {
			continue
		}
		fmt.Fprintf(out, "| %s | %.4g | %.0f | %.0f | %s | %s | %s |\n", strings.TrimPrefix(name, "Benchmark"),
			m.median("ns/op"), m.median("B/op"), m.median("allocs/op"), m.ratio(floor, "ns/op"), m.ratio(floor, "B/op"), m.ratio(floor, "allocs/op"))
	}
	return lines.Err()
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

func (m measured) median(unit string) float64 {
	sorted := slices.Sorted(slices.Values(m[unit]))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func (m measured) ratio(floor measured, unit string) string {
	if floor == nil || floor.median(unit) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", m.median(unit)/floor.median(unit))
}
