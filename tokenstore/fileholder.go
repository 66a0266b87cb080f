package tokenstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/storekey"
)

// A kernel lock alone would make a poor lease: it is free at once when its holder has ended, but never while its holder is stopped. A
// time written down alone would too: it passes, but a holder that ends early blocks all others until then. So a lease is both. The file
// "lease.<key>" says who has it and until when, and the holder keeps the kernel lock on a file of its own, "holder.<key>.<name>". The
// lease is free when its time has passed, or when that lock can be had.
//
// Who reads or writes the lease file has the lease's guard for that moment, a kernel lock too. TryLock does not wait even for that: if
// somebody else has the guard, they are about to take the lease or to learn who has it, and either way it is not ours.

const (
	holderPrefix   = "holder."
	leaseStateSize = 256     // bytes; more than there is to say
	maxLeaseState  = 1 << 10 // bytes; more than that is not read

	// longestLease bounds a lease whose file does not say how long it is: nobody holds a lease that long.
	longestLease = time.Hour
)

func leaseName(key string) string        { return "lease." + key }
func leaseGuardName(key string) string   { return "turn." + key } // the name that earlier versions lock too
func holderName(key, name string) string { return holderPrefix + key + "." + name }

// A leaseState is what is in a lease file, as JSON.
type leaseState struct {
	Holder string        `json:"holder"`           // how the name of the holder's own file ends
	Ends   time.Time     `json:"ends"`             // local time
	Length time.Duration `json:"length,omitempty"` // nanoseconds; the most that can be left; earlier versions do not say it
}

// bounded makes a lease end no later than a lease of its length can. A later end was written before the clock was set back, or by
// something else.
func (s leaseState) bounded(now time.Time) leaseState {
	longest := s.Length
	if longest <= 0 {
		longest = longestLease
	}
	if s.Ends.Sub(now) > longest {
		s.Ends = now.Add(longest)
	}
	return s
}

// isHeld reports whether somebody has the lease. Of a holder that is gone it removes what is left.
func (d dir) isHeld(key string) (bool, error) {
	written, err := d.leaseState(key)
	if err != nil {
		return false, err
	}
	now := time.Now()
	state := written.bounded(now)
	if !now.Before(state.Ends) {
		return false, nil
	}
	if gone, err := d.reap(holderName(key, state.Holder)); gone || err != nil {
		return false, err
	}
	if state.Ends.Before(written.Ends) {
		return true, d.writeLeaseState(key, state) // else the bound would move on with the clock
	}
	return true, nil
}

// leaseState reads the lease file. Where there is none, or nothing usable in it, that is a lease that has ended: only somebody who
// was killed while writing it can have left it so.
func (d dir) leaseState(key string) (leaseState, error) {
	content, err := d.read(leaseName(key), maxLeaseState)
	if errors.Is(err, fs.ErrNotExist) {
		return leaseState{}, nil
	}
	var state leaseState
	if json.Unmarshal(content, &state) != nil || !storekey.Valid(state.Holder) {
		return leaseState{}, err
	}
	return state, nil
}

// writeLeaseState gives the lease file new content in place: what only who has the guard reads needs no more, and leaves nothing behind
// when killed. The file's size stays the same, so that what fails halfway leaves the state before.
func (d dir) writeLeaseState(key string, state leaseState) error {
	content, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if err := d.touch(leaseName(key)); err != nil {
		return err
	}
	f, err := d.open(leaseName(key), os.O_RDWR)
	if err != nil {
		return err
	}
	if err = f.Truncate(leaseStateSize); err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%-*s", leaseStateSize, content), 0)
	}
	return errors.Join(err, f.Close())
}

// holdLiveness takes the kernel lock on a new file, which others see as long as this process runs.
func (d dir) holdLiveness(key string, newName func() string) (name string, liveness kernelLock, err error) {
	for range 100 { // somebody's clean-up may have come between the making and the locking of the file
		name = newName()
		liveness, ok, err := d.tryLock(holderName(key, name))
		if ok || err != nil {
			return name, liveness, err
		}
	}
	return "", kernelLock{}, errBusy
}

// reap reports whether a holder is gone, and then removes its file.
func (d dir) reap(file string) (gone bool, err error) {
	lock, err := retryMoved(func() (kernelLock, error) { return d.lockOnce(file) })
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if errors.Is(err, errBusy) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	removed := d.Remove(file) == nil
	lock.free()
	if !removed {
		_ = d.Remove(file) // Windows wants it closed first
	}
	return true, nil
}
