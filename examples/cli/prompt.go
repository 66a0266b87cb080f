package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

// prompt asks the person. An empty line asks the vendor to send the mail again.
func (t tool) prompt(ctx context.Context, c vendorlogin.Challenge) (string, error) {
	resend := ""
	if c.Resend != nil {
		resend = ", or nothing to have it sent again"
	}
	for {
		fmt.Fprintf(t.ask, "Code by %s for %s (attempt %d%s): ", c.Method, c.Account.Principal, c.Attempt, resend)
		line, err := t.in.ReadString('\n')
		line = strings.TrimSpace(line)
		if line != "" && errors.Is(err, io.EOF) {
			return line, nil
		}
		if line != "" || err != nil || c.Resend == nil {
			return line, err
		}
		if err := c.Resend(ctx); err != nil {
			return "", err
		}
	}
}
