// Command quickstart logs in to the five vendors through one interface, and then shows what a Client does with a token.
//
//	go run ./examples/quickstart          # against servers of its own on 127.0.0.1
//	go run ./examples/quickstart -live    # against the real vendors, with the credentials in the environment
//
// The servers behave like the vendors, and the numbers in the tables are what they counted.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	live := flag.Bool("live", false, "use the real vendors, and the credentials in the environment")
	flag.Parse()
	run := func(ctx context.Context, out io.Writer) error { return againstServers(ctx, out, onLoopback) }
	if *live {
		run = againstVendors
	}
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		stop()
		os.Exit(1)
	}
}
