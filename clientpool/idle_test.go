package clientpool_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/clientpool"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func TestAnIdleClientIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &opener{}
		p := clientpool.New(o.open, nil)
		for n := range 4 {
			client(t, p, fmt.Sprint("old-", n))
		}
		time.Sleep(30 * time.Minute)
		client(t, p, "old-0")
		time.Sleep(30 * time.Minute)
		client(t, p, "new")
		assert.Equal(t, []string{"new", "old-0"}, ids(p), "an hour after they were asked for; all four are looked at")

		runtime.GC()
		client(t, p, "old-1")
		assert.EqualValues(t, 6, o.calls.Load())
	})
}

// A new Client costs the same however many there are.
func TestANewClientLooksAtFewOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := clientpool.New((&opener{}).open, nil)
		for n := range 20 {
			client(t, p, fmt.Sprint("old-", n))
		}
		time.Sleep(time.Hour)
		client(t, p, "new")
		assert.Len(t, ids(p), 17)
	})
}

func TestAForgottenClientThatIsHeldComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := clientpool.New((&opener{}).open, nil)
		held := client(t, p, "old")
		time.Sleep(time.Hour)
		client(t, p, "new")
		require.Equal(t, []string{"new"}, ids(p))
		runtime.GC()
		assert.Same(t, held, client(t, p, "old"))
		assert.Equal(t, []string{"new", "old"}, ids(p))

		time.Sleep(time.Hour)
		client(t, p, "newer")
		require.NotContains(t, ids(p), "old")
		require.NoError(t, held.Close())
		assert.NotSame(t, held, client(t, p, "old"), "one that somebody has closed does not")
	})
}

func TestAnIdlePoolKeepsWhatWouldBeLost(t *testing.T) {
	t.Parallel()
	wrong := &vendorlogin.Error{Op: "login", Kind: vendorlogin.ErrInvalidCredentials, Status: 401}
	unheld := &vendorlogin.Error{Kind: vendorlogin.ErrInvalidRequest}
	for name, c := range map[string]struct {
		err  error
		opts clientpool.Options
		kept bool
	}{
		"nothing":             {unheld, clientpool.Options{}, false},
		"a valid token":       {nil, clientpool.Options{}, true},
		"a saved token":       {nil, clientpool.Options{Client: vendorlogin.Options{Store: tokenstore.NewMemory()}}, false},
		"a hold":              {wrong, clientpool.Options{Client: vendorlogin.Options{Cooldown: 3 * time.Hour}}, true},
		"a renewal under way": {nil, clientpool.Options{Client: vendorlogin.Options{LoginTimeout: 9 * time.Hour}}, true},
		"told to forget none": {unheld, clientpool.Options{Idle: -1}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			auth := &fakeAuth{account: account("old"), err: c.err, took: c.opts.Client.LoginTimeout / 2}
			o := &opener{auth: func(string) *fakeAuth { return auth }}
			p := clientpool.New(o.open, &c.opts)
			old := client(t, p, "old")
			go func() { _, _ = old.Token(context.Background()) }()
			time.Sleep(2 * time.Hour)
			client(t, p, "new")
			assert.Equal(t, c.kept, len(ids(p)) == 2, name)
			require.NoError(t, p.Shutdown(t.Context()))
		})
	}
}

// spending is an account whose login has a recovery code in it, which the vendor rejects.
type spending struct {
	fakeAuth
	sent int
}

func (a *spending) Login(ctx context.Context) (*vendorlogin.Token, error) {
	if err := vendorlogin.Spend(ctx, vendorlogin.NewSecret("recovery-code")); err != nil {
		return nil, err
	}
	a.sent++
	return nil, wrongPassword()
}

// failing is a Store that fails while it is told to.
type failing struct {
	vendorlogin.Store
	fails bool
}

func (s *failing) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if s.fails {
		return nil, "", vendorlogin.ErrStore
	}
	return s.Store.Load(ctx, key)
}

// A look at the Store while on hold finds that it works again. It does not know the code that was sent while it failed.
func TestAnIdlePoolKeepsASecretThatTheStoreDoesNotKnow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &failing{Store: tokenstore.NewMemory(), fails: true}
		auth := &spending{fakeAuth: fakeAuth{account: account("old")}}
		open := func(context.Context, string) (vendorlogin.Authenticator, error) { return auth, nil }
		p := clientpool.New(open, &clientpool.Options{Client: vendorlogin.Options{Store: store}})
		for range 2 {
			_, err := client(t, p, "old").Token(t.Context())
			require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
			store.fails = false
			time.Sleep(time.Minute)
		}
		require.NoError(t, client(t, p, "old").Status().StoreErr)
		time.Sleep(2 * time.Hour)
		client(t, p, "new")
		runtime.GC()
		runtime.GC()
		_, err := client(t, p, "old").Token(t.Context())
		require.ErrorIs(t, err, vendorlogin.ErrInvalidCredentials)
		assert.Equal(t, 1, auth.sent)
	})
}

func TestWhatIsForgettable(t *testing.T) {
	t.Parallel()
	alone := clientpool.New(nil, nil)
	saving := clientpool.New(nil, &clientpool.Options{Client: vendorlogin.Options{Store: tokenstore.NewMemory()}})
	hold := &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable}
	for name, c := range map[string]struct {
		status           vendorlogin.Status
		alone, withStore bool
	}{
		"never asked":         {vendorlogin.Status{State: "none"}, true, true},
		"expired":             {vendorlogin.Status{State: "expired"}, true, true},
		"closed":              {vendorlogin.Status{State: "closed", Hold: hold}, true, true},
		"closed, and a code":  {vendorlogin.Status{State: "closed", Spent: 1}, true, true},
		"valid":               {vendorlogin.Status{State: "fresh"}, false, true},
		"due for renewal":     {vendorlogin.Status{State: "stale"}, false, true},
		"the Store fails":     {vendorlogin.Status{State: "fresh", StoreErr: vendorlogin.ErrStore}, false, false},
		"unsaved":             {vendorlogin.Status{State: "fresh", Unsaved: true}, false, false},
		"rejected":            {vendorlogin.Status{State: "expired", Rejected: true}, false, false},
		"renewing":            {vendorlogin.Status{State: "none", Renewing: true}, false, false},
		"on hold":             {vendorlogin.Status{State: "none", Hold: hold}, false, false},
		"attempts that count": {vendorlogin.Status{State: "none", Attempts: 1}, false, false},
		"a code was sent":     {vendorlogin.Status{State: "expired", Spent: 1}, false, false},
		"and is not saved":    {vendorlogin.Status{State: "expired", Spent: 1, StoreErr: vendorlogin.ErrStore}, false, false},
	} {
		assert.Equal(t, c.alone, alone.Forgettable(c.status), name)
		assert.Equal(t, c.withStore, saving.Forgettable(c.status), "%s, with a Store", name)
	}
}
