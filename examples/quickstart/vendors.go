package main

import (
	"context"
	"errors"
	"fmt"

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
	totpSecret = "JBSWY3DPEHPK3PXP" // a fake: an authenticator app's secret in base32
)

var (
	right = vendorlogin.SecretString("example-password")
	wrong = vendorlogin.SecretString("not-the-password")
)

// A vendorEntry is a vendor, the server that plays it, and the same account with a wrong password.
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

// startVendors starts five servers on loopback and configures five authenticators for them, three with a second factor.
func startVendors() (vendorList, error) {
	app := &vendortest.Options{Users: []vendortest.User{{Email: email, Password: "example-password", TOTP: totpSecret}}}
	mail := &vendortest.Options{Users: []vendortest.User{{Email: email, Password: "example-password", EmailCode: true}}}

	var list vendorList
	var err error
	add := func(server *vendortest.Server, config func(base string, password vendorlogin.SecretFunc) (vendorlogin.Authenticator, error)) {
		server.Start()
		auth, authErr := config(server.URL, right)
		bad, badErr := config(server.URL, wrong)
		err = errors.Join(err, authErr, badErr)
		list = append(list, vendorEntry{server, auth, bad})
	}

	gmi := vendortest.NewGMICloud(mail)
	add(gmi, func(base string, password vendorlogin.SecretFunc) (vendorlogin.Authenticator, error) {
		// A person would be asked here; this one reads the mail the server has just sent.
		mailbox := vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) { return gmi.Code(email), nil })
		return gmicloud.New(gmicloud.Config{Email: email, Password: password, OTP: mailbox, BaseURL: base})
	})
	add(vendortest.NewGenLogs(nil), func(base string, password vendorlogin.SecretFunc) (vendorlogin.Authenticator, error) {
		key := vendorlogin.SecretString(vendortest.DefaultAPIKey)
		return genlogs.New(genlogs.Config{Email: email, Password: password, APIKey: key, BaseURL: base})
	})
	add(vendortest.NewGcore(app), func(base string, password vendorlogin.SecretFunc) (vendorlogin.Authenticator, error) {
		codes, err := totp.New(vendorlogin.SecretString(totpSecret), nil)
		if err != nil {
			return nil, err
		}
		return gcore.New(gcore.Config{Username: email, Password: password, OTP: codes, BaseURL: base})
	})
	add(vendortest.NewSecMgmt(nil), func(base string, password vendorlogin.SecretFunc) (vendorlogin.Authenticator, error) {
		return secmgmt.New(secmgmt.Config{Username: email, Password: password, BaseURL: base})
	})
	add(vendortest.NewGenericLogin(app), func(base string, password vendorlogin.SecretFunc) (vendorlogin.Authenticator, error) {
		codes, err := totp.New(vendorlogin.SecretString(totpSecret), nil)
		if err != nil {
			return nil, err
		}
		return genericlogin.New(genericlogin.Config{Email: email, Password: password, OTP: codes, BaseURL: base})
	})
	return list, err
}

func asError(err error) (*vendorlogin.Error, bool) { return errors.AsType[*vendorlogin.Error](err) }
