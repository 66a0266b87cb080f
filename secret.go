package vendorlogin

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

const redacted = "[redacted]"

// A Secret is a string that does not print. What formats, logs or marshals it, or a value that holds it, gets "[redacted]". Only
// [Secret.Reveal] returns the string. The diff of a failed testify assertion reads memory and shows it too: compare revealed
// strings that are plainly fake. The zero Secret is the empty one. Secrets are not comparable with ==.
type Secret struct {
	_ [0]func() // not comparable: == would compare addresses

	// A pointer, because fmt prints an unexported struct field by reflection, without asking the field's own methods: of a pointer
	// in there it prints the address.
	value *string
}

// NewSecret makes a Secret of s.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{value: &s}
}

// Reveal returns the string itself.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether s is empty.
func (s Secret) IsZero() bool { return s.value == nil }

// String, GoString, Format, LogValue and MarshalText return "[redacted]", so that no printer, logger or encoder shows a Secret.
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format writes "[redacted]" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]"; encoding/json and encoding/xml call it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// A SecretFunc fetches a secret. It is called for each login, so that a rotated password is picked up without a restart. While rejected
// credentials keep a [Client] on hold, it is also called by the shared probe, never twice within 5 seconds, to see whether the secret has
// changed. One whose secret goes on API requests (genlogs' APIKey, a secret in a description's use) is called for each request, so it
// should cache its value. It must be safe for concurrent use and honour ctx. The text of its error may be logged.
//
// One that asks a person is to be marked with [SecretFunc.Interactive].
type SecretFunc func(ctx context.Context) (Secret, error)

// Interactive marks a SecretFunc that asks a person, such as a password prompt: a probe never calls it. A hold after rejected credentials
// then ends with its time, or with [Client.Renew] or [Client.Seed].
func (f SecretFunc) Interactive() SecretFunc {
	if f == nil {
		return nil
	}
	return func(ctx context.Context) (Secret, error) {
		if s := scopeOf(ctx); s != nil && s.probing {
			return Secret{}, &Error{Op: "secret", Kind: ErrUnavailable, Err: plainError("nobody is asked while on hold"), Unprocessed: true}
		}
		return f(ctx)
	}
}

// OncePerLogin is f, called once within one login of a [Client] however often the login needs the secret. So a prompt asks once, and
// the fingerprint is that of the value that was sent. The constructor of an [Authenticator] applies it to each SecretFunc of its
// configuration. Outside a Client's login f is called each time. A nil f stays nil.
func (f SecretFunc) OncePerLogin() SecretFunc {
	if f == nil {
		return nil
	}
	return (&secretOnce{f}).read
}

// A secretOnce is a SecretFunc under its own address, since functions cannot be compared.
type secretOnce struct{ f SecretFunc }

func (o *secretOnce) read(ctx context.Context) (Secret, error) {
	if s := scopeOf(ctx); s != nil {
		return s.secret(ctx, o)
	}
	return o.f(ctx)
}

// Spend records that s, which the vendor takes only once, is about to be sent: a recovery code, an identity provider's code.
// [AskOTP] does so for one-time passwords. An [Authenticator] calls it before each request with such a secret, with the ctx of its
// Login. On an error it sends nothing and returns the error.
//
// A [Client] then remembers s by its fingerprint, in the [Store] too, and for 30 days does not let it be sent again. It remembers the
// latest 1,000 secrets. It counts the attempt: see [Options.MaxAttempts]. The error is [ErrInvalidCredentials] for a secret that was sent
// before, and [ErrRateLimited] with RetryAt where the attempts are used up. Outside a Client's login, Spend does nothing and returns nil.
func Spend(ctx context.Context, s Secret) error { return spend(ctx, s, false) }

// Spent returns the error that [Spend] returns for a secret that was sent before, else nil, and counts nothing. An [Authenticator] that
// sends s in a later step calls it before the first: a login that cannot succeed is then not begun.
func Spent(ctx context.Context, s Secret) error {
	if scope := scopeOf(ctx); scope != nil && scope.spent != nil {
		return scope.spent(s)
	}
	return nil
}

// SecretString is a SecretFunc that always returns s.
func SecretString(s string) SecretFunc {
	secret := NewSecret(s)
	return func(context.Context) (Secret, error) { return secret, nil }
}

// SecretEnv reads the environment variable name, without a byte order mark at its start and without one newline at its end. A
// variable that is not set is [ErrInvalidRequest].
func SecretEnv(name string) SecretFunc {
	return func(context.Context) (Secret, error) {
		value, ok := os.LookupEnv(name)
		if !ok {
			return Secret{}, &Error{Op: "secret", Kind: ErrInvalidRequest, Unprocessed: true,
				Fields: []FieldError{{Field: "environment variable " + name, Reason: "is not set"}}}
		}
		return NewSecret(trimmed(value)), nil
	}
}

// SecretFile reads the file at path, as container platforms mount secrets, without a byte order mark at its start and without one
// newline at its end. A file that cannot be read is [ErrInvalidRequest].
func SecretFile(path string) SecretFunc {
	return func(context.Context) (Secret, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return Secret{}, &Error{Op: "secret", Kind: ErrInvalidRequest, Err: err, Unprocessed: true}
		}
		return NewSecret(trimmed(string(data))), nil
	}
}

// trimmed takes off what editors and shells add to a file. Only one newline goes: a password may end in others.
func trimmed(s string) string {
	s = strings.TrimPrefix(s, "\ufeff")
	s, found := strings.CutSuffix(s, "\n")
	if found {
		s = strings.TrimSuffix(s, "\r")
	}
	return s
}
