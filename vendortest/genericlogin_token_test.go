package vendortest_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// cookies are the ones that a response sets.
func (a answer) cookies(t require.TestingT) map[string]*http.Cookie {
	found := map[string]*http.Cookie{}
	for _, line := range a.header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		require.NoError(t, err)
		found[c.Name] = c
	}
	return found
}

func cookieHeader(access, refresh string) []string {
	var parts []string
	if access != "" {
		parts = append(parts, "access-token="+access)
	}
	if refresh != "" {
		parts = append(parts, "refresh-token="+refresh)
	}
	return []string{"Cookie", strings.Join(parts, "; ")}
}

func TestGenericLoginWeb(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vendortest.NewGenericLogin, nil)
		time.Sleep(300 * time.Millisecond)
		a := s.genericLogin(`,"web":true`)
		assert.Equal(t, []string{"user"}, a.keys(t))
		set := a.cookies(t)
		access, refresh := set["access-token"], set["refresh-token"]
		assert.Len(t, refresh.Value, 43)
		assert.Equal(t, 604800, refresh.MaxAge)
		assert.WithinDuration(t, time.Now().Add(7*24*time.Hour), access.Expires, time.Second)
		assert.False(t, access.Secure || refresh.Secure)
		assert.True(t, access.HttpOnly && refresh.HttpOnly)
		_, in := claims(t, access.Value)
		assert.EqualValues(t, 3600, in["exp"].(float64)-in["iat"].(float64))
		secure := s.do("POST", genericPath, genericBody(`,"web":true`), "Origin", "https://app.example.com").cookies(t)
		assert.True(t, secure["access-token"].Secure && secure["refresh-token"].Secure)

		time.Sleep(2 * time.Hour) // an expired access token is good enough
		b := s.do("POST", "/v1/auth/refresh", "{}", cookieHeader(access.Value, refresh.Value)...)
		b.is(t, 200, `{}`)
		next := b.cookies(t)
		assert.Equal(t, 604800-7200, next["refresh-token"].MaxAge, "the end stays where it was")
		assert.Equal(t, 200, s.do("GET", s.srv.APIURL(), "", cookieHeader(next["access-token"].Value, "")...).status)
		s.do("POST", "/v1/auth/refresh", "{}", cookieHeader(access.Value, refresh.Value)...).is(
			t, 401, `{"code":16,"message":"invalid refresh token"}`,
		)

		s.srv.Revoke()
		byHeader := append(cookieHeader("", next["refresh-token"].Value), bearer(next["access-token"].Value)...)
		c := s.do("POST", "/v1/auth/refresh", "{}", byHeader...)
		assert.Equal(t, 200, c.status)
		time.Sleep(7*24*time.Hour - 2*time.Hour)
		last := c.cookies(t)
		tooLate := s.do("POST", "/v1/auth/refresh", "{}", cookieHeader(last["access-token"].Value, last["refresh-token"].Value)...)
		tooLate.is(t, 401, `{"code":16,"message":"refresh token expired"}`)
		s.noProblems()
		n := s.srv.Counts()
		assert.Equal(t, []int{2, 2, 1}, []int{n.Refreshes, n.RefreshesRejected, n.RefreshReused})
	})
}

func TestGenericLoginRefreshBurnsTheToken(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGenericLogin, vendortest.Options{}, func(s session) {
		set := s.genericLogin(`,"web":true`).cookies(s)
		access, refresh := set["access-token"].Value, set["refresh-token"].Value
		s.do("POST", "/v1/auth/refresh", "{}", cookieHeader("", refresh)...).is(s, 401, `{"code":16,"message":"access token not found"}`)
		s.problem("access token is missing")
		assert.Equal(s, 401, s.do("POST", "/v1/auth/refresh", "{}", cookieHeader(access, refresh)...).status)
		assert.Equal(s, 1, s.srv.Counts().RefreshReused)
		s.do("POST", "/v1/auth/refresh", "{}").is(s, 401, `{"code":16,"message":"refresh token not found"}`)
		assert.Equal(s, 400, s.do("POST", "/v1/auth/refresh", `{"refreshToken":"x"}`, cookieHeader(access, refresh)...).status)
		assert.Equal(s, 401, s.do("POST", "/v1/auth/refresh", `{}`, "Authorization", "x").status)
		assert.Equal(s, 5, s.srv.Counts().RefreshesRejected)
		assert.Zero(s, s.srv.Counts().Refreshes)
	})
}

func TestGenericLoginParallelRefreshesHaveOneWinner(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGenericLogin, vendortest.Options{}, func(s session) {
		set := s.genericLogin(`,"web":true`).cookies(s)
		var wg sync.WaitGroup
		statuses := make([]int, 4)
		for i := range statuses {
			wg.Go(func() {
				a, _ := s.try("POST", "/v1/auth/refresh", "{}", cookieHeader(set["access-token"].Value, set["refresh-token"].Value)...)
				statuses[i] = a.status
			})
		}
		wg.Wait()
		assert.ElementsMatch(s, []int{200, 401, 401, 401}, statuses)
		assert.Equal(s, 3, s.srv.Counts().RefreshReused)
	})
}

func TestGenericLoginLogout(t *testing.T) {
	t.Parallel()
	bothWays(t, vendortest.NewGenericLogin, vendortest.Options{}, func(s session) {
		set := s.genericLogin(`,"web":true`).cookies(s)
		access, refresh := set["access-token"].Value, set["refresh-token"].Value
		out := s.do("POST", "/v1/auth/logout", "{}", cookieHeader(access, refresh)...)
		out.is(s, 200, `{}`)
		for _, c := range out.cookies(s) {
			assert.Zero(s, c.MaxAge, "there is no Max-Age")
			assert.Equal(s, int64(0), c.Expires.Unix())
			assert.Empty(s, c.Value)
		}
		assert.Len(s, out.cookies(s), 2)
		assert.Equal(s, 401, s.do("POST", "/v1/auth/refresh", "{}", cookieHeader(access, refresh)...).status)
		assert.Equal(s, 200, s.do("GET", s.srv.APIURL(), "", bearer(access)...).status, "the JWT lives on")
		assert.Equal(s, 200, s.do("POST", "/v1/auth/logout", "{}", bearer(access)...).status)
		s.noProblems()
		assert.Equal(s, 401, s.do("POST", "/v1/auth/logout", "{}", "Authorization", "x").status)
		assert.Equal(s, 400, s.do("POST", "/v1/auth/logout", `{"a":1}`, bearer(access)...).status)
		assert.Equal(s, 200, s.do("POST", "/v1/auth/logout", "{}").status)
		assert.Equal(s, 2, s.srv.Counts().Invalid)
		assert.Equal(s, 3, s.srv.Counts().Logouts)
	})
}
