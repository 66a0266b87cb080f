package vendorlogin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
)

// An Account names one account of one vendor, without any secret. Two Accounts are the same account when they are ==.
type Account struct {
	Vendor    string // the vendor's name, such as "gcore"
	Endpoint  string // the base URL of its API, as loginhttp.BaseURL returns it
	Principal string // who logs in: e-mail or user name
	Scope     string // what else tells two tokens of one user apart: a client id, a device id, an identity provider; no OAuth scope
}

// Key is KeyIn without a namespace.
func (a Account) Key() string { return a.KeyIn("") }

// KeyIn is the name under which stores keep the account's record: the vendor, "-" and 32 hex digits. It is the same in every process,
// and differs when the namespace or any field does. It is safe as a file name and as a Redis key, and holds no name of a person.
func (a Account) KeyIn(namespace string) string {
	h := sha256.New()
	fields := []string{a.Vendor, a.Endpoint, a.Principal, a.Scope}
	if namespace != "" {
		fields = append(fields, namespace)
	}
	for _, field := range fields {
		writeField(h, []byte(field))
	}
	return safeName(a.Vendor) + "-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// Fingerprint is an HMAC-SHA-256 over the secrets, in their order; the HMAC's key is Account.Key, which is no secret. It is the
// same in every process that has the same secrets, and differs when one of them changes. A nil SecretFunc stands for a secret that
// is not configured. The error is that of the first SecretFunc that fails.
func (a Account) Fingerprint(ctx context.Context, secrets ...SecretFunc) (uint64, error) {
	mac := hmac.New(sha256.New, []byte(a.Key()))
	for _, f := range secrets {
		if f == nil {
			mac.Write([]byte{0})
			continue
		}
		secret, err := f(ctx)
		if err != nil {
			return 0, err
		}
		mac.Write([]byte{1})
		writeField(mac, []byte(secret.Reveal()))
	}
	return binary.BigEndian.Uint64(mac.Sum(nil)), nil
}

// writeField writes a field behind its length, so that no two lists of fields are written alike.
func writeField(h hash.Hash, field []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(field)))
	h.Write(length[:])
	h.Write(field)
}

// safeName keeps what may stand in any file name and Redis key, and bounds it.
func safeName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + ('a' - 'A')
		}
		return '_'
	}, s)
	return s[:min(len(s), 32)]
}
