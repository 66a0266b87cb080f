package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/gcore"
	"github.com/vendorlogin/vendorlogin/genericlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/gmicloud"
	"github.com/vendorlogin/vendorlogin/loginspec"
	"github.com/vendorlogin/vendorlogin/loginspec/specyaml"
	"github.com/vendorlogin/vendorlogin/secmgmt"
	"github.com/vendorlogin/vendorlogin/totp"
)

// An Account is one customer's account at a vendor, as the file has it. No secret is in the file: it names where each is.
type Account struct {
	ID     string `json:"id"`               // the program's own name for the customer
	Vendor string `json:"vendor,omitempty"` // "gcore", "genlogs", "gmicloud", "genericlogin" or "secmgmt"
	User   string `json:"user,omitempty"`   // e-mail or user name

	Password Source `json:"password,omitzero"`
	APIKey   Source `json:"api_key,omitzero"` // genlogs
	TOTP     Source `json:"totp,omitzero"`    // gcore, genericlogin: the secret of an authenticator app

	BaseURL string `json:"base_url,omitempty"` // secmgmt and genericlogin: required; else the vendor's own
	Profile string `json:"profile,omitempty"`  // a URL of the vendor's API, to be called as this customer

	// Description is a file that describes the login of another vendor, in YAML or JSON, beside the file of accounts. Values and
	// Secrets are its inputs. Vendor, User and the secrets above are for the vendors that there is Go code for.
	Description string            `json:"description,omitempty"`
	Values      map[string]string `json:"values,omitempty"`
	Secrets     map[string]Source `json:"secrets,omitempty"`
}

// A Source is where a secret is. It is read at each login, so a new password is used without a restart.
type Source struct {
	File string `json:"file,omitempty"`
	Env  string `json:"env,omitempty"`
}

func (s Source) secret() vendorlogin.SecretFunc {
	switch {
	case s.File != "":
		return vendorlogin.SecretFile(s.File)
	case s.Env != "":
		return vendorlogin.SecretEnv(s.Env)
	}
	return nil
}

// ReadAccounts reads a JSON array of Accounts, and returns them by ID.
func ReadAccounts(file string) (map[string]Account, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []Account
	decoder := json.NewDecoder(f)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	accounts := map[string]Account{}
	for i, a := range list {
		if a.ID == "" {
			return nil, fmt.Errorf("%s: account %d: id is required", file, i+1)
		}
		if _, twice := accounts[a.ID]; twice {
			return nil, fmt.Errorf("%s: account %d: id %q is there twice", file, i+1, a.ID)
		}
		if a.Description != "" && !filepath.IsAbs(a.Description) {
			a.Description = filepath.Join(filepath.Dir(file), a.Description)
		}
		auth, err := a.Authenticator(nil)
		if err != nil { // now, not at the first call
			return nil, fmt.Errorf("%s: account %q: %w", file, a.ID, err)
		}
		a.Vendor, a.User = auth.Account().Vendor, auth.Account().Principal
		accounts[a.ID] = a
	}
	return accounts, nil
}

// Authenticator is how the account logs in.
func (a Account) Authenticator(c *http.Client) (vendorlogin.Authenticator, error) {
	if a.Description != "" {
		return a.described(c)
	}
	password := a.Password.secret()
	codes, err := a.codes()
	if err != nil {
		return nil, err
	}
	switch a.Vendor {
	case "gcore":
		return gcore.New(gcore.Config{Username: a.User, Password: password, OTP: codes, BaseURL: a.BaseURL, HTTPClient: c})
	case "genericlogin":
		return genericlogin.New(genericlogin.Config{Email: a.User, Password: password, OTP: codes, BaseURL: a.BaseURL, HTTPClient: c})
	case "genlogs":
		return genlogs.New(genlogs.Config{Email: a.User, Password: password, APIKey: a.APIKey.secret(), BaseURL: a.BaseURL, HTTPClient: c})
	case "gmicloud":
		return gmicloud.New(gmicloud.Config{Email: a.User, Password: password, BaseURL: a.BaseURL, HTTPClient: c})
	case "secmgmt":
		return secmgmt.New(secmgmt.Config{Username: a.User, Password: password, BaseURL: a.BaseURL, HTTPClient: c})
	}
	return nil, fmt.Errorf("vendor %q is not one of gcore, genericlogin, genlogs, gmicloud and secmgmt", a.Vendor)
}

// described is an Authenticator made of a description.
func (a Account) described(c *http.Client) (vendorlogin.Authenticator, error) {
	file, err := os.Open(a.Description)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	read := specyaml.Read
	if filepath.Ext(a.Description) == ".json" {
		read = loginspec.Read
	}
	spec, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.Description, err)
	}
	secrets := map[string]vendorlogin.SecretFunc{}
	for name, source := range a.Secrets {
		secrets[name] = source.secret()
	}
	return loginspec.New(spec, loginspec.Config{Values: a.Values, Secrets: secrets, HTTPClient: c})
}

// codes is where one-time codes come from; nil: the account has none.
func (a Account) codes() (vendorlogin.OTPSource, error) {
	secret := a.TOTP.secret()
	if secret == nil {
		return nil, nil
	}
	source, err := totp.New(secret, nil)
	if err != nil {
		return nil, err
	}
	return source, nil
}

var errNoCustomer = errors.New("no such customer")
