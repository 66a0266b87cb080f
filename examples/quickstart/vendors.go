package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/secmgmt"
	"github.com/vendorlogin/vendorlogin/totp"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

const (
	email      = "ops@example.com"
	totpSecret = "JBSWY3DPEHPK3PXP" // a fake, in base32
)

var (
	right = vendorlogin.SecretString("example-password")
	wrong = vendorlogin.SecretString("not-the-password")
)

// A vendorEntry is an account of a vendor, the server that simulates the vendor, and the same account with a wrong password.
type vendorEntry struct {
	server      *vendortest.Server
	auth, wrong vendorlogin.Authenticator
}

func (v vendorEntry) requests() string {
	c := v.server.Counts()
	return fmt.Sprintf("%d (%d login, %d code, %d refresh)", c.Requests, c.Logins, c.OTPs, c.Refreshes)
}

type vendorList []vendorEntry

func (l vendorList) close() {
	for _, v := range l {
		v.server.Close()
	}
}

// A configure makes an Authenticator for the server at base.
type configure func(base string, password vendorlogin.SecretFunc, c *http.Client) (vendorlogin.Authenticator, error)

// startVendors starts five servers and configures an Authenticator for each, three with a second factor.
func startVendors(to connect) (vendorList, error) {
	app := &vendortest.Options{Users: []vendortest.User{{Email: email, Password: "example-password", TOTP: totpSecret}}}
	mail := &vendortest.Options{Users: []vendortest.User{{Email: email, Password: "example-password", EmailCode: true}}}

	var list vendorList
	var err error
	add := func(server *vendortest.Server, config configure) {
		httpClient := to(server)
		auth, authErr := config(server.URL, right, httpClient)
		bad, badErr := config(server.URL, wrong, httpClient)
		err = errors.Join(err, authErr, badErr)
		list = append(list, vendorEntry{server, auth, bad})
	}

	gmi := vendortest.NewGMICloud(mail)
	add(gmi, func(base string, password vendorlogin.SecretFunc, c *http.Client) (vendorlogin.Authenticator, error) {
		// A person would be asked here; this one reads the mail the server has just sent.
		mailbox := vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return gmi.Code(email), nil })
		return gmicloud.New(gmicloud.Config{Email: email, Password: password, OTP: mailbox, BaseURL: base, HTTPClient: c})
	})
	add(vendortest.NewGenLogs(nil), func(base string, password vendorlogin.SecretFunc, c *http.Client) (vendorlogin.Authenticator, error) {
		key := vendorlogin.SecretString(vendortest.DefaultAPIKey)
		return genlogs.New(genlogs.Config{Email: email, Password: password, APIKey: key, BaseURL: base, HTTPClient: c})
	})
	add(vendortest.NewGcore(app), func(base string, password vendorlogin.SecretFunc, c *http.Client) (vendorlogin.Authenticator, error) {
		codes, err := totp.New(vendorlogin.SecretString(totpSecret), nil)
		if err != nil {
			return nil, err
		}
		return gcore.New(gcore.Config{Username: email, Password: password, OTP: codes, BaseURL: base, HTTPClient: c})
	})
	add(vendortest.NewSecMgmt(nil), func(base string, password vendorlogin.SecretFunc, c *http.Client) (vendorlogin.Authenticator, error) {
		return secmgmt.New(secmgmt.Config{Username: email, Password: password, BaseURL: base, HTTPClient: c})
	})
	generic := vendortest.NewGenericLogin(app)
	add(generic, func(base string, password vendorlogin.SecretFunc, c *http.Client) (vendorlogin.Authenticator, error) {
		codes, err := totp.New(vendorlogin.SecretString(totpSecret), nil)
		if err != nil {
			return nil, err
		}
		return genericlogin.New(genericlogin.Config{Email: email, Password: password, OTP: codes, BaseURL: base, HTTPClient: c})
	})
	return list, err
}
