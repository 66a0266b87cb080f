package vendorlogin

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachOfSeveralSecretsIsReadOncePerLogin(t *testing.T) {
	t.Parallel()
	reads := map[string]int{}
	read := func(name string) SecretFunc {
		return SecretFunc(func(context.Context) (Secret, error) {
			reads[name]++
			return NewSecret(name), nil
		}).OncePerLogin()
	}
	user, password := read("user"), read("password")
	ctx := (&scope{}).in(t.Context())
	for range 2 {
		for want, f := range map[string]SecretFunc{"user": user, "password": password} {
			s, err := f(ctx)
			require.NoError(t, err)
			assert.Equal(t, want, s.Reveal())
		}
	}
	assert.Equal(t, map[string]int{"user": 1, "password": 1}, reads)
}

func TestPersonIsAskedOutsideALogin(t *testing.T) {
	t.Parallel()
	s, err := SecretString("example").Interactive()(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "example", s.Reveal())
}

func TestSpentAsksTheLogin(t *testing.T) {
	t.Parallel()
	sent := plainError("was sent before")
	ctx := (&scope{spent: func(Secret) error { return sent }}).in(t.Context())
	require.ErrorIs(t, Spent(ctx, NewSecret("example")), sent)
	require.NoError(t, Spent((&scope{}).in(t.Context()), NewSecret("example")), "a probe")
	assert.NoError(t, Spent(t.Context(), NewSecret("example")), "outside a login")
}
