package tokenstore

import (
	"errors"
	"fmt"

	"github.com/vendorlogin/vendorlogin"
)

// storeError makes an error of the directory at path one that the contract of a Store names.
func storeError(path string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errExpired) {
		return vendorlogin.ErrNoRecord
	}
	contract := []error{vendorlogin.ErrNoRecord, vendorlogin.ErrRecordChanged, vendorlogin.ErrLocked, vendorlogin.ErrInvalidRequest}
	for _, named := range contract {
		if errors.Is(err, named) {
			return err
		}
	}
	return fmt.Errorf("%w: directory %s: %w", vendorlogin.ErrStore, path, err)
}
