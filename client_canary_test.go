package vendorlogin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

const canary = "canary-example-secret"

var verbs = []string{
	"%v",
	"%+v",
	"%#v",
	"%s",
	"%q",
	"%x",
	"%X",
	"% x",
	"%d",
	"%t",
	"%p",
	"%T",
	"%o",
	"%U",
	"%c",
	"%e",
	"%10.3s",
	"%-20q",
	"%+q",
	"%#x",
}

// traces are what printing, logging and marshalling v leaves.
func traces(v any) []string {
	var all []string
	for _, verb := range verbs {
		all = append(all, fmt.Sprintf(verb, v))
	}
	all = append(all, fmt.Sprint(v), fmt.Sprintln(v), fmt.Errorf("wrapped: %w", fmt.Errorf("%v", v)).Error())
	if data, err := json.Marshal(v); err == nil {
		all = append(all, string(data))
	}
	if data, err := xml.Marshal(v); err == nil {
		all = append(all, string(data))
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{
		slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}),
		slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}),
	} {
		l := slog.New(handler)
		l.Info("message", "value", v, slog.Group("group", "value", v))
		l.With("value", v).WithGroup("group").Debug("message", slog.Any("value", v))
	}
	return append(all, log.String())
}

// forms are the canary, and what encodings make of it.
func forms() []string {
	return []string{
		canary,
		fmt.Sprintf("%x", canary),
		fmt.Sprintf("%X", canary),
		fmt.Sprintf("% x", canary),
		fmt.Sprint([]byte(canary)),
		canary[:8],
	}
}

