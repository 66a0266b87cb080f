// Package totp answers a vendor's question for a second factor without a person: with the codes of an authenticator secret, as
// RFC 6238 defines them.
//
//	codes, err := totp.New(vendorlogin.SecretEnv("GCORE_TOTP"), nil)
//	auth, err := gcore.New(gcore.Config{Username: "ops@example.com", Password: password, OTP: codes})
//
// A vendor takes each code once, and a code presented twice may count as a wrong one. So a [Source] hands out each step at most
// once, and waits for the next where the current one is used: with the usual period a second login within 30 seconds takes up to
// 30 seconds, unless its context ends before. Programs that log in as the same user share the steps through Options.Store.
package totp

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// An Algorithm is the hash that codes are made with.
type Algorithm string

// The algorithms of RFC 6238. Nearly every vendor uses SHA1.
const (
	SHA1   Algorithm = "SHA1"
	SHA256 Algorithm = "SHA256"
	SHA512 Algorithm = "SHA512"
)

// Options are what may differ from the usual. Where the secret is an otpauth:// URL, what the URL says about digits, period and
// algorithm counts, and these fields stand in for what it leaves out.
type Options struct {
	// Store is where the processes that log in as the same user tell each other which steps are used; default: none, and each
	// Source knows only of its own. What is kept there is a point in time, under a key of its own beside the account's record.
	//
	// A Store that fails does not stop a login: the code is handed out, and only this Source's own steps are surely not used
	// twice. Nor does a store that takes more than 5 seconds.
	Store vendorlogin.Store

	Digits    int           // 6, 7 or 8; default 6
	Period    time.Duration // how long a step is, in whole seconds of 1 to 3600; default 30 seconds
	Algorithm Algorithm     // default SHA1

	// Logger is told, as a warning, when Store fails; default: silent.
	Logger *slog.Logger
}

// A Source gives the codes of one authenticator secret. It is a vendorlogin.OTPSource that needs no person, and is safe for
// concurrent use: several callers at once get different steps, one after the other.
//
// Steps are used up by user: by vendor, endpoint and principal of the account that asks. Accounts that differ in scope alone, such
// as two client ids of one user, share the user's authenticator, and so its steps. Two Sources in one program know of each
// other's steps only through a Store; tokenstore.Memory will do.
//
// A Source never goes back to an earlier step: when the clock is set back, it waits until the clock has caught up.
type Source struct {
	secret   vendorlogin.SecretFunc
	defaults parameters
	store    vendorlogin.Store
	log      *slog.Logger

	mu   sync.Mutex
	used map[string]time.Time // by user: no step that begins before then is handed out any more
}

// New makes a Source of secret: base32 as vendors print it (spaces, dashes, lower case and missing padding do not matter), or an
// otpauth://totp/ URL as QR codes hold it. The secret is read at every code, so that a rotated one is picked up. A nil o means all
// defaults. New refuses options that no code can be made with, and a nil secret, with [vendorlogin.ErrInvalidRequest]; a secret that
// is not one is found, with the same error, when a code is asked for.
func New(secret vendorlogin.SecretFunc, o *Options) (*Source, error) {
	if o == nil {
		o = &Options{}
	}
	if secret == nil {
		return nil, refused(vendorlogin.Account{}, "new", "secret", "is missing")
	}
	defaults, field, reason := o.parameters()
	if reason != "" {
		return nil, refused(vendorlogin.Account{}, "new", field, reason)
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Source{secret: secret, defaults: defaults, store: o.Store, log: log, used: make(map[string]time.Time)}, nil
}

// NonInteractive is true: no person is asked.
func (*Source) NonInteractive() bool { return true }

// String says what it is, and nothing of what it holds.
func (*Source) String() string { return "totp.Source" }

// GoString is String.
func (s *Source) GoString() string { return s.String() }

// OTP gives the code of the current step, once it has made sure that nobody else will get it. Where the step is used, or about to
// end (a thirtieth of its period is left, a second of the usual 30), it waits for the next one. When ctx ends first, the error wraps
// ctx.Err() and says in RetryAt when that step begins. No error holds the secret or a code.
func (s *Source) OTP(ctx context.Context, c vendorlogin.Challenge) (string, error) {
	key, err := s.key(ctx, c.Account)
	if err != nil {
		return "", err
	}
	user := userKey(c.Account)
	for ctx.Err() == nil {
		start, free := s.reserve(user, key.period)
		if !free {
			if err := sleepUntil(ctx, start, key.period); err != nil {
				return "", unavailable(c.Account, fmt.Errorf("waiting for a step that is not used yet: %w", err), start)
			}
			continue
		}
		ours := s.share(ctx, user, start, key.period)
		if ours && !ending(start, key.period, time.Now()) { // a slow store may have taken the rest of the step
			return key.code(start)
		}
	}
	return "", unavailable(c.Account, ctx.Err(), time.Time{})
}

// userKey names the user whose authenticator it is, whatever the scope.
func userKey(a vendorlogin.Account) string {
	a.Scope = ""
	return a.Key() + "-totp"
}

func unavailable(a vendorlogin.Account, err error, retryAt time.Time) error {
	return &vendorlogin.Error{Account: a, Op: "otp", Kind: vendorlogin.ErrUnavailable, Err: err, RetryAt: retryAt}
}

func refused(a vendorlogin.Account, op, field, reason string) error {
	return &vendorlogin.Error{Account: a, Op: op, Kind: vendorlogin.ErrInvalidRequest,
		Fields: []vendorlogin.FieldError{{Field: "TOTP " + field, Reason: reason}}}
}

var _ vendorlogin.OTPSource = (*Source)(nil)
