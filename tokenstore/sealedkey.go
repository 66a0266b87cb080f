package tokenstore

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

const (
	keySize  = 32 // bytes, for AES-256
	maxKeyID = 32
)

// A Key is an AES-256 key with an id, which a sealed record names. The id is no secret; the key does not print. The zero Key seals
// nothing: [NewSealed] rejects it.
//
// As text it is the id, ":" and the base64 of 32 random bytes. [NewKey] makes one, and so does a shell:
//
//	echo "2026-01:$(openssl rand -base64 32)"
type Key struct {
	id     string
	secret vendorlogin.Secret
}

// NewKey makes a key with a random id.
func NewKey() Key {
	var secret [keySize]byte
	_, _ = rand.Read(secret[:]) // never fails: the program ends instead
	return Key{id: randomName()[:8], secret: vendorlogin.NewSecret(string(secret[:]))}
}

// ParseKey reads a key's text, without the space around it. An id is 1 to 32 letters, digits, "_", "-" and ".". What is not a key is
// [vendorlogin.ErrInvalidRequest]; the error does not quote it.
func ParseKey(text string) (Key, error) {
	id, encoded, found := strings.Cut(strings.TrimSpace(text), ":")
	if !found {
		return Key{}, invalid(`a key is an id, ":" and the base64 of 32 bytes`)
	}
	if !validKeyID(id) {
		return Key{}, invalid(`a key's id is 1 to 32 letters, digits, "_", "-" and "."`)
	}
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(secret) != keySize {
		return Key{}, invalid("key " + id + ": not the base64 of 32 bytes")
	}
	return Key{id: id, secret: vendorlogin.NewSecret(string(secret))}, nil
}

func validKeyID(id string) bool {
	if id == "" || len(id) > maxKeyID {
		return false
	}
	for _, c := range []byte(id) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

// ID returns the key's id.
func (k Key) ID() string { return k.id }

// Reveal returns the text that ParseKey reads, to be kept where secrets are kept.
func (k Key) Reveal() string {
	return k.id + ":" + base64.StdEncoding.EncodeToString([]byte(k.secret.Reveal()))
}

// String returns the id, and "[redacted]" for the key.
func (k Key) String() string { return k.id + ":" + k.secret.String() }

// Format is String for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String; JSON, XML and the like ask it too.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
