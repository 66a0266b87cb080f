// Command quickstart logs in to the five vendors through one interface, and then shows what a Client does with a token.
//
//	go run ./examples/quickstart          # against servers of its own on 127.0.0.1
//	go run ./examples/quickstart -live    # against the real vendors, with the credentials in the environment
//
// The servers behave like the vendors, so the numbers in the tables are theirs: what they counted, not what we believe.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	live := flag.Bool("live", false, "use the real vendors, and the credentials in the environment")
	flag.Parse()
	run := againstServers
	if *live {
		run = againstVendors
	}
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// againstServers is the whole tour, against servers of our own.
func againstServers(ctx context.Context, out io.Writer) error {
	vendors, err := startVendors()
	if err != nil {
		return err
	}
	defer vendors.close()

	fmt.Fprintln(out, "Five vendors, one Authenticator each:")
	if err := logins(ctx, out, vendors); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nThe same five with a wrong password, sent once each:")
	if err := wrongPasswords(ctx, out, vendors); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nOne Client over gcore:")
	return tour(ctx, out)
}

// logins prints a row for each vendor: log in, refresh where that is possible.
func logins(ctx context.Context, out io.Writer, vendors vendorList) error {
	rows := newTable(out, "VENDOR", "ACCOUNT", "TOKEN", "TYPE", "EXPIRES IN", "REFRESH IN", "SUBJECT", "REQUESTS")
	for _, v := range vendors {
		token, err := v.auth.Login(ctx)
		if err != nil {
			return err
		}
		if token, err = refreshed(ctx, v.auth, token); err != nil {
			return err
		}
		rows.add(append(describe(v.auth, token), v.requests())...)
	}
	return rows.print()
}

// refreshed trades the refresh token for a new token, where the vendor has such a thing.
func refreshed(ctx context.Context, a vendorlogin.Authenticator, t *vendorlogin.Token) (*vendorlogin.Token, error) {
	r, ok := a.(vendorlogin.Refresher)
	if !ok || t.Refresh.IsZero() {
		return t, nil
	}
	return r.Refresh(ctx, t)
}

func describe(a vendorlogin.Authenticator, t *vendorlogin.Token) []string {
	account := a.Account()
	kind := t.Type
	if _, own := a.(vendorlogin.Authorizer); own && kind == "" {
		kind = "own headers"
	} else if kind == "" {
		kind = "Bearer"
	}
	return []string{account.Vendor, account.Principal, fmt.Sprint(t.Access), kind, in(t.ExpiresAt), in(t.RefreshExpiresAt), orDash(t.Subject)}
}

func in(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return time.Until(t).Round(time.Second).String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// wrongPasswords prints the typed error that each vendor's own way of saying no becomes.
func wrongPasswords(ctx context.Context, out io.Writer, vendors vendorList) error {
	rows := newTable(out, "KIND", "ERROR", "VENDOR'S WORDS", "WRONG LOGINS SEEN")
	for _, v := range vendors {
		_, err := v.wrong.Login(ctx)
		e, ok := asError(err)
		if !ok {
			return fmt.Errorf("%s took a wrong password: %w", v.auth.Account().Vendor, err)
		}
		rows.add(e.Kind.Error(), e.Error(), orDash(e.Message), fmt.Sprint(v.server.Counts().WrongPasswords))
	}
	return rows.print()
}

// table collects rows, so that an error half way prints no half table.
type table struct {
	out  io.Writer
	rows [][]string
}

func newTable(out io.Writer, head ...string) *table { return &table{out, [][]string{head}} }

func (t *table) add(row ...string) { t.rows = append(t.rows, row) }

func (t *table) print() error {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, row := range t.rows {
		fmt.Fprintln(w, "  "+strings.Join(row, "\t"))
	}
	return w.Flush()
}
