package vendorlogin_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestErrorSaysItsKindOnce(t *testing.T) {
	t.Parallel()
	limited := fmt.Errorf("the pacer is full: %w", vendorlogin.ErrRateLimited)
	for want, err := range map[string]*vendorlogin.Error{
		"login: the pacer is full: rate limited":              {Op: "login", Kind: vendorlogin.ErrRateLimited, Err: limited},
		"login: unavailable: the pacer is full: rate limited": {Op: "login", Kind: vendorlogin.ErrUnavailable, Err: limited},
		"login: rate limited (429): the pacer is full: rate limited": {
			Op: "login", Kind: vendorlogin.ErrRateLimited, Err: limited, Status: 429,
		},
		"unavailable; not tried again before 2026-01-02T03:04:05Z": {
			Kind: vendorlogin.ErrUnavailable, Unprocessed: true, RetryAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		},
		"failed": {},
	} {
		assert.EqualError(t, err, want)
	}
}

func TestErrorInALog(t *testing.T) {
	t.Parallel()
	err := &vendorlogin.Error{
		Account: vendorlogin.Account{
			Vendor:    "fake",
			Principal: "ops@example.com",
		}, Op: "login", Kind: vendorlogin.ErrRateLimited, Status: 429,
		Code: "limit/0", Request: "POST api.example.com/login", Message: "the vendor's words",
		RetryAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Remembered: true,
	}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "err", err)
	for _, part := range []string{
		`err.text="fake (ops@example.com): login: rate limited (429 limit/0, POST api.example.com/login); ` +
			`not sent again before 2026-01-02T03:04:05Z (remembered from an earlier call)"`,
		`err.kind="rate limited"`, "err.vendor=fake", "err.principal=ops@example.com", "err.op=login",
		"err.status=429", "err.code=limit/0", `err.request="POST api.example.com/login"`,
		"err.retry_at=2026-01-02T03:04:05.000Z", "err.remembered=true",
	} {
		assert.Contains(t, b.String(), part)
	}
	assert.NotContains(t, b.String(), "words")
	assert.NotContains(t, fmt.Sprint((&vendorlogin.Error{Kind: vendorlogin.ErrStore}).LogValue()), "status")
	assert.NotContains(t, fmt.Sprint((&vendorlogin.Error{Kind: vendorlogin.ErrStore}).LogValue()), "retry_at")
	assert.NotContains(t, fmt.Sprint((&vendorlogin.Error{Kind: vendorlogin.ErrStore}).LogValue()), "request")
	data, marshalled := json.Marshal(map[string]error{"error": err})
	require.NoError(t, marshalled)
	assert.JSONEq(t, fmt.Sprintf(`{"error":%q}`, err.Error()), string(data))
}

func TestErrorUnwrapsToWhatThereIs(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []error{vendorlogin.ErrStore}, (&vendorlogin.Error{Kind: vendorlogin.ErrStore}).Unwrap())
}
