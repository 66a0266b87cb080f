// Package oauth2source makes a Client usable wherever golang.org/x/oauth2 tokens are.
//
//	httpClient := oauth2.NewClient(ctx, oauth2source.New(client))
//
// It is a package of its own so that nobody links x/oauth2 who does not use it. Where there is a choice, Client.HTTPClient does more:
// it renews a token that an API refuses, and keeps tokens on the vendor's origins.
package oauth2source

import (
	"context"

	"golang.org/x/oauth2"

	"github.com/vendorlogin/vendorlogin"
)

// New gives c as an oauth2.TokenSource, safe for concurrent use. Its Token waits, where c has no living token, for at most c's
// LoginTimeout and a few seconds, and fails with c's errors. An expiry that the vendor did not say is one that oauth2 takes for
// "never"; do not wrap the source in oauth2.ReuseTokenSource, since c caches already.
//
// A vendor whose API wants headers of its own (a [vendorlogin.Authorizer], such as genlogs and gmicloud) cannot be served by a bearer
// token alone: Token is then always [vendorlogin.ErrInvalidRequest].
func New(c *vendorlogin.Client) oauth2.TokenSource { return source{c} }

type source struct{ client *vendorlogin.Client }

// Token converts what the Client has.
func (s source) Token() (*oauth2.Token, error) {
	a := s.client.Authenticator()
	if _, ok := a.(vendorlogin.Authorizer); ok {
		return nil, &vendorlogin.Error{
			Account: a.Account(), Op: "token", Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true,
			Fields: []vendorlogin.FieldError{{Field: "TokenSource", Reason: "cannot carry this vendor's own headers: use Client.HTTPClient or Client.Authorize"}},
		}
	}
	t, err := s.client.Token(context.Background())
	if err != nil {
		return nil, err
	}
	// The refresh token stays with the Client: nobody else may use it.
	return &oauth2.Token{AccessToken: t.Access.Reveal(), TokenType: t.Type, Expiry: t.ExpiresAt}, nil
}
