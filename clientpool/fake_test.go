package clientpool_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// fakeAuth is an account whose login takes a while, and then is a token or err.
type fakeAuth struct {
	account vendorlogin.Account
	took    time.Duration
	err     error
	quick   *vendorlogin.Token // returned at once
	logins  atomic.Int64
}

func (a *fakeAuth) Account() vendorlogin.Account { return a.account }

func (a *fakeAuth) Login(ctx context.Context) (*vendorlogin.Token, error) {
	n, sent := a.logins.Add(1), time.Now()
	if a.quick != nil {
		return a.quick, nil
	}
	select {
	case <-time.After(a.took):
	case <-ctx.Done():
		return nil, &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrUnavailable, Err: ctx.Err()}
	}
	if a.err != nil {
		return nil, a.err
	}
	return &vendorlogin.Token{
		Access:   vendorlogin.NewSecret(fmt.Sprint("example-", a.account.Principal, "-", n)),
		IssuedAt: sent, ExpiresAt: sent.Add(24 * time.Hour),
	}, nil
}

func account(principal string) vendorlogin.Account {
	return vendorlogin.Account{Vendor: "example", Endpoint: "https://api.example.com", Principal: principal}
}
