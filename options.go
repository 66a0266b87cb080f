package vendorlogin

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// Options tune a [Client]. The zero value of each field is its default.
type Options struct {
	// Store shares the token, the attempts and the holds with other processes and with later runs. Whoever shares a Store and names an account
	// gets that account's token: see Namespace. Default: none; all of it lives in memory.
	Store Store

	// Namespace is part of every key in the Store, so that tenants who share a Store never meet. Default: empty.
	Namespace string

	// MaxAttempts is how many unsuccessful attempts with a password an account makes in any 10 minutes, and how many with a code, whatever
	// the reason. They are counted over all users of the Store; without a Store each Client counts its own, and a restart begins anew. A
	// call that would need another one fails at once, with RetryAt. While a valid token is cached that no API has rejected, half as many
	// are made, rounded down, but at least one. Default 4; the largest value is 32; negative means no limit. The waits between attempts
	// (docs/renewal.md) do not change: with a lower value the attempts run out sooner, and the next one waits until an earlier one is about
	// 10 minutes old. A login that brings a valid token begins the count anew.
	MaxAttempts int

	// Pacer spreads the logins of many accounts at one endpoint over time; package clientpool has one. Default: none.
	Pacer Pacer

	// RenewBefore is how long before its expiry a token is renewed in the background. It is never more than half of a token's lifetime. If
	// a new token has less than 10 seconds left, or less than RenewBefore if that is shorter, the callers who wait still get it, but its
	// login counts as an unsuccessful attempt, so that tokens which expire on their way cause no endless logins. Default 5 minutes.
	RenewBefore time.Duration

	// LoginTimeout bounds one renewal: waiting for other processes, and for the vendor. Asking for a code has time of its own: 5 minutes for a
	// person, a minute for a [NonInteractive] source. Default 30 seconds.
	LoginTimeout time.Duration

	// Cooldown is how long nothing is sent after the vendor rejected the credentials, the account, a code or the request, unless the
	// credentials change, or Renew or Seed is called. After the first rejected code of a source that needs no person it is 30 to 60
	// seconds, if Cooldown is not less. Default 15 minutes.
	Cooldown time.Duration

	// Origins are where the Transport may send tokens, such as "https://api.example.com". Default: what the vendor's [Originer] names,
	// else the origin of Account.Endpoint.
	Origins []string

	// KeepAlive renews on time although nobody asks, from the first token on; it takes one timer. If the vendor has rejected the
	// credentials, the account, a code or the request of a login, it stops once the token has expired, until Token or Renew is called; it
	// stops too where a person would have to be asked for a code. A 401 of an API does not stop it. It matters for vendors that refresh
	// only a token that is still valid.
	KeepAlive bool

	// PromptInBackground lets a renewal that nobody waits for ask a person for a one-time password.
	PromptInBackground bool

	// Logger gets one line per event, with the account's name in it. Default: silent.
	Logger *slog.Logger

	// OnEvent is told what happens, one event at a time and in order, on a goroutine of its own. So events come a little late. A slow
	// observer delays nobody but Close, which waits for it. A panic in it is dropped. At most 1024 events wait; further ones are
	// dropped. It must not call Close.
	OnEvent func(Event)
}

// longestOption is practically without end: sums of it still fit into a time.Duration.
const longestOption = 10 * 365 * 24 * time.Hour

// withDefaults checks o and fills in what is not set.
func (o Options) withDefaults() (Options, error) {
	for _, d := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"RenewBefore", &o.RenewBefore, 5 * time.Minute},
		{"LoginTimeout", &o.LoginTimeout, 30 * time.Second},
		{"Cooldown", &o.Cooldown, 15 * time.Minute},
	} {
		if *d.value < 0 {
			return o, invalidOption("Options."+d.name, "is negative")
		}
		if *d.value == 0 {
			*d.value = d.def
		}
		*d.value = min(*d.value, longestOption)
	}
	if o.MaxAttempts == 0 {
		o.MaxAttempts = defaultMaxAttempts
	}
	if o.MaxAttempts > record.MaxTries {
		return o, invalidOption("Options.MaxAttempts", fmt.Sprintf("is more than %d", record.MaxTries))
	}
	for _, s := range o.Origins {
		if _, err := parseOrigin(s); err != nil {
			return o, invalidOption("Options.Origins", err.Error())
		}
	}
	o.Origins = slices.Clone(o.Origins)
	return o, nil
}

func invalidOption(field, reason string) error {
	return &Error{Op: "new", Kind: ErrInvalidRequest, Fields: []FieldError{{Field: field, Reason: reason}}, Unprocessed: true}
}
