package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vendorlogin/vendorlogin/vendortest"
)

//go:embed portal.yaml
var portal []byte

// A simulation is five vendors on loopback, and a file of accounts at them.
type simulation struct {
	dir, file string
	servers   []*vendortest.Server
}

const (
	perVendor  = 10
	totpSecret = "JBSWY3DPEHPK3PXP" // a fake
)

// simulate makes 50 accounts. Some have something wrong, as it is in life: a wrong password, a code that nobody can give, a wrong API
// key, an account that the vendor has closed. One vendor takes 4 logins per minute. Three accounts log in by a description.
func simulate() (_ *simulation, err error) {
	dir, err := os.MkdirTemp("", "accounts-")
	if err != nil {
		return nil, err
	}
	s := &simulation{dir: dir, file: filepath.Join(dir, "accounts.json")}
	defer func() {
		if err != nil {
			s.close()
		}
	}()

	users := make([]vendortest.User, perVendor)
	var accounts []Account
	for i, vendor := range []struct {
		name string
		make func(*vendortest.Options) *vendortest.Server
	}{
		{"gcore", vendortest.NewGcore},
		{"genlogs", vendortest.NewGenLogs},
		{"gmicloud", vendortest.NewGMICloud},
		{"genericlogin", vendortest.NewGenericLogin},
		{"secmgmt", vendortest.NewSecMgmt},
	} {
		for n := range users {
			users[n] = vendortest.User{Email: fmt.Sprintf("user-%02d@example.com", n+1), Password: vendortest.DefaultPassword}
		}
		users[3].TOTP, users[3].EmailCode, users[3].Deactivated = totpSecret, true, vendor.name == "genericlogin"
		options := &vendortest.Options{Users: users}
		if vendor.name == "secmgmt" {
			options.RateLimit, options.RateWindow = 4, time.Minute
		}
		server := vendor.make(options).Start()
		s.servers = append(s.servers, server)
		for n, u := range users {
			accounts = append(accounts, Account{
				ID:       fmt.Sprintf("customer-%02d", i*perVendor+n+1),
				Vendor:   vendor.name,
				User:     u.Email,
				Password: Source{File: filepath.Join(dir, "password")},
				BaseURL:  server.URL,
				Profile:  server.APIURL(),
			})
		}
	}
	for i := range accounts[:3] { // these log in by a description
		a := &accounts[i]
		*a = Account{
			ID: a.ID, Description: "portal.yaml", Profile: a.Profile,
			Values:  map[string]string{"base_url": a.BaseURL, "username": a.User},
			Secrets: map[string]Source{"password": a.Password},
		}
	}
	for i := range accounts {
		a := &accounts[i]
		if a.Vendor == "genlogs" {
			a.APIKey.File = filepath.Join(dir, "api-key")
		}
		if a.User == "user-04@example.com" && (a.Vendor == "gcore" || a.Vendor == "genericlogin") {
			a.TOTP.File = filepath.Join(dir, "totp")
		}
	}
	accounts[6].Password.File = filepath.Join(dir, "old-password") // customer-07, of gcore
	accounts[15].APIKey.File = filepath.Join(dir, "old-password")  // customer-16, of genlogs

	for name, content := range map[string]string{
		"portal.yaml":  string(portal),
		"password":     vendortest.DefaultPassword,
		"old-password": "not-the-password",
		"api-key":      vendortest.DefaultAPIKey,
		"totp":         totpSecret,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content+"\n"), 0o600); err != nil {
			return s, err
		}
	}
	data, err := json.MarshalIndent(accounts, "", "\t")
	if err != nil {
		return s, err
	}
	return s, os.WriteFile(s.file, append(data, '\n'), 0o600)
}

func (s *simulation) close() {
	for _, server := range s.servers {
		server.Close()
	}
	_ = os.RemoveAll(s.dir)
}
