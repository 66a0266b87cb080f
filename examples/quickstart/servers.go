package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/vendorlogin/vendorlogin"
)

// againstServers is the whole tour, against servers of our own.
func againstServers(ctx context.Context, out io.Writer, to connect) error {
	vendors, err := startVendors(to)
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
	return tour(ctx, out, to)
}

// logins prints a row for each vendor: log in, and refresh where that is possible.
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

// refreshed exchanges the refresh token for a new token, where the vendor has one.
func refreshed(ctx context.Context, a vendorlogin.Authenticator, t *vendorlogin.Token) (*vendorlogin.Token, error) {
	r, ok := a.(vendorlogin.Refresher)
	if !ok || t.Refresh.IsZero() {
		return t, nil
	}
	return r.Refresh(ctx, t)
}

// wrongPasswords prints the typed error that each vendor's own way of saying no becomes.
func wrongPasswords(ctx context.Context, out io.Writer, vendors vendorList) error {
	rows := newTable(out, "KIND", "ERROR", "VENDOR'S WORDS", "WRONG LOGINS SEEN")
	for _, v := range vendors {
		_, err := v.wrong.Login(ctx)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		if !ok {
			return fmt.Errorf("%s accepted a wrong password: %w", v.auth.Account().Vendor, err)
		}
		rows.add(e.Kind.Error(), e.Error(), orDash(e.Message), fmt.Sprint(v.server.Counts().WrongPasswords))
	}
	return rows.print()
}
