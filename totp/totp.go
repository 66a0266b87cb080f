// Package totp gives the codes of a TOTP secret, as RFC 6238 defines them, so that a vendor's second factor needs no person.
//
//	codes, err := totp.New(vendorlogin.SecretEnv("GCORE_TOTP"), nil)
//	auth, err := gcore.New(gcore.Config{Username: "ops@example.com", Password: password, OTP: codes})
//
// A vendor accepts each code once, and may count a code that comes twice as a wrong one. A code belongs to a step of 30 seconds. So a
// [Source] hands out each step at most once and waits for the next where the current one is used. With the usual period a second login
// within 30 seconds takes up to 30 seconds, unless its context ends before. Programs that log in as the same user share the steps
// through this package's Options.Store; a Client's Store alone does not do it.
//
// A vendor rejects the codes if the secret is another one, or if its clock differs from this host's. Set the clock, or else
// Options.ClockOffset.
package totp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// Options are what may differ from the usual. Where the secret is an otpauth URI, its digits, period and algorithm take precedence
// over these fields.
type Options struct {
	// Store is where the processes that log in as the same user share which steps are used: give it the Client's, which a Source
	// does not see by itself. A step is a period of 30 seconds, which has one code. Default: none, and each Source knows only its
	// own steps. A Store keeps one point in time per user, under a key beside the account's record.
	//
	// A Store that fails, or takes more than 5 seconds, does not stop a login. The Source then hands out the code, and another
	// process may hand out the same one.
	Store vendorlogin.Store

	// ClockOffset is added to the local time, for a host whose clock is wrong and may not be set. It is 90 seconds where the clock
	// is 90 seconds slow, and negative where it is fast. Default 0; at most 10 years.
	ClockOffset time.Duration

	Digits    int           // 6, 7 or 8; default 6
	Period    time.Duration // length of a step, in whole seconds from 1 to 3600; default 30 seconds
	Algorithm Algorithm     // default SHA1

	// Logger gets a warning when Store fails; default: silent.
	Logger *slog.Logger
}

const maxClockOffset = 10 * 366 * 24 * time.Hour

// A Source gives the codes of one TOTP secret. It is a [vendorlogin.OTPSource] that is [vendorlogin.NonInteractive]. It is safe for
// concurrent use: several callers at once get different steps, one after the other.
//
// A step is used per user, that is, per vendor, endpoint and principal of the account, and per namespace. Accounts that differ in
// Scope alone, such as two client ids of one user, share the steps of that user's secret. Two Sources in one program know each
// other's steps only through a Store; tokenstore.Memory is enough.
//
// A Source skips a step that has the same code as the step before it, since the vendor would take that code for a repeated one. After
// the clock was set back, a Source waits for at most two periods before it trusts the clock again.
type Source struct {
	secret   vendorlogin.SecretFunc
	defaults parameters
	clock    clock
	marks    marks
}

// New makes a Source. secret is base32 as vendors print it, or an otpauth://totp/ URI as QR codes hold it. In base32, blanks, dashes,
// lower case and missing padding do not matter; in a URI, the label does not. The Source reads secret for each code, so it picks up a
// rotated one.
//
// A nil o means all defaults. A nil secret, or an option that no code can be made with, is [vendorlogin.ErrInvalidRequest]. A secret
// that cannot be read as one is the same error, from OTP.
func New(secret vendorlogin.SecretFunc, o *Options) (*Source, error) {
	if o == nil {
		o = &Options{}
	}
	if secret == nil {
		return nil, invalid(vendorlogin.Account{}, "new", "secret", "is missing")
	}
	defaults := parameters{digits: o.Digits, period: o.Period, algorithm: o.Algorithm}.withDefaults()
	if field, reason := defaults.check(); reason != "" {
		return nil, invalid(vendorlogin.Account{}, "new", field, reason)
	}
	if o.ClockOffset > maxClockOffset || o.ClockOffset < -maxClockOffset {
		return nil, invalid(vendorlogin.Account{}, "new", "clock offset", "must be at most 10 years")
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Source{secret: secret, defaults: defaults, clock: clock(o.ClockOffset)}
	s.marks.clock, s.marks.store, s.marks.log, s.marks.used = s.clock, o.Store, log, make(map[string]time.Time)
	return s, nil
}

// NonInteractive is true: no person is asked.
func (*Source) NonInteractive() bool { return true }

// RejectedCause names what a vendor most often rejects these codes for. Package loginhttp adds it to the error.
func (s *Source) RejectedCause() string {
	return fmt.Sprintf("likely causes are another TOTP secret, or the clock: the code was made for %s (see totp.Options.ClockOffset)",
		s.clock.now().UTC().Format(time.RFC3339))
}

// String says what it is, and nothing of what it holds.
func (*Source) String() string { return "totp.Source" }

// GoString is String.
func (s *Source) GoString() string { return s.String() }

// OTP gives the code of the current step, once it has made sure that nobody else will get it. It waits for the next step where the current
// one is used, or has less than a thirtieth of its period left: a second of the usual 30. When ctx ends first, the error matches ctx.Err(),
// and its RetryAt is the beginning of that step. No error holds the secret or a code.
func (s *Source) OTP(ctx context.Context, c vendorlogin.Challenge) (string, error) {
	k, err := s.key(ctx, c.Account)
	if err != nil {
		return "", err
	}
	user := userKey(c)
	for ctx.Err() == nil {
		start, free := s.marks.reserve(user, k.period)
		if !free {
			if err := s.clock.sleepUntil(ctx, start); err != nil {
				err = fmt.Errorf("waiting for a step that is not used yet: %w", err)
				return "", unavailable(c.Account, err, s.clock.local(start))
			}
			continue
		}
		if k.repeats(start) || !s.marks.share(ctx, user, start, k.period) {
			continue
		}
		if !ending(start, k.period, s.clock.now()) { // a slow store may have taken the rest of the step
			return k.code(start), nil
		}
	}
	return "", unavailable(c.Account, ctx.Err(), time.Time{})
}

// key reads the secret as it is now.
func (s *Source) key(ctx context.Context, a vendorlogin.Account) (key, error) {
	secret, err := s.secret(ctx)
	if err != nil {
		if _, ok := errors.AsType[*vendorlogin.Error](err); ok {
			return key{}, err
		}
		return key{}, unavailable(a, err, time.Time{})
	}
	k, field, reason := parseKey(secret.Reveal(), s.defaults)
	if reason != "" {
		return key{}, invalid(a, "otp", field, reason)
	}
	return k, nil
}

// userKey names the user whose secret it is, whatever the scope.
func userKey(c vendorlogin.Challenge) string {
	user := c.Account
	user.Scope = ""
	return user.KeyIn(c.Namespace) + "-totp"
}

var (
	_ vendorlogin.OTPSource      = (*Source)(nil)
	_ vendorlogin.NonInteractive = (*Source)(nil)
)
