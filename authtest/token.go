package authtest

import (
	"maps"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// sound ends the case unless a token is well made. It was asked for at start; the request that it is the response to left at sent.
func (s *stage) sound(token *vendorlogin.Token, start, sent time.Time) {
	switch {
	case token.Access.IsZero():
		s.fatalf("the token has no Access")
	case token.IssuedAt.IsZero():
		s.fatalf("the token has no IssuedAt")
	case token.IssuedAt.Before(start), token.IssuedAt.After(sent):
		s.fatalf("IssuedAt is %v, but the request was sent %v after the call began", token.IssuedAt.Sub(start), sent.Sub(start))
	case !token.ExpiresAt.IsZero() && !token.ExpiresAt.After(token.IssuedAt):
		s.fatalf("ExpiresAt (%v) is not after IssuedAt (%v)", token.ExpiresAt, token.IssuedAt)
	case !token.RefreshExpiresAt.IsZero() && !token.RefreshExpiresAt.After(token.IssuedAt):
		s.fatalf("RefreshExpiresAt (%v) is not after IssuedAt (%v)", token.RefreshExpiresAt, token.IssuedAt)
	case token.Refresh.IsZero() && !token.RefreshExpiresAt.IsZero():
		s.fatalf("RefreshExpiresAt is set, but there is no refresh token")
	case strings.ContainsAny(token.Type, " \r\n"):
		s.fatalf("Type %q cannot be the scheme of an Authorization header", token.Type)
	}
}

// clone is a copy that shares nothing with t.
func clone(t *vendorlogin.Token) *vendorlogin.Token {
	c := *t
	c.Extra, c.Secrets = maps.Clone(t.Extra), maps.Clone(t.Secrets)
	return &c
}

// same reports whether two tokens say the same.
func same(a, b *vendorlogin.Token) bool {
	equal := func(a, b vendorlogin.Secret) bool { return a.Reveal() == b.Reveal() }
	return equal(a.Access, b.Access) && equal(a.Refresh, b.Refresh) && maps.EqualFunc(a.Secrets, b.Secrets, equal) && a.Type == b.Type &&
		a.IssuedAt.Equal(b.IssuedAt) && a.ExpiresAt.Equal(b.ExpiresAt) && a.RefreshExpiresAt.Equal(b.RefreshExpiresAt) &&
		a.Subject == b.Subject && maps.Equal(a.Extra, b.Extra)
}
