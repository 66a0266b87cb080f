package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gmicloud"
)

// A tool is one run of the program.
type tool struct {
	email, baseURL, dir string
	password            vendorlogin.SecretFunc
	logout              bool

	in  *bufio.Reader // where the person types
	out io.Writer     // the headers
	ask io.Writer     // what the person reads
}

func (t tool) run(ctx context.Context) error {
	auth, err := gmicloud.New(gmicloud.Config{Email: t.email, Password: t.password, OTP: vendorlogin.OTPFunc(t.prompt), BaseURL: t.baseURL})
	if err != nil {
		return err
	}
	store, reason := openStore(t.dir) // without a store the tool works too
	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: store})
	if err != nil {
		return err
	}
	if t.logout {
		err = client.Logout(ctx)
	} else {
		err = t.printHeaders(ctx, client)
	}
	status := client.Status()
	err = errors.Join(err, shutdown(client))
	if status.Unsaved {
		reason = cmp.Or(reason, status.StoreErr)
	}
	if reason != nil {
		fmt.Fprintln(t.ask, "cli: nothing is kept, so the next run asks for a code again:", oneLine(reason))
	}
	return err
}

// shutdown saves what is being fetched. A person does not wait half a minute for a vendor that does not respond.
func shutdown(client *vendorlogin.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return client.Shutdown(ctx)
}

// printHeaders prints what the vendor wants on a request, as a configuration for curl -K.
func (t tool) printHeaders(ctx context.Context, client *vendorlogin.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.baseURL, nil)
	if err != nil {
		return err
	}
	if err := client.Authorize(req); err != nil {
		return err
	}
	var lines []string
	for name, values := range req.Header {
		lines = append(lines, fmt.Sprintf("header = %q\n", name+": "+values[0]))
	}
	slices.Sort(lines)
	_, err = io.WriteString(t.out, strings.Join(lines, ""))
	return err
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
