package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

const callers = 1000

// tour shows a Client at work: one login for a thousand callers, a renewal that nobody waits for, and a rejected token replaced.
func tour(ctx context.Context, out io.Writer, to connect) error {
	const lifetime = 2500 * time.Millisecond
	server := vendortest.NewGcore(&vendortest.Options{AccessLife: lifetime})
	httpClient := to(server)
	defer server.Close()
	auth, err := gcore.New(gcore.Config{Username: vendortest.DefaultEmail, Password: right, BaseURL: server.URL, HTTPClient: httpClient})
	if err != nil {
		return err
	}
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{RenewBefore: lifetime / 2})
	if err != nil {
		return err
	}
	defer client.Close()

	if err := together(callers, func() error { _, err := client.Token(ctx); return err }); err != nil {
		return err
	}
	fmt.Fprintf(out, "  %d concurrent calls on a cold client: %d login\n", callers, server.Counts().Logins)

	first, err := client.Token(ctx)
	if err != nil {
		return err
	}
	blocked, err := untilRenewed(ctx, client, first)
	if err != nil {
		return err
	}
	counts := server.Counts()
	fmt.Fprintf(out, "  renewed %s before expiry: %d refresh, still %d login; the longest of the calls meanwhile took %s\n",
		time.Until(first.ExpiresAt).Round(100*time.Millisecond), counts.Refreshes, counts.Logins, blocked.Round(time.Microsecond))

	server.Revoke()
	api := &http.Client{Transport: client.Transport(httpClient.Transport), Timeout: time.Minute}
	resp, err := api.Get(server.APIURL())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("after a revocation: status %d", resp.StatusCode)
	}
	counts = server.Counts()
	fmt.Fprintf(out, "  the vendor revoked the token: %d call rejected, token renewed, %d call accepted; the caller saw %s\n",
		counts.APIRejected, counts.APICalls, resp.Status)
	fmt.Fprintf(out, "  in total: %d login, %d refreshes, %d refresh tokens presented twice\n",
		counts.Logins, counts.Refreshes, counts.RefreshReused)
	return nil
}

// untilRenewed calls Token until it returns another token. The result is how long the longest call took.
func untilRenewed(ctx context.Context, client *vendorlogin.Client, first *vendorlogin.Token) (longest time.Duration, err error) {
	for time.Now().Before(first.ExpiresAt) {
		begin := time.Now()
		token, err := client.Token(ctx)
		if err != nil {
			return 0, err
		}
		longest = max(longest, time.Since(begin))
		if token != first {
			return longest, nil
		}
		time.Sleep(time.Millisecond)
	}
	return 0, errors.New("the token was not renewed before it expired")
}

// together runs f n times at once.
func together(n int, f func() error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errors.Join(errs...)
}
