package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// openStore is a directory of encrypted files. The key is beside it. That keeps out backups and copies of the directory, but not who
// can read all of the user's files; a keyring of the system would do more.
func openStore(dir string) (vendorlogin.Store, error) {
	if dir == "" {
		config, err := os.UserConfigDir()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(config, "vendorlogin-cli")
	}
	key, err := loadKey(filepath.Join(dir, "key"))
	if err != nil {
		return nil, err
	}
	return tokenstore.NewSealed(tokenstore.NewFile(filepath.Join(dir, "tokens")), key)
}

// loadKey reads the key, or makes one on the first run.
func loadKey(path string) (tokenstore.Key, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return tokenstore.Key{}, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		text, err := os.ReadFile(path)
		if err != nil {
			return tokenstore.Key{}, err
		}
		return tokenstore.ParseKey(string(text))
	}
	if err != nil {
		return tokenstore.Key{}, err
	}
	key := tokenstore.NewKey()
	_, err = fmt.Fprintln(f, key.Reveal())
	return key, errors.Join(err, f.Close())
}
