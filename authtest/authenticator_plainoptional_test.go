package authtest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

func (p *plain) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	if p.refreshReadsPassword {
		_, _ = p.password(ctx)
	}
	if p.refreshChanges {
		old.ExpiresAt = time.Now()
	}
	out, err := p.exchange(ctx, "refresh", "/refresh", map[string]string{"refresh": old.Refresh.Reveal()})
	if err != nil {
		if p.refreshGivesToken {
			return old, err
		}
		return nil, err
	}
	token, err := p.token(out)
	if err != nil {
		return nil, err
	}
	switch {
	case p.refreshDropsRefresh:
		token.Refresh = vendorlogin.Secret{}
	case p.refreshDropsSubject:
		token.Subject = ""
	case p.refreshDropsType:
		token.Type = ""
	case p.refreshSame:
		*old = *token
		return old, nil
	}
	return token, nil
}

func (p *plain) Revoke(ctx context.Context, t *vendorlogin.Token) error {
	if p.revokeChanges {
		t.ExpiresAt = time.Now()
	}
	if p.revokeFails {
		return p.fail("logout", vendorlogin.ErrInvalidRequest, nil)
	}
	_, err := p.exchange(ctx, "logout", "/logout", map[string]string{"access": t.Access.Reveal()})
	if errors.Is(err, vendorlogin.ErrInvalidCredentials) && !p.revokeFindsOut {
		return nil
	}
	return err
}

func (p *plain) Authorize(req *http.Request, t *vendorlogin.Token) error {
	value := "Bearer " + t.Access.Reveal()
	switch {
	case p.authorizeNothing:
		return nil
	case p.authorizeAdds:
		req.Header.Add("Authorization", value)
		return nil
	case p.authorizeQuery:
		req.URL.RawQuery = "access=" + t.Access.Reveal()
	case p.twoParameters:
		req.URL.RawQuery += "&access=" + t.Access.Reveal()
	case p.authorizeRaw:
		req.Header.Set("Authorization", cmp.Or(t.Type, "Bearer")+" "+t.Access.Reveal())
		return nil
	case p.authorizeReads && req.Body != nil:
		_, _ = io.ReadAll(req.Body)
	case p.authorizeOverwrites:
		req.Header = http.Header{}
	case p.authorizeSends:
		other, _ := http.NewRequest(http.MethodGet, p.account.Endpoint+"/me", nil)
		_, _ = p.client.Transport.RoundTrip(other)
	case p.authorizeChanges:
		t.Subject = "used"
	case p.authorizeWrong:
		req.Header.Set("Authorization", "Token "+t.Access.Reveal())
		return nil
	case p.authorizeAnything:
		req.Header["Authorization"] = []string{value}
		return nil
	}
	return t.SetAuthHeader(req)
}

func (p *plain) Rejected(resp *http.Response, _ *vendorlogin.Token) bool {
	switch {
	case p.rejectedReads:
		_, _ = io.ReadAll(resp.Body)
	case p.rejectedCloses:
		_ = resp.Body.Close()
	default:
		_ = vendorlogin.PeekBody(resp)
	}
	return resp.StatusCode == 401 && !p.rejectsNone || p.rejectsAll
}

func (p *plain) Fingerprint(ctx context.Context) (uint64, error) {
	if p.fingerprintSends {
		_, _ = p.exchange(ctx, "login", "/login", nil)
	}
	switch {
	case p.fingerprintConstant:
		return 1, nil
	case p.fingerprintRandom:
		return uint64(instances.Add(1)), nil
	}
	sum, err := p.account.Fingerprint(ctx, p.password)
	if err != nil && p.fingerprintSwallows {
		return 0, nil
	}
	if err != nil && p.fingerprintShows {
		secret, _ := p.password(ctx)
		return 0, fmt.Errorf("%w: %s", err, secret.Reveal())
	}
	return sum, err
}
