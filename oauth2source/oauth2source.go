// Package oauth2source makes a [vendorlogin.Client] an oauth2.TokenSource, for libraries that take one.
//
//	api := &http.Client{Transport: &oauth2.Transport{Source: oauth2source.New(client)}}
//
// It is a package of its own, so that only its users link x/oauth2. Where you have the choice, Client.HTTPClient does more: it
// renews a token that an API rejects, and it keeps tokens on the vendor's origins.
package oauth2source

import (
	"context"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/vendorlogin/vendorlogin"
)

// New returns c as an oauth2.TokenSource, safe for concurrent use. A call without a valid cached token waits for c's renewal, since the
// interface has no context. That takes at most Options.LoginTimeout and a few seconds, plus up to 5 minutes for each code that a person is
// asked for. An error is c's own, a *[vendorlogin.Error].
//
// The tokens have a type that x/oauth2 knows ("Bearer" unless the vendor says otherwise), and no refresh token, which only c may use.
// One that no header may hold is [vendorlogin.ErrBadResponse].
//
// Put no cache in front: c has one. oauth2.ReuseTokenSource, and oauth2.NewClient, which uses it, do not learn that c has a newer
// token. Since some libraries add that cache all the same, Expiry is at most a minute away, and the cache asks c again by then.
//
// A vendor whose API wants headers of its own (a [vendorlogin.Authorizer], such as genlogs and gmicloud) needs more than a bearer token.
// The TokenSource of such a Client always returns [vendorlogin.ErrInvalidRequest], and nothing is sent.
func New(c *vendorlogin.Client) oauth2.TokenSource { return source{c} }

// recheck is how long a cache in front of a source may keep a token without asking.
const recheck = time.Minute

type source struct{ client *vendorlogin.Client }

// Token converts the Client's token.
func (s source) Token() (*oauth2.Token, error) {
	a := s.client.Authenticator()
	if _, ok := a.(vendorlogin.Authorizer); ok {
		return nil, &vendorlogin.Error{
			Account: a.Account(), Op: "token", Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true,
			Fields: []vendorlogin.FieldError{{Field: "TokenSource",
				Reason: "cannot carry this vendor's own headers: use Client.HTTPClient or Client.Authorize"}},
		}
	}
	t, err := s.client.Token(context.Background())
	if err != nil {
		return nil, err
	}
	scheme, access, err := authorization(t)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: access, TokenType: scheme, Expiry: expiry(t)}, nil
}

// authorization is what t puts into a request's header, in two parts.
func authorization(t *vendorlogin.Token) (scheme, access string, err error) {
	req := &http.Request{Header: http.Header{}}
	err = t.SetAuthHeader(req)
	scheme, access, _ = strings.Cut(req.Header.Get("Authorization"), " ")
	return scheme, access, err
}

// expiry is when a cache in front has to ask again.
func expiry(t *vendorlogin.Token) time.Time {
	next := time.Now().Add(recheck)
	if !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(next) {
		return t.ExpiresAt
	}
	return next
}
