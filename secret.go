package vendorlogin

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

const redacted = "[redacted]"

// A Secret is a string that does not print. What formats, logs or marshals it, or a value that holds it, gets "[redacted]"; only
// [Secret.Reveal] gives the string (and what reads memory past all methods, as the diff of a failed testify assertion does). The zero Secret is the empty one. Secrets are not comparable with ==.
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

// Reveal gives the string itself.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether s is empty.
func (s Secret) IsZero() bool { return s.value == nil }

// String says "[redacted]".
func (s Secret) String() string { return redacted }

// GoString says "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format says "[redacted]" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue says "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText says "[redacted]"; JSON, XML and the like ask it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// A SecretFunc fetches a secret, and gives it as [NewSecret]. It is called twice for a login, so that a rotated password is picked up
// without a restart, and, while wrong credentials keep a Client on hold and somebody asks for a token, to see whether the secret has
// changed: then it rests for ten times as long as it took. It must be safe for concurrent use and honour ctx; what its error says
// may be logged.
type SecretFunc func(ctx context.Context) (Secret, error)

// SecretString is a SecretFunc that always gives s.
func SecretString(s string) SecretFunc {
	secret := NewSecret(s)
	return func(context.Context) (Secret, error) { return secret, nil }
}

// SecretEnv reads the environment variable name, less one trailing newline. That it is not set is [ErrInvalidRequest].
func SecretEnv(name string) SecretFunc {
	return func(context.Context) (Secret, error) {
		value, ok := os.LookupEnv(name)
		if !ok {
			return Secret{}, &Error{Op: "secret", Kind: ErrInvalidRequest,
				Fields: []FieldError{{Field: "environment variable " + name, Reason: "is not set"}}}
		}
		return NewSecret(trimNewline(value)), nil
	}
}

// SecretFile reads the file at path, less one trailing newline, as container platforms mount secrets. A file that cannot be read is
// [ErrInvalidRequest].
func SecretFile(path string) SecretFunc {
	return func(context.Context) (Secret, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return Secret{}, &Error{Op: "secret", Kind: ErrInvalidRequest, Err: err}
		}
		return NewSecret(trimNewline(string(data))), nil
	}
}

// trimNewline takes off the one newline that editors and shells put at the end of a file; a password may end in others.
func trimNewline(s string) string {
	s, found := strings.CutSuffix(s, "\n")
	if found {
		s = strings.TrimSuffix(s, "\r")
	}
	return s
}
