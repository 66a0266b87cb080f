package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/secmgmt"
	"github.com/vendorlogin/vendorlogin/totp"
)

// A liveVendor is a vendor and the environment variables that its account is in.
type liveVendor struct {
	name     string
	required []string
	optional []string // a TOTP secret; without it a person is asked
	config   func(otp vendorlogin.OTPSource, c *http.Client) (vendorlogin.Authenticator, error)
}

var liveVendors = []liveVendor{
	{"gmicloud", []string{"GMICLOUD_EMAIL", "GMICLOUD_PASSWORD"}, nil,
		func(otp vendorlogin.OTPSource, c *http.Client) (vendorlogin.Authenticator, error) {
			return gmicloud.New(gmicloud.Config{
				Email:      os.Getenv("GMICLOUD_EMAIL"),
				Password:   vendorlogin.SecretEnv("GMICLOUD_PASSWORD"),
				OTP:        otp,
				HTTPClient: c,
			})
		}},
	{"genlogs", []string{"GENLOGS_EMAIL", "GENLOGS_PASSWORD", "GENLOGS_API_KEY"}, nil,
		func(_ vendorlogin.OTPSource, c *http.Client) (vendorlogin.Authenticator, error) {
			return genlogs.New(genlogs.Config{
				Email:      os.Getenv("GENLOGS_EMAIL"),
				Password:   vendorlogin.SecretEnv("GENLOGS_PASSWORD"),
				APIKey:     vendorlogin.SecretEnv("GENLOGS_API_KEY"),
				HTTPClient: c,
			})
		}},
	{"gcore", []string{"GCORE_USERNAME", "GCORE_PASSWORD"}, []string{"GCORE_TOTP"},
		func(otp vendorlogin.OTPSource, c *http.Client) (vendorlogin.Authenticator, error) {
			if os.Getenv("GCORE_TOTP") == "" {
				otp = nil // gcore takes the code along with the password, so it would be asked for in vain
			}
			return gcore.New(gcore.Config{
				Username:   os.Getenv("GCORE_USERNAME"),
				Password:   vendorlogin.SecretEnv("GCORE_PASSWORD"),
				OTP:        otp,
				HTTPClient: c,
			})
		}},
	{"secmgmt", []string{"SECMGMT_USERNAME", "SECMGMT_PASSWORD", "SECMGMT_BASE_URL"}, nil,
		func(_ vendorlogin.OTPSource, c *http.Client) (vendorlogin.Authenticator, error) {
			return secmgmt.New(secmgmt.Config{
				Username:   os.Getenv("SECMGMT_USERNAME"),
				Password:   vendorlogin.SecretEnv("SECMGMT_PASSWORD"),
				BaseURL:    os.Getenv("SECMGMT_BASE_URL"),
				HTTPClient: c,
			})
		}},
	{"genericlogin", []string{"GENERICLOGIN_EMAIL", "GENERICLOGIN_PASSWORD", "GENERICLOGIN_BASE_URL"}, []string{"GENERICLOGIN_TOTP"},
		func(otp vendorlogin.OTPSource, c *http.Client) (vendorlogin.Authenticator, error) {
			return genericlogin.New(genericlogin.Config{
				Email:      os.Getenv("GENERICLOGIN_EMAIL"),
				Password:   vendorlogin.SecretEnv("GENERICLOGIN_PASSWORD"),
				OTP:        otp,
				BaseURL:    os.Getenv("GENERICLOGIN_BASE_URL"),
				HTTPClient: c,
			})
		}},
}

// againstVendors logs in to each vendor whose variables are set, once, and names those that are missing for the others.
func againstVendors(ctx context.Context, out io.Writer) error {
	rows := newTable(out, "VENDOR", "ACCOUNT", "TOKEN", "TYPE", "EXPIRES IN", "REFRESH IN", "SUBJECT", "TOOK")
	var failed []error
	tried := 0
	for _, v := range liveVendors {
		if missing := v.missing(); len(missing) != 0 {
			fmt.Fprintf(out, "%s: left out, since the environment lacks %s\n", v.name, strings.Join(missing, ", "))
			continue
		}
		tried++
		row, err := v.login(ctx)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		rows.add(row...)
	}
	if tried == 0 {
		return errors.New("no vendor's credentials are in the environment")
	}
	return errors.Join(rows.print(), errors.Join(failed...))
}

func (v liveVendor) missing() []string {
	var names []string
	for _, name := range v.required {
		if os.Getenv(name) == "" {
			names = append(names, name)
		}
	}
	return names
}

func (v liveVendor) login(ctx context.Context) ([]string, error) {
	otp, err := v.otp()
	if err != nil {
		return nil, err
	}
	transport := newTransport()
	defer transport.CloseIdleConnections()
	auth, err := v.config(otp, &http.Client{Transport: transport, Timeout: 30 * time.Second})
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	token, err := auth.Login(ctx)
	if err != nil {
		return nil, err
	}
	return append(describe(auth, token), time.Since(begin).Round(time.Millisecond).String()), nil
}

// otp is the TOTP secret in the environment, or else a prompt.
func (v liveVendor) otp() (vendorlogin.OTPSource, error) {
	for _, name := range v.optional {
		if os.Getenv(name) != "" {
			return totp.New(vendorlogin.SecretEnv(name), nil)
		}
	}
	return vendorlogin.OTPFunc(prompt), nil
}

func prompt(_ context.Context, c vendorlogin.Challenge) (string, error) {
	fmt.Fprintf(os.Stderr, "%s: code for %s: ", c.Account.Vendor, c.Account.Principal)
	return bufio.NewReader(os.Stdin).ReadString('\n')
}
