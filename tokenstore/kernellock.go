package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// A kernelLock is an exclusive lock that the kernel keeps on an open file. It is free as soon as its holder has ended, however that
// came about. It holds against other goroutines of this process too, since each lock has a file handle of its own.
//
// Lock files hold nothing and stay: were they removed, one process could lock the file that has the name, another one that had it.
type kernelLock struct{ *flock.Flock }

// tryLock takes the lock on the file of that name, which it makes if need be. ok is false, and there is nothing to free, when somebody
// else has it.
func (d dir) tryLock(name string) (lock kernelLock, ok bool, err error) {
	lock, err = retryMoved(func() (kernelLock, error) {
		if err := d.touch(name); err != nil {
			return kernelLock{}, err
		}
		lock, err := d.lockOnce(name)
		if errors.Is(err, fs.ErrNotExist) {
			err = errMoved
		}
		return lock, err
	})
	if errors.Is(err, errBusy) {
		return kernelLock{}, false, nil
	}
	return lock, err == nil, err
}

var errBusy = errors.New("the lock file is in use")

// lockOnce takes the lock on a file that is there, or returns errBusy.
func (d dir) lockOnce(name string) (kernelLock, error) {
	before, err := d.regular(name)
	if err != nil {
		return kernelLock{}, err
	}
	if isLax(before) {
		if err := d.Chmod(name, tight(before)); err != nil {
			return kernelLock{}, err
		}
	}
	lock, err := d.lockByPath(name)
	return lock, lockError(withOwner(err, before, os.Geteuid()))
}

// lockByPath locks what has that name by now. It opens by path, and would follow a link. So it may not create the file, nothing is ever
// written to it, and what was locked counts only if it is what has that name in our directory.
func (d dir) lockByPath(name string) (kernelLock, error) {
	lock := kernelLock{flock.New(filepath.Join(d.Name(), name), flock.SetFlag(os.O_RDWR|nonblock))}
	ok, err := lock.TryLock()
	if err != nil {
		return kernelLock{}, err
	}
	if !ok {
		return kernelLock{}, errBusy
	}
	if err := d.sameFile(lock, name); err != nil {
		lock.free()
		return kernelLock{}, err
	}
	return lock, nil
}

func (d dir) sameFile(lock kernelLock, name string) error {
	locked, err := lock.Stat()
	if err != nil {
		return err
	}
	named, err := d.regular(name)
	if err != nil {
		return err
	}
	if !os.SameFile(locked, named) {
		return errMoved
	}
	return nil
}

// free gives the lock back.
func (l kernelLock) free() { _ = l.Close() }

// lockError names locks as what is missing where a file system has none, since "function not implemented" alone helps nobody.
func lockError(err error) error {
	if !errors.Is(err, errors.ErrUnsupported) && !isNoLocks(err) {
		return err
	}
	return fmt.Errorf("this file system has no working file locks; use a directory on a local disk: %w", err)
}

// lock calls tryLock again and again until the lock is ours, ctx ends, or timeout has passed. A process may be stopped while it has the
// lock, and then has it for as long as somebody pleases: waiting without a bound could last without end.
//
// It polls rather than waits in the kernel, since that wait could not be ended.
func (d dir) lock(ctx context.Context, name string, timeout time.Duration) (kernelLock, error) {
	giveUp := time.Now().Add(timeout)
	for pause := time.Millisecond; ; pause = min(2*pause, 16*time.Millisecond) {
		lock, ok, err := d.tryLock(name)
		if ok || err != nil {
			return lock, err
		}
		if time.Now().After(giveUp) {
			return kernelLock{}, fmt.Errorf("%s: locked for %v, perhaps by a process that is stopped", name, timeout)
		}
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil {
			return kernelLock{}, fmt.Errorf("%s: locked: %w", name, err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
