package tokenstore

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A kernel lock alone would make a poor lease: it is free at once when its holder dies, but never when its holder is stopped. A time
// written down alone would too: it ends, but a holder that dies early blocks all others until then. So a lease is both. The file
// "lease.<key>" says who has it and until when, and the holder keeps the kernel lock on a file of its own, "holder.<key>.<name>", as
// proof of life: the lease is free when its time has passed, or when that lock can be had.
//
// Who reads or writes the lease file has the kernel lock "turn.<key>" for that moment. TryLock does not wait even for that: if the
// turn is somebody else's, they are about to take the lock or to be told who has it, and either way it is not ours.

const (
	holderPrefix  = "holder."
	maxLeaseState = 1 << 10 // bytes
)

func leaseName(key string) string        { return "lease." + key }
func turnName(key string) string         { return "turn." + key }
func holderName(key, name string) string { return holderPrefix + key + "." + name }

// A leaseState is what is in a lease file, as JSON.
type leaseState struct {
	Holder string    `json:"holder"` // how the name of the holder's own file ends
	Ends   time.Time `json:"ends"`
}

// TryLock implements [vendorlogin.Locker].
func (s *File) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	if err := checkLock(ctx, key, lease); err != nil {
		return nil, err
	}
	d, err := s.open(true)
	if err != nil {
		return nil, s.failed(err)
	}
	defer d.Close()
	s.sweepOnce(d)
	turn, ok, err := d.tryLock(turnName(key))
	if err != nil {
		return nil, s.failed(err)
	}
	if !ok {
		return nil, vendorlogin.ErrLocked
	}
	defer turn.free()
	l, err := s.take(d, key, lease)
	if err != nil {
		return nil, s.failed(err)
	}
	return l, nil
}

// take is called by who has the turn.
func (s *File) take(d folder, key string, length time.Duration) (*fileLease, error) {
	if held, err := d.isHeld(key); err != nil {
		return nil, err
	} else if held {
		return nil, vendorlogin.ErrLocked
	}
	name, alive, err := d.proveLife(key)
	if err != nil {
		return nil, err
	}
	l := &fileLease{file: s, key: key, name: name, length: length, alive: alive, held: true}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(length, l.lapse)
	if err := l.begin(d); err != nil {
		l.end()
		return nil, err
	}
	return l, nil
}

// isHeld tells whether somebody has the lease. Of a holder that is gone it removes what is left.
func (d folder) isHeld(key string) (bool, error) {
	state, err := d.leaseState(key)
	if err != nil || !time.Now().Before(state.Ends) {
		return false, err
	}
	gone, err := d.reap(holderName(key, state.Holder))
	return !gone, err
}

// leaseState reads the lease file. Where there is none, or nothing sensible in it, that is a lease that has ended: only somebody who
// was killed while writing it can have left it so.
func (d folder) leaseState(key string) (leaseState, error) {
	content, err := d.read(leaseName(key), maxLeaseState)
	if errors.Is(err, fs.ErrNotExist) {
		return leaseState{}, nil
	}
	var state leaseState
	if err != nil || json.Unmarshal(content, &state) != nil || !validKey(state.Holder) {
		return leaseState{}, err
	}
	return state, nil
}

// proveLife takes the kernel lock on a new file.
func (d folder) proveLife(key string) (name string, alive kernelLock, err error) {
	for range 100 { // somebody's sweep may have come between the making and the locking of the file
		name = newRandom().String()
		alive, ok, err := d.tryLock(holderName(key, name))
		if ok || err != nil {
			return name, alive, err
		}
	}
	return "", kernelLock{}, errBusy
}

// reap tells whether a holder is gone, and then removes its file.
func (d folder) reap(file string) (gone bool, err error) {
	lock, err := retryMoved(func() (kernelLock, error) { return d.lockOnce(file) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case errors.Is(err, errBusy):
		return false, nil
	case err != nil:
		return false, err
	}
	removed := d.Remove(file) == nil
	lock.free()
	if !removed {
		_ = d.Remove(file) // Windows wants it closed first
	}
	return true, nil
}

// A fileLease is a lease that was taken here.
type fileLease struct {
	file      *File
	key, name string
	length    time.Duration

	mu    sync.Mutex
	held  bool       // as far as we know
	alive kernelLock // ours while held
	ends  time.Time
	timer *time.Timer // also keeps a lease that its owner has dropped from being collected, and with it the lock, before its time
}

// Extend implements [vendorlogin.Lease].
func (l *fileLease) Extend(ctx context.Context) error {
	return l.ifHeld(ctx, func(d folder) error {
		if err := l.begin(d); err != nil {
			return err
		}
		l.timer.Reset(l.length)
		return nil
	})
}

// Unlock implements [vendorlogin.Lease].
func (l *fileLease) Unlock(ctx context.Context) error {
	if err := ended(ctx); err != nil {
		return err
	}
	// Without proof of life the lease is free, whether or not its file could be removed.
	defer l.giveUp()
	return l.ifHeld(ctx, func(d folder) error {
		return d.Remove(leaseName(l.key))
	})
}

// ifHeld runs do when the lease is ours, with both the turn and the mutex.
func (l *fileLease) ifHeld(ctx context.Context, do func(folder) error) error {
	if err := ended(ctx); err != nil {
		return err
	}
	d, err := l.file.open(false)
	if errors.Is(err, fs.ErrNotExist) {
		return vendorlogin.ErrLocked
	}
	if err != nil {
		return l.file.failed(err)
	}
	defer d.Close()
	turn, err := d.lock(ctx, turnName(l.key), l.file.patience)
	if err != nil {
		return l.file.failed(err)
	}
	defer turn.free()
	l.mu.Lock()
	defer l.mu.Unlock()
	state, err := d.leaseState(l.key)
	if err != nil {
		return l.file.failed(err)
	}
	if !l.held || state.Holder != l.name || !time.Now().Before(state.Ends) {
		return vendorlogin.ErrLocked
	}
	return l.file.failed(do(d))
}

// begin makes the lease last its length from now on.
func (l *fileLease) begin(d folder) error {
	l.ends = time.Now().Add(l.length)
	content, err := json.Marshal(leaseState{Holder: l.name, Ends: l.ends})
	if err != nil {
		return err
	}
	return d.overwrite(leaseName(l.key), content)
}

// overwrite gives a file new content in place: what only who has the turn reads needs no more, and leaves nothing behind when killed.
func (d folder) overwrite(name string, content []byte) error {
	if err := d.touch(name); err != nil {
		return err
	}
	f, err := d.open(name, os.O_RDWR)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(content, 0)
	if err == nil {
		err = f.Truncate(int64(len(content)))
	}
	return errors.Join(err, f.Close())
}

// lapse gives the lease up when its time has passed.
func (l *fileLease) lapse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if left := time.Until(l.ends); left > 0 {
		l.timer.Reset(left) // it has been extended meanwhile
		return
	}
	l.end()
}

func (l *fileLease) giveUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

// end ends the proof of life. It is called with the mutex, and changes nothing for whoever has the lease by now.
func (l *fileLease) end() {
	if !l.held {
		return
	}
	l.held = false
	l.timer.Stop()
	l.alive.free()
	if d, err := l.file.open(false); err == nil {
		defer d.Close()
		_ = d.Remove(holderName(l.key, l.name))
	}
}
