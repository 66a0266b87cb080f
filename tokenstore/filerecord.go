package tokenstore

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/storekey"
)

// The files of a key's record. The key comes last, because on Windows a name that begins with "con." or the like is not a file's.
const recordPrefix = "record."

func recordName(key string) string      { return recordPrefix + key }
func badName(key string) string         { return "bad." + key }
func recordGuardName(key string) string { return "lock." + key } // a kernel lock: who has it may change the record

// readRecord returns the record of key that is there now. It takes no lock: a record's file is only ever replaced as a whole.
func (d dir) readRecord(key string) (record, error) {
	content, err := d.read(recordName(key), maxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, vendorlogin.ErrNoRecord
	}
	if err != nil {
		return record{}, err
	}
	r, err := decodeRecord(key, content)
	if err != nil {
		return record{}, err
	}
	if !time.Now().Before(r.ends) {
		return record{}, errExpired
	}
	return r, nil
}

// guarded runs do with the version of key's record, "" being that of none, and keeps others from changing the record meanwhile.
func (d dir) guarded(ctx context.Context, key string, timeout time.Duration, do func(current string) error) error {
	guard, err := d.lock(ctx, recordGuardName(key), timeout)
	if err != nil {
		return err
	}
	defer guard.free()
	r, err := d.readRecord(key)
	if errors.Is(err, vendorlogin.ErrNoRecord) {
		d.quarantine(key, err)
		return do("")
	}
	if err != nil {
		return err
	}
	return do(r.version.String())
}

// removeRecord removes the record's file.
func (d dir) removeRecord(key string) error {
	if err := d.Remove(recordName(key)); err != nil {
		return err
	}
	return d.sync()
}

// cleanUp removes what readRecord, with the error err, found to be no record. It is free to fail: the next Save replaces the file anyway.
// It checks once more under the lock, since a good record may have taken the file's place, and does nothing where others have that lock.
func (d dir) cleanUp(key string, err error) {
	if !isUnreadable(err) && !errors.Is(err, errExpired) {
		return
	}
	guard, ok, _ := d.tryLock(recordGuardName(key))
	if !ok {
		return
	}
	defer guard.free()
	_, err = d.readRecord(key)
	d.quarantine(key, err)
	if errors.Is(err, errExpired) {
		_ = d.Remove(recordName(key)) // no sync: should it come back, it has expired
	}
}

// cleanUpExpired removes a record that has expired.
func (d dir) cleanUpExpired(name string) {
	key := strings.TrimPrefix(name, recordPrefix)
	if !storekey.Valid(key) {
		return
	}
	if _, err := d.readRecord(key); errors.Is(err, errExpired) {
		d.cleanUp(key, err)
	}
}

// quarantine keeps an unreadable file for whoever wants to know what happened to it.
func (d dir) quarantine(key string, err error) {
	if isUnreadable(err) {
		_ = d.Rename(recordName(key), badName(key))
	}
}

func isUnreadable(err error) bool {
	var unreadable *unreadableError
	return errors.As(err, &unreadable)
}

// cleanUpTemporary removes a file that was to become a record. Only who has the record's lock has such a file in use: with the lock ours,
// any that is there is nobody's.
func (d dir) cleanUpTemporary(name string) {
	target, _, found := strings.Cut(name, temporary)
	key := strings.TrimPrefix(target, recordPrefix)
	if !found {
		return
	}
	guard, ok, _ := d.tryLock(recordGuardName(key))
	if !ok {
		return
	}
	defer guard.free()
	_ = d.Remove(name)
}
