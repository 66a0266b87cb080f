package tokenstore

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// ErrSealed is a record that cannot be opened. It was sealed with a key that was not given, is another account's, was tampered with,
// or was never sealed. It always comes together with [vendorlogin.ErrStore], and its text says which of these it can be.
var ErrSealed = errors.New("sealed record cannot be opened")

// NewSealed returns a store that encrypts what it keeps in store, by AES-256-GCM. The first of keys encrypts, and each decrypts what
// was encrypted with it. A record that is copied to another place in the store does not open there.
//
// Some things stay visible: the store keys, which hold the vendor's name and a hash, and the size, version and ttl of each record. And
// whoever may write to the store can put back an older record of the same account.
//
// To rotate the keys:
//
//  1. Give every process the new key as the second one.
//  2. When all processes have it, put it first.
//  3. Take the old key out 7 days after that. Wait longer if a vendor's refresh token lasts longer, and 30 days if recovery codes or
//     identity providers' codes are used.
//
// One key is good for 4 billion saves.
//
// A record that cannot be opened is [ErrSealed] and [vendorlogin.ErrStore]. It is left as it is, since it may be good for whoever has
// the right key. Until the keys are right, the record's ttl has passed, or somebody removes it, each process logs in on its own, and
// the record stays.
//
// A record that was saved before the store was sealed cannot be opened either: it could be anybody's. So give a store that is sealed
// from now on an empty place: a new directory, a new prefix in Redis, a new table. The fleet then logs in once.
//
// The result is a [vendorlogin.Locker] if, and only if, store is one. It is as safe for concurrent use as store is. A sealed blob is up
// to 68 bytes longer than the blob in it. The stores of this module have room for that.
//
// A nil store, no key, the zero Key, or two keys of one id are [vendorlogin.ErrInvalidRequest].
func NewSealed(store vendorlogin.Store, keys ...Key) (vendorlogin.Store, error) {
	if store == nil {
		return nil, invalid("there is no store to seal")
	}
	if len(keys) == 0 {
		return nil, invalid("there is no key to seal with")
	}
	s := &sealed{store: store, first: keys[0].id, ring: map[string]cipher.AEAD{}}
	for _, key := range keys {
		if s.ring[key.id] != nil {
			return nil, invalid("two keys have the id " + key.id)
		}
		aead, err := key.aead()
		if err != nil {
			return nil, err
		}
		s.ring[key.id] = aead
	}
	if locker, ok := store.(vendorlogin.Locker); ok {
		return &sealedLocker{s, locker}, nil
	}
	return s, nil
}

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher([]byte(k.secret.Reveal()))
	if err != nil { // every other key has the right length
		return nil, invalid("a key is empty")
	}
	return cipher.NewGCMWithRandomNonce(block)
}

type sealed struct {
	store vendorlogin.Store
	first string // id of the key that seals
	ring  map[string]cipher.AEAD
}

// sealedLocker is a type of its own, so that a type assertion tells the truth about the store within.
type sealedLocker struct {
	*sealed
	vendorlogin.Locker
}

// Format prints "tokenstore.Sealed" for every verb: by reflection, fmt might print what the keys were expanded to.
func (s *sealed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "tokenstore.Sealed") }

func (s *sealed) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	blob, version, err := s.store.Load(ctx, key)
	if err != nil {
		return nil, "", err
	}
	data, err = s.open(key, blob)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", vendorlogin.ErrStore, err)
	}
	return data, version, nil
}

func (s *sealed) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error) {
	if len(data) == 0 {
		return "", invalid("a blob has at least 1 byte") // sealed, it would have more
	}
	return s.store.Save(ctx, key, s.seal(key, data), version, ttl)
}

func (s *sealed) Delete(ctx context.Context, key, version string) error {
	return s.store.Delete(ctx, key, version)
}

// A sealed blob is sealMagic, the length of the key's id in one byte, the id, and what GCM made: nonce, ciphertext, tag. The last
// byte of the magic is the format.
const sealMagic = "vlseal\x01"

func (s *sealed) seal(key string, data []byte) []byte {
	blob := append([]byte(sealMagic), byte(len(s.first)))
	blob = append(blob, s.first...)
	return s.ring[s.first].Seal(blob, nil, data, associated(blob, key))
}

func (s *sealed) open(key string, blob []byte) ([]byte, error) {
	id, header, box, ok := splitSealed(blob)
	if !ok {
		return nil, fmt.Errorf("%w: it was saved without encryption, or by something else", ErrSealed)
	}
	aead := s.ring[id]
	if aead == nil {
		return nil, fmt.Errorf("%w: the key %q it was sealed with is not among ours", ErrSealed, id)
	}
	data, err := aead.Open(nil, nil, box, associated(header, key))
	if err != nil {
		return nil, fmt.Errorf("%w: the key %q is not the one it was sealed with, or it is damaged, or another account's", ErrSealed, id)
	}
	return data, nil
}

// splitSealed takes apart what seal put together, as far as that needs no key.
func splitSealed(blob []byte) (id string, header, box []byte, ok bool) {
	rest, ok := bytes.CutPrefix(blob, []byte(sealMagic))
	if !ok || len(rest) == 0 || len(rest)-1 < int(rest[0]) {
		return "", nil, nil, false
	}
	n := int(rest[0])
	id = string(rest[1 : 1+n])
	if !validKeyID(id) {
		return "", nil, nil, false
	}
	return id, blob[:len(sealMagic)+1+n], rest[1+n:], true
}

// associated is what a sealed blob is bound to: format and key id, which the header holds together with their lengths, and the store
// key, which is the rest.
func associated(header []byte, key string) []byte {
	return append(bytes.Clone(header), key...)
}

var (
	_ vendorlogin.Store  = (*sealed)(nil)
	_ vendorlogin.Locker = (*sealedLocker)(nil)
)
