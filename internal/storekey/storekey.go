// Package storekey checks what a store is called with: the key that a blob or a lock is kept under, and what comes with it.
// All stores of this module share the rules, so that a call that one of them takes is a call that each takes.
//
//	if err := storekey.CheckSave(key, data, ttl); err != nil {
//		return "", fmt.Errorf("%w: mystore: %w", vendorlogin.ErrInvalidRequest, err)
//	}
//
// No error quotes a key or a blob.
package storekey

import (
	"errors"
	"fmt"
	"time"
)

const (
	// MaxLength is how many bytes a key has at most.
	MaxLength = 128

	// MaxBlob is how many bytes a blob has at most: the 64 KiB that a Client saves, and room for the seal around them.
	MaxBlob = 64<<10 + 1<<10
)

// Valid reports whether key is 1 to [MaxLength] characters of a-z, 0-9, "_" and "-". Such a key is fit to be a part of a file's name.
func Valid(key string) bool {
	if key == "" || len(key) > MaxLength {
		return false
	}
	for _, c := range []byte(key) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// Check returns an error for a key that is not [Valid].
func Check(key string) error {
	if !Valid(key) {
		return fmt.Errorf(`a key is 1 to %d characters of a-z, 0-9, "_" and "-"`, MaxLength)
	}
	return nil
}

// CheckSave returns an error for arguments that no Save takes.
func CheckSave(key string, data []byte, ttl time.Duration) error {
	if len(data) == 0 {
		return errors.New("a blob has at least 1 byte")
	}
	if len(data) > MaxBlob {
		return fmt.Errorf("a blob of %d bytes is longer than %d", len(data), MaxBlob)
	}
	if ttl <= 0 {
		return errors.New("a ttl is more than 0")
	}
	return Check(key)
}

// CheckLock returns an error for arguments that no TryLock takes.
func CheckLock(key string, lease time.Duration) error {
	if lease <= 0 {
		return errors.New("a lease is more than 0")
	}
	return Check(key)
}
