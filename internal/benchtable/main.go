// Command benchtable reads what go test prints and writes a table of medians beside what the benchmarks are measured by.
//
//	go test -run '^$' -bench . -count 6 . ./loginhttp | go run ./internal/benchtable
//
// A benchmark whose name has a part "floor", or "oauth2", is the reference of those that differ from it in that part alone. The last
// column says which promise about cost a row is about, and whether it was kept. The promises that no benchmark can show have tests:
// P2 and P6 count calls, P7 counts packages.
//
// A figure is only as good as the machine is quiet: repeat what looks broken.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := write(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

func write(out io.Writer, in io.Reader) error {
	var names []string
	all := results{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		name, values, ok := parse(lines.Text())
		if !ok {
			continue
		}
		if all[name] == nil {
			names = append(names, name)
		}
		all.add(name, values)
	}
	fmt.Fprintln(out, "| benchmark | ns/op | B/op | allocs/op | × reference: time | bytes | allocations | promise |")
	fmt.Fprintln(out, "|---|--:|--:|--:|--:|--:|--:|---|")
	for _, name := range names {
		m, ratio := all[name], all.ratios(name)
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", strings.TrimPrefix(name, "Benchmark"),
			m.text("ns/op"), m.text("B/op"), m.text("allocs/op"),
			text(ratio["ns/op"]), text(ratio["B/op"]), text(ratio["allocs/op"]), verdict(name, m, ratio))
	}
	return lines.Err()
}
