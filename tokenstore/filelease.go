package tokenstore

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A fileLease is a lease that was taken here.
type fileLease struct {
	path      string // of the directory
	timeout   time.Duration
	key, name string
	length    time.Duration

	mu       sync.Mutex
	held     bool       // as far as we know
	liveness kernelLock // ours while held
	ends     time.Time
	timer    *time.Timer // also keeps a lease that its owner has dropped from being collected, and with it the lock, before its time
}

// takeLease takes the lease of key, without waiting. The directory d is the one at path; timeout is for what the lease does later.
func takeLease(d dir, path, key string, length, timeout time.Duration) (*fileLease, error) {
	guard, ok, err := d.tryLock(leaseGuardName(key))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, vendorlogin.ErrLocked
	}
	defer guard.free()
	held, err := d.isHeld(key)
	if err != nil {
		return nil, err
	}
	if held {
		return nil, vendorlogin.ErrLocked
	}
	name, liveness, err := d.holdLiveness(key, randomName)
	if err != nil {
		return nil, err
	}
	l := &fileLease{path: path, timeout: timeout, key: key, name: name, length: length, liveness: liveness, held: true}
	return l, l.start(d)
}

// start makes the lease last its length, or gives it up.
func (l *fileLease) start(d dir) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(l.length, l.expire)
	err := l.begin(d)
	if err != nil {
		l.end()
	}
	return err
}

// Extend implements [vendorlogin.Lease].
func (l *fileLease) Extend(ctx context.Context) error {
	return l.ifHeld(ctx, l.begin)
}

// Unlock implements [vendorlogin.Lease].
func (l *fileLease) Unlock(ctx context.Context) error {
	if err := ended(ctx); err != nil {
		return err
	}
	// Without its liveness the lease is free, whether or not its file could be removed.
	defer l.giveUp()
	return l.ifHeld(ctx, func(d dir) error {
		return d.Remove(leaseName(l.key))
	})
}

// ifHeld runs do when the lease is ours, with both the guard and the mutex.
func (l *fileLease) ifHeld(ctx context.Context, do func(dir) error) error {
	if err := ended(ctx); err != nil {
		return err
	}
	d, err := openDir(l.path, false)
	if errors.Is(err, fs.ErrNotExist) {
		return vendorlogin.ErrLocked
	}
	if err != nil {
		return storeError(l.path, err)
	}
	defer d.Close()
	guard, err := d.lock(ctx, leaseGuardName(l.key), l.timeout)
	if err != nil {
		return storeError(l.path, err)
	}
	defer guard.free()
	l.mu.Lock()
	defer l.mu.Unlock()
	state, err := d.leaseState(l.key)
	if err != nil {
		return storeError(l.path, err)
	}
	if !l.held || state.Holder != l.name || !time.Now().Before(state.Ends) {
		return vendorlogin.ErrLocked
	}
	return storeError(l.path, do(d))
}

// begin makes the lease last its length from now on. The timer is set anew when it fires.
func (l *fileLease) begin(d dir) error {
	l.ends = time.Now().Add(l.length)
	return d.writeLeaseState(l.key, leaseState{Holder: l.name, Ends: l.ends, Length: l.length})
}

// expire gives the lease up when its time has passed.
func (l *fileLease) expire() {
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

// end gives up the liveness. The mutex is held. Nothing changes for whoever has the lease by now.
func (l *fileLease) end() {
	l.held = false
	l.timer.Stop()
	l.liveness.free()
	if d, err := openDir(l.path, false); err == nil {
		defer d.Close()
		_ = d.Remove(holderName(l.key, l.name))
	}
}

var _ vendorlogin.Lease = (*fileLease)(nil)
