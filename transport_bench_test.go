package vendorlogin_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/vendorlogin/vendorlogin"
)

// BenchmarkTransportSize is a request with tokens of three sizes, beside x/oauth2's Transport with the same token.
func BenchmarkTransportSize(b *testing.B) {
	base := httpClientFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
	})
	for _, size := range []int{20, 1 << 10, 4 << 10} {
		value := strings.Repeat("a", size)
		c, err := vendorlogin.NewClient(&fixed{access: value}, nil)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, c.Close()) })
		_, err = c.Token(context.Background())
		require.NoError(b, err)
		for name, rt := range map[string]http.RoundTripper{
			"vendorlogin": c.Transport(base),
			"oauth2":      &oauth2.Transport{Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: value}), Base: base},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				req, err := http.NewRequest(http.MethodGet, "https://api.example.com/things", nil)
				require.NoError(b, err)
				req.Header.Set("Accept", "application/json")
				req.Header.Set("User-Agent", "example")
				b.ReportAllocs()
				for b.Loop() {
					if _, err := rt.RoundTrip(req); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// fixed is a vendor that always returns the same token, without expiry.
type fixed struct {
	fake
	access string
}

func (f *fixed) Login(context.Context) (*vendorlogin.Token, error) {
	return &vendorlogin.Token{Access: vendorlogin.NewSecret(f.access)}, nil
}
