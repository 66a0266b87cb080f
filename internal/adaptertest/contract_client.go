package adaptertest

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/memhttp"
)

// A password prompt asks once per login. What it returned is what the fingerprint of rejected credentials is of.
func testPrompt(t *testing.T, v Contract) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWire()
		if v.Before != nil {
			v.Before(w)
		}
		w.On(v.Login.Method, v.Login.URL, Reply(400, v.Wrong), v.Token("abc"))
		asked := 0
		prompt := func(context.Context) (vendorlogin.Secret, error) {
			asked++
			return vendorlogin.NewSecret(fmt.Sprint("typed-", asked)), nil
		}
		s := setup(w)
		s.Password = vendorlogin.SecretFunc(prompt).Interactive()
		a, err := v.New(s)
		require.NoError(t, err)
		client, err := vendorlogin.NewClient(a, nil)
		require.NoError(t, err)
		defer client.Close()
		for range 60 {
			_, err = client.Token(t.Context())
			require.Error(t, err)
			time.Sleep(time.Second)
		}
		assert.Equal(t, 1, asked)
	})
}

// Whatever the vendor says to a login, for however long: at most 4 of its calls go out in any 10 minutes.
func testBudget(t *testing.T, v Contract) {
	for name, r := range map[string]Responder{
		"no token":    Reply(200, `{"next":"accept-terms","session":"s-1"}`),
		"a page":      Reply(200, `<!doctype html>`),
		"rejected":    Reply(401, v.Wrong),
		"away":        Reply(503, v.Undecided),
		"no response": httpmock.NewErrorResponder(io.ErrUnexpectedEOF),
		"closed":      Reply(404, "default backend - 404"),
	} {
		synctest.Test(t, func(t *testing.T) {
			w, a := v.open(t, v.Login, r)
			assertPaced(t, name, w, a, func(r Request) bool { return r.Method == v.Login.Method && strings.HasPrefix(r.URL, v.Login.URL) })
		})
	}
}

// assertPaced asks a Client for an hour for a token that never comes: of the requests that count, few go out.
func assertPaced(t *testing.T, name string, w *Wire, a vendorlogin.Authenticator, counts func(Request) bool) {
	t.Helper()
	client, err := vendorlogin.NewClient(a, nil)
	require.NoError(t, err)
	defer client.Close()
	for range 360 {
		_, err := client.Token(t.Context())
		require.Error(t, err)
		time.Sleep(10 * time.Second)
	}
	sent := slices.DeleteFunc(w.Requests(), func(r Request) bool { return !counts(r) })
	require.NotEmpty(t, sent, name)
	for i := 4; i < len(sent); i++ {
		assert.Greater(t, sent[i].At.Sub(sent[i-4].At), 10*time.Minute, "%s: %d requests", name, len(sent))
	}
}

// A password that an earlier step sent counts, though the step that failed was not processed.
func testLaterStep(t *testing.T, v Contract) {
	if v.Before == nil {
		return
	}
	for name, r := range map[string]Responder{
		"busy":        Reply(503, v.Undecided, "Retry-After", "1"),
		"misdirected": Reply(421, v.Undecided),
		"too early":   Reply(425, v.Undecided),
		"refused":     httpmock.NewErrorResponder(&net.OpError{Op: "dial", Err: memhttp.ErrRefused}),
	} {
		synctest.Test(t, func(t *testing.T) {
			w, a := v.open(t, v.Login, r)
			assertPaced(t, name, w, a, func(r Request) bool { return strings.Contains(r.Body, "example-password") })
		})
	}
}
