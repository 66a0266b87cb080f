package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A table collects rows, so that an error half way prints no half table.
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

// describe is a token's row.
func describe(a vendorlogin.Authenticator, t *vendorlogin.Token) []string {
	account := a.Account()
	kind := cmp.Or(t.Type, "Bearer")
	if _, headers := a.(vendorlogin.Authorizer); headers && t.Type == "" {
		kind = "own headers"
	}
	return []string{account.Vendor, account.Principal, fmt.Sprint(t.Access), kind, in(t.ExpiresAt), in(t.RefreshExpiresAt), orDash(t.Subject)}
}

func in(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return time.Until(t).Round(time.Second).String()
}

func orDash(s string) string { return cmp.Or(s, "-") }
