package authtest_test

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
)

func (p *plain) Login(ctx context.Context) (*vendorlogin.Token, error) {
	if p.caches && p.last != nil {
		return p.last, nil
	}
	if p.sequential && !p.broken.CompareAndSwap(false, true) {
		return nil, p.fail("login", vendorlogin.ErrUnavailable, errors.New("busy"))
	}
	token, err := p.login(ctx)
	if p.sequential {
		p.broken.Store(false)
	}
	if err == nil && (p.caches || p.reusesToken || p.printsItself) {
		token = p.remember(token)
	}
	return token, err
}

func (p *plain) remember(token *vendorlogin.Token) *vendorlogin.Token {
	if p.reusesToken && p.last != nil {
		*p.last = *token
		copied := *token
		return &copied
	}
	p.last = token
	if p.printsItself {
		p.seen = token.Access.Reveal()
	}
	return token
}

func (p *plain) login(ctx context.Context) (*vendorlogin.Token, error) {
	password, err := p.readPassword(ctx)
	if err != nil {
		return nil, err
	}
	in := map[string]string{"user": p.account.Principal, "password": password}
	out, err := p.exchange(ctx, "login", "/login", in)
	if err != nil && p.retriesWrongPassword && errors.Is(err, vendorlogin.ErrInvalidCredentials) {
		out, err = p.exchange(ctx, "login", "/login", in)
	}
	if err != nil {
		return nil, err
	}
	if out.Step != "" {
		out, err = p.secondStep(ctx, out.Step)
		if err != nil {
			return nil, err
		}
	}
	return p.token(out)
}

func (p *plain) readPassword(ctx context.Context) (string, error) {
	secret, err := p.password(ctx)
	if err != nil {
		switch {
		case p.bareSecretError:
			return "", err
		case p.hidesSecretError:
			return "", p.fail("login", vendorlogin.ErrUnavailable, errors.New("no password"))
		}
		return "", p.fail("login", vendorlogin.ErrUnavailable, err)
	}
	control := strings.ContainsFunc(secret.Reveal(), unicode.IsControl) && !p.sendsControl
	if secret.IsZero() && !p.sendsEmptyPassword || control {
		return "", p.fail("login", vendorlogin.ErrInvalidRequest, nil)
	}
	return secret.Reveal(), nil
}

func (p *plain) secondStep(ctx context.Context, step string) (out body, err error) {
	if p.asksTwice {
		_, _ = vendorlogin.AskOTP(ctx, p.otp, vendorlogin.Challenge{Account: p.account, Attempt: 1})
	}
	used, rejected := map[string]bool{}, error(nil)
	for attempt := 1; ; attempt++ {
		code, err := vendorlogin.AskOTP(ctx, p.otp, vendorlogin.Challenge{Account: p.account, Attempt: attempt})
		if err != nil {
			if p.missingCodeIsForbidden {
				return out, p.fail("otp", vendorlogin.ErrForbidden, nil)
			}
			return out, err
		}
		if used[code] && !p.repeatsCode {
			return out, rejected
		}
		used[code] = true
		out, err = p.exchange(ctx, "otp", "/code", map[string]string{"step": step, "code": code})
		rejected = err
		if !errors.Is(err, vendorlogin.ErrOTPRejected) || attempt == 3 && !p.asksWithoutEnd || attempt == 10 {
			return out, err
		}
	}
}

func (p *plain) token(out body) (*vendorlogin.Token, error) {
	if out.Access == "" && !p.takesAnything {
		return nil, p.fail("login", vendorlogin.ErrBadResponse, errors.New("no token"))
	}
	token := &vendorlogin.Token{
		Access: vendorlogin.NewSecret(out.Access), Refresh: vendorlogin.NewSecret(out.Refresh), Subject: out.User, Type: "Bearer",
		IssuedAt: out.sentAt, ExpiresAt: out.sentAt.Add(time.Duration(out.Expires) * time.Second),
	}
	switch {
	case p.issuedLate:
		token.IssuedAt = time.Now()
	case p.issuedNever:
		token.IssuedAt = time.Time{}
	case p.expired:
		token.ExpiresAt = token.IssuedAt
	case p.refreshExpired:
		token.RefreshExpiresAt = token.IssuedAt
	case p.badType:
		token.Type = "Bearer\r\n"
	case p.extraSecret:
		token.Extra = map[string]string{"refresh_token": out.Refresh}
	}
	return token, nil
}
