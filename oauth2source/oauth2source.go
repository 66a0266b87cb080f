// Package oauth2source makes a Client usable wherever golang.org/x/oauth2 tokens are.
//
//	httpClient := &http.Client{Transport: &oauth2.Transport{Source: oauth2source.New(client)}}
//
// It is a package of its own so that nobody links x/oauth2 who does not use it. Where there is a choice, Client.HTTPClient does more:
// it renews a token that an API refuses, and keeps tokens on the vendor's origins.
package oauth2source

import (
	"context"
	"time"

	"golang.org/x/oauth2"

	"github.com/vendorlogin/vendorlogin"
)

// New gives c as an oauth2.TokenSource, safe for concurrent use. Its Token waits, where c has no living token, for at most c's
// LoginTimeout and a few seconds, and fails with c's errors.
//
// c caches already, so nothing else need: oauth2.ReuseTokenSource, and oauth2.NewClient, which uses it, keep a token that c has
// dropped. Since libraries wrap their sources in it all the same, the expiry that they are told is at most a minute away.
//
// A vendor whose API wants headers of its own (a [vendorlogin.Authorizer], such as genlogs and gmicloud) cannot be served by a bearer
// token alone: Token is then always [vendorlogin.ErrInvalidRequest].
func New(c *vendorlogin.Client) oauth2.TokenSource { return source{c} }

// recheck is how long a cache in front of a source may keep a token without asking.
const recheck = time.Minute

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
	expiry := time.Now().Add(recheck)
	if !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(expiry) {
		expiry = t.ExpiresAt
	}
	// The refresh token stays with the Client: nobody else may use it.
	return &oauth2.Token{AccessToken: t.Access.Reveal(), TokenType: t.Type, Expiry: expiry}, nil
}
