package loginspec

import (
	"context"
	"errors"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/place"
	"github.com/vendorlogin/vendorlogin/internal/reading"
)

// tokenOf runs steps, and is what they came to.
func (r *run) tokenOf(ctx context.Context, steps []Step) (*vendorlogin.Token, error) {
	if err := r.steps(ctx, steps); err != nil {
		return nil, err
	}
	resp := r.from["access"].in
	if r.kept["access"] == "" || resp == nil {
		if r.last.call == nil {
			return nil, r.asError(r.op, place.Invalid{Name: "login", Reason: "has no step that runs with these inputs"})
		}
		source, ran := r.last.keep["access"]
		if !ran {
			return nil, r.unusable(r.last.call, r.last.resp, errors.New("no step that keeps access has run"))
		}
		return nil, r.missing("access", &source, r.last.call, r.last.resp)
	}
	if _, err := r.base(ctx); err != nil {
		return nil, r.unusable(r.last.call, r.last.resp, err)
	}
	t := &vendorlogin.Token{
		Access: vendorlogin.NewSecret(r.kept["access"]), Refresh: vendorlogin.NewSecret(r.kept["refresh"]),
		Type: r.spec.tokenType(r.kept["type"]), Subject: r.kept["subject"], IssuedAt: resp.SentAt,
		Extra: map[string]string{}, Secrets: map[string]vendorlogin.Secret{},
		ExpiresAt: r.expiry("access", "expires", r.spec.Life),
	}
	switch {
	case len(r.spec.Refresh) > 0 && r.keeps["refresh"] == nil: // it is renewed by the access token itself
		t.Refresh, t.RefreshExpiresAt = t.Access, t.ExpiresAt
	case r.from["refresh"].in != nil:
		t.RefreshExpiresAt = r.expiry("refresh", "refresh_expires", r.spec.RefreshLife)
	case r.old != nil:
		t.RefreshExpiresAt = r.old.RefreshExpiresAt
	}
	for name, value := range r.kept {
		switch {
		case value == "" || isTokenField(name):
		case !r.isSecret(name):
			t.Extra[name] = value
		case r.carried[name]:
			t.Secrets[name] = vendorlogin.NewSecret(value)
		}
	}
	return t, nil
}

// expiry is when a token expires: by what was kept of that, by its cookie, by the token itself, or else by the documented lifetime.
func (r *run) expiry(token, field string, life time.Duration) time.Time {
	came := r.from[token]
	if r.kept[token] == "" || came.in == nil {
		return time.Time{}
	}
	raw := came.in.CookieExpiry(came.at.reads().CookieNames())
	if said := r.from[field]; said.in != nil && r.kept[field] != "" {
		raw = reading.ExpiryField(r.kept[field], said.at.As)
	}
	return came.in.Expiry(raw, r.kept[token], life)
}
