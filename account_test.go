package vendorlogin_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestAccountKeyTellsEveryFieldApart(t *testing.T) {
	t.Parallel()
	accounts := []vendorlogin.Account{
		{},
		{Vendor: "a"}, {Endpoint: "a"}, {Principal: "a"}, {Scope: "a"},
		{Vendor: "a", Endpoint: "b"}, {Vendor: "a", Principal: "b"}, {Vendor: "a", Scope: "b"}, {Vendor: "b", Scope: "a"},
		{Vendor: "a", Endpoint: "bc"}, {Vendor: "a", Endpoint: "b", Principal: "c"}, {Vendor: "ab", Endpoint: "c"},
		{Principal: "ops@example.com"}, {Principal: "Ops@example.com"}, {Principal: "ops@example.com\x00"}, {Principal: "ops@example.com "},
		{Vendor: "a-b"}, {Vendor: "a_b"}, {Vendor: "A_B"}, {Vendor: strings.Repeat("a", 40)}, {Vendor: strings.Repeat("a", 41)},
	}
	keys := map[string]vendorlogin.Account{}
	for _, a := range accounts {
		assert.Empty(t, keys[a.Key()], a)
		keys[a.Key()] = a
		same := a
		assert.Equal(t, a.Key(), same.Key())
	}
	assert.Len(t, keys, len(accounts))
}

func TestAccountKeyIsSafeAndHoldsNoName(t *testing.T) {
	t.Parallel()
	safe := regexp.MustCompile(`^[a-z0-9_]{0,32}-[0-9a-f]{32}$`)
	for _, vendor := range []string{"gcore", "GMI Cloud", "azAZ 09", "../../etc", "", "ünï", strings.Repeat("x", 200), "a\x00b"} {
		key := vendorlogin.Account{
			Vendor:    vendor,
			Endpoint:  "https://api.example.com/v1",
			Principal: "ops@example.com",
			Scope:     "team",
		}.Key()
		assert.Regexp(t, safe, key)
		if vendor == "azAZ 09" {
			assert.Contains(t, key, "azaz_09-")
		}
		assert.NotContains(t, key, "ops")
		assert.NotContains(t, key, "example")
	}
	// Programs of other versions look for the record under the same key.
	assert.Equal(t, "gcore-be8fa0e074352561b46d7648b2d0d6d9",
		vendorlogin.Account{Vendor: "gcore", Endpoint: "https://api.gcore.com", Principal: "ops@example.com"}.Key())
}

func TestAccountFingerprint(t *testing.T) {
	t.Parallel()
	a := vendorlogin.Account{Vendor: "fake", Principal: "ops@example.com"}
	of := func(a vendorlogin.Account, secrets ...vendorlogin.SecretFunc) uint64 {
		sum, err := a.Fingerprint(t.Context(), secrets...)
		require.NoError(t, err)
		return sum
	}
	x, y := vendorlogin.SecretString("x"), vendorlogin.SecretString("y")
	xy, none := vendorlogin.SecretString("xy"), vendorlogin.SecretString("")
	sums := map[uint64]bool{}
	for _, sum := range []uint64{
		of(a), of(a, x), of(a, y), of(a, x, y), of(a, y, x), of(a, xy), of(a, xy, none),
		of(a, none), of(a, nil), of(a, nil, x), of(a, x, nil), of(a, nil, nil),
		of(a, nil, nil, nil, nil, nil, nil, nil, nil),
		of(vendorlogin.Account{Vendor: "fake", Principal: "other@example.com"}, x),
	} {
		assert.False(t, sums[sum])
		sums[sum] = true
	}
	assert.Equal(t, of(a, x, y), of(a, vendorlogin.SecretString("x"), vendorlogin.SecretString("y")))

	assert.EqualValues(t, uint64(0xcf8afc3bb637094c), of(a, x, nil), "processes of every version share it")

	broken := errors.New("vault is sealed")
	_, err := a.Fingerprint(t.Context(), x, func(context.Context) (vendorlogin.Secret, error) { return vendorlogin.Secret{}, broken })
	assert.ErrorIs(t, err, broken)
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := vendorlogin.NewClient(nil, nil)
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
	for name, o := range map[string]vendorlogin.Options{
		"Options.RenewBefore is negative":  {RenewBefore: -1},
		"Options.LoginTimeout is negative": {LoginTimeout: -1},
		"Options.Cooldown is negative":     {Cooldown: -1},
		"Options.MaxAttempts is more than": {MaxAttempts: 33},
		"Options.Origins":                  {Origins: []string{"https://api.example.com", "api.example.com"}},
	} {
		_, err := vendorlogin.NewClient(&fake{}, &o)
		e, ok := errors.AsType[*vendorlogin.Error](err)
		require.True(t, ok)
		assert.Equal(t, vendorlogin.ErrInvalidRequest, e.Kind)
		assert.True(t, e.Unprocessed)
		assert.ErrorContains(t, err, name)
	}
}

func TestMostAttempts(t *testing.T) {
	t.Parallel()
	_, err := vendorlogin.NewClient(&fake{}, &vendorlogin.Options{MaxAttempts: 32})
	assert.NoError(t, err)
}

func TestOptionsAreCopied(t *testing.T) {
	t.Parallel()
	o := vendorlogin.Options{Origins: []string{"https://api.example.com"}}
	c := newClient(t, &fake{}, &o)
	assert.Equal(t, vendorlogin.Options{Origins: []string{"https://api.example.com"}}.RenewBefore, o.RenewBefore)
	o.Origins[0] = "https://other.example.com"
	_, err := c.Transport(answer{}).RoundTrip(newRequest(t, "https://other.example.com/"))
	assert.ErrorIs(t, err, vendorlogin.ErrInvalidRequest)
}

func TestKeyKeepsDigits(t *testing.T) {
	t.Parallel()
	assert.True(t, strings.HasPrefix(vendorlogin.Account{Vendor: "v0-9Z"}.Key(), "v0_9z-"))
}