func assertSilent(t *testing.T, what string, v any) {
	t.Helper()
	for _, trace := range traces(v) {
		for _, form := range forms() {
			assert.NotContains(t, trace, form, what)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	secret := vendorlogin.NewSecret(canary)
	token := vendorlogin.Token{Access: secret, Refresh: secret, Type: "Bearer", IssuedAt: time.Now()}
	type public struct {
		Secret  vendorlogin.Secret
		Pointer *vendorlogin.Secret
		Token   vendorlogin.Token
		Tokens  []*vendorlogin.Token
		Any     any
		Map     map[string]vendorlogin.Secret
	}
	type private struct {
		secret  vendorlogin.Secret
		pointer *vendorlogin.Secret
		token   vendorlogin.Token
		tokens  []*vendorlogin.Token
		any     any
		nested  *private
		config  public
	}
	loud := public{secret, &secret, token, []*vendorlogin.Token{&token}, token, map[string]vendorlogin.Secret{"a": secret}}
	hidden := private{secret, &secret, token, []*vendorlogin.Token{&token}, secret, &private{secret: secret}, loud}
	_ = []any{hidden.secret, hidden.pointer, hidden.token, hidden.tokens, hidden.any, hidden.nested, hidden.config}
	for what, v := range map[string]any{
		"secret": secret, "pointer": &secret, "slice": []vendorlogin.Secret{secret}, "array": [1]vendorlogin.Secret{secret},
		"token": token, "token pointer": &token, "tokens": []vendorlogin.Token{token},
		"struct": loud, "struct pointer": &loud, "unexported fields": hidden, "pointer to them": &hidden,
		"function": vendorlogin.SecretString(canary),
		"config":   struct{ Password vendorlogin.SecretFunc }{vendorlogin.SecretString(canary)},
		"event":    vendorlogin.Event{Type: vendorlogin.EventLogin, Expires: time.Now()},
	} {
		assertSilent(t, what, v)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		assert.Equal(t, "[redacted]", fmt.Sprintf(verb, secret))
	}
	assert.Equal(t, "[redacted]", secret.String())
	assert.Equal(t, "[redacted]", secret.GoString())
	assert.Equal(t, "[redacted]", secret.LogValue().String())
	data, err := json.Marshal(token)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"Access":"[redacted]"`)
	assert.Equal(t, canary, secret.Reveal())
	assert.Empty(t, vendorlogin.Secret{}.Reveal())
	assert.Empty(t, vendorlogin.NewSecret("").Reveal())
	assert.True(t, vendorlogin.NewSecret("").IsZero())
	assert.False(t, secret.IsZero())
	assert.Equal(t, "[redacted]", fmt.Sprint(vendorlogin.Secret{}), "whether there is one is nobody's business")
}

// leaky is a vendor whose every part holds the canary, and which crashes with it too.
type leaky struct {
	passworded
	crash bool
}

func (l *leaky) Login(ctx context.Context) (*vendorlogin.Token, error) {
	code, err := vendorlogin.AskOTP(ctx, vendorlogin.OTPFunc(func(context.Context, vendorlogin.Challenge) (string, error) {
		if l.crash {
			panic(canary)
		}
		return canary, nil
	}), vendorlogin.Challenge{Account: l.Account()})
	if err != nil || code != canary {
		return nil, err
	}
	t, err := l.passworded.Login(ctx)
	if t != nil {
		t.Access, t.Refresh = vendorlogin.NewSecret(canary), vendorlogin.NewSecret(canary)
	}
	return t, err
}

func (l *leaky) Refresh(ctx context.Context, old *vendorlogin.Token) (*vendorlogin.Token, error) {
	if l.crash {
		panic(old.Refresh.Reveal())
	}
	return l.Login(ctx)
}

func TestNothingThatAClientSaysHoldsASecret(t *testing.T) {
	for name, change := range map[string]func(l *leaky, s *memStore){
		"success":        func(*leaky, *memStore) {},
		"wrong password": func(l *leaky, _ *memStore) { l.right = "another" },
		"vendor down":    func(l *leaky, _ *memStore) { l.err = down() },
		"crash":          func(l *leaky, _ *memStore) { l.crash = true },
		"store fails": func(_ *leaky, s *memStore) {
			s.before = failAt("every", func(context.Context) error { return errDisk })
		},
		"save fails":        func(_ *leaky, s *memStore) { s.before = failAt("save", func(context.Context) error { return errDisk }) },
		"record is damaged": func(_ *leaky, s *memStore) { s.put(`{"format":1,"token":{"access":"` + canary) },
		"record is foreign": func(_ *leaky, s *memStore) { s.put(`{"format":1,"token":"` + canary + `"}`) },
		"record is newer":   func(_ *leaky, s *memStore) { s.put(`{"format":2,"token":"` + canary + `"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				f := &leaky{passworded: passworded{secret: vendorlogin.SecretString(canary), right: canary}}
				f.life = time.Hour
				s := newMemStore()
				var seen events
				var log bytes.Buffer
				c := newClient(t, f, &vendorlogin.Options{Store: s, OnEvent: seen.record, PromptInBackground: true,
					Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))})
				change(f, s)
				for range 3 {
					for _, call := range []func(context.Context) (*vendorlogin.Token, error){c.Token, c.Renew} {
						token, err := call(t.Context())
						assertSilent(t, "token", token)
						assertSilentTree(t, err)
						assertSilent(t, "client", c)
					}
					time.Sleep(58 * time.Minute)
				}
				assertSilentTree(t, c.Logout(t.Context()))
				for _, e := range seen.seen() {
					assertSilent(t, "event", e)
					assertSilentTree(t, e.Err)
				}
				assert.NotContains(t, log.String(), canary)
				assert.NotEmpty(t, log.String())
			})
		})
	}
}

// assertSilentTree looks at err and all that it wraps.
func assertSilentTree(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	assertSilent(t, "error", err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		assertSilentTree(t, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			assertSilentTree(t, err)
		}
	}
}

func TestVendorsWordsStayOutOfErrorTexts(t *testing.T) {
	t.Parallel()
	err := &vendorlogin.Error{
		Account: (&fake{}).Account(), Op: "login", Kind: vendorlogin.ErrInvalidRequest, Status: 422, Code: "request/0",
		Request: "POST api.example.com/login", Message: "the password canary-example-secret is too long",
		Fields: []vendorlogin.FieldError{{Field: "password", Reason: "must not be canary-example-secret"}},
	}
	assert.Equal(t, "fake (ops@example.com): login: invalid request (422 request/0, POST api.example.com/login): password", err.Error())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%+q"} {
		assert.NotContains(t, fmt.Sprintf(verb, err), canary, verb)
		assert.NotContains(t, fmt.Sprintf(verb, fmt.Errorf("x: %w", err)), canary, verb)
	}
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	for want, err := range map[string]*vendorlogin.Error{
		"failed": {},
		"gcore: login: wrong credentials (400, POST api.gcore.com/iam/auth/jwt/login)": {
			Account: vendorlogin.Account{Vendor: "gcore"}, Op: "login", Kind: vendorlogin.ErrInvalidCredentials, Status: 400,
			Request: "POST api.gcore.com/iam/auth/jwt/login"},
		"login: rate limited (429); not sent again before 2026-01-02T02:04:06Z": {
			Op: "login", Kind: vendorlogin.ErrRateLimited, Status: 429, RetryAt: at,
		},
		"new: invalid request: Options.Cooldown is negative": {
			Op: "new", Kind: vendorlogin.ErrInvalidRequest, Fields: []vendorlogin.FieldError{{Field: "Options.Cooldown", Reason: "is negative"}}},
		"unavailable: context deadline exceeded": {Kind: vendorlogin.ErrUnavailable, Err: context.DeadlineExceeded},
	} {
		assert.Equal(t, want, err.Error())
		assert.Equal(t, want, fmt.Sprintf("%#v", err))
	}
	err := &vendorlogin.Error{Kind: vendorlogin.ErrUnavailable, Err: context.DeadlineExceeded}
	assert.ErrorIs(t, err, vendorlogin.ErrUnavailable)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotErrorIs(t, &vendorlogin.Error{}, vendorlogin.ErrUnavailable)
	assert.Empty(t, errors.Join((&vendorlogin.Error{}).Unwrap()...))
}

func TestClientPrintsWhileItRenews(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := newRefresher(10*time.Second, time.Second)
		c := newClient(t, f, nil)
		states := map[string]bool{}
		see := func() {
			for _, text := range traces(c) {
				require.NotContains(t, text, "access-")
			}
			states[c.String()] = true
			require.Equal(t, c.String(), fmt.Sprintf("%d", c))
			data, err := json.Marshal(map[string]any{"client": c})
			require.NoError(t, err)
			require.JSONEq(t, `{"client":"`+c.String()+`"}`, string(data))
		}
		see()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 100 {
					mustToken(t, c)
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			for range 100 {
				see()
				time.Sleep(100 * time.Millisecond)
			}
		})
		wg.Wait()
		f.becomes(func() { f.err = wrongPassword(); f.presented = nil; f.took = 0 })
		time.Sleep(time.Minute)
		f.becomes(func() { f.on = func(context.Context, string, int64) error { return wrongPassword() } })
		_, err := c.Token(t.Context())
		require.Error(t, err)
		see()
		require.NoError(t, c.Close())
		see()
		var all []string
		for s := range states {
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(s, "vendorlogin.Client(fake ops@example.com: "), ")"))
		}
		slices.Sort(all)
		assert.Equal(t, []string{"closed", "fresh", "no token", "on hold", "renewing", "stale"}, all)
		synctest.Wait()
	})
}
