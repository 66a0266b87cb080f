// Command cli is an internal tool that logs in once, asking for the code that the vendor e-mails, and not again for as long as the
// token can be renewed. It keeps the token in an encrypted file. It prints the headers of a request in the form that curl reads, so
// that the token does not show in the list of processes:
//
//	export CLI_PASSWORD=…
//	go run ./examples/cli -email ops@example.com | curl -K - https://console.gmicloud.ai/api/v1/me/profile
//
// Where it cannot keep the token, it says so in one line on standard error, and works all the same.
//
// Without an account, go run ./examples/cli -demo simulates three runs against a server of its own on 127.0.0.1.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gmicloud"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := tool{password: vendorlogin.SecretEnv("CLI_PASSWORD"), in: bufio.NewReader(os.Stdin), out: os.Stdout, ask: os.Stderr}
	flag.StringVar(&t.email, "email", "", "who logs in")
	flag.StringVar(&t.baseURL, "url", gmicloud.DefaultBaseURL, "the vendor's base URL")
	flag.StringVar(&t.dir, "dir", "", "where to keep the token and the key; default: a directory of its own among the user's configuration")
	flag.BoolVar(&t.logout, "logout", false, "forget the token")
	demo := flag.Bool("demo", false, "simulate three runs against a server of our own")
	flag.Parse()

	run := t.run
	if *demo {
		run = t.demo
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cli:", err)
		stop()
		os.Exit(1)
	}
}
