// Package flight runs one piece of work that many wait for. The work has a goroutine and a deadline of its own, so whoever began it
// may leave. A panic, a runtime.Goexit and work that does not end are outcomes like any other.
//
// A flight goes through these states; each happens once:
//
//	under way → settled → ended
//
// Waiters leave when it is settled. Cleaning up, such as unlocking, lies between settled and ended.
package flight

import (
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"
)

// ErrClosed is what waiters get once Close was called.
var ErrClosed = errors.New("the flight was closed")

// Work is what a Flight does.
type Work[T any] struct {
	// Timeout ends the ctx of Do; Grace later the flight is settled without it.
	Timeout, Grace time.Duration

	// Do does the work.
	Do func(ctx context.Context) T

	// Failed is the outcome of work that did not return one.
	Failed func(Cause) T

	// Settle makes of the outcome what waiters get. It is called once, before any waiter leaves.
	Settle func(T) T

	// Cleanup follows Settle on the goroutine of Do. A panic in it is dropped.
	Cleanup func(ctx context.Context)

	// Ended is the last thing that happens.
	Ended func()
}

// A Cause is why work did not return.
type Cause struct {
	Panic    any    // the value; its text may hold anything
	At       string // where it panicked, such as "vendor.go:42"
	TimedOut bool   // Do still runs; neither this nor Panic set: runtime.Goexit
}

// panickedAt is the line that panicked, for the function that recovers.
func panickedAt() string {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for panicked := false; ; {
		frame, more := frames.Next()
		switch ofRuntime := strings.HasPrefix(frame.Function, "runtime."); {
		case frame.Function == "runtime.gopanic":
			panicked = true
		case panicked && !ofRuntime:
			return fmt.Sprintf("%s:%d", path.Base(frame.File), frame.Line)
		}
		if !more {
			return "an unknown line"
		}
	}
}

// A Flight is Work under way. Its methods are safe for concurrent use.
type Flight[T any] struct {
	work    Work[T]
	clock   *clock
	done    chan struct{} // closed when value is set
	value   T
	ended   chan struct{} // closed when the goroutine is gone
	closing chan struct{} // closed by Close

	mu        sync.Mutex
	settled   bool
	committed bool
	closed    bool
}

// New prepares w. Its ctx will have the values of ctx, not its end.
func New[T any](ctx context.Context, w Work[T]) *Flight[T] {
	return &Flight[T]{
		work: w, clock: newClock(context.WithoutCancel(ctx), w.Timeout, w.Grace),
		done: make(chan struct{}), ended: make(chan struct{}), closing: make(chan struct{}),
	}
}

// Start starts the goroutine. It is called once.
func (f *Flight[T]) Start() {
	f.clock.start(func() { f.settle(f.work.Failed(Cause{TimedOut: true})) })
	go f.run()
}

func (f *Flight[T]) run() {
	ctx := f.clock.context()
	defer func() {
		f.clock.stop()
		f.work.Ended()
		close(f.ended)
	}()
	defer f.cleanUp(ctx)

	var value T
	returned := false
	defer func() {
		cause := Cause{Panic: recover()}
		if cause.Panic != nil {
			cause.At = panickedAt()
		}
		if !returned {
			value = f.work.Failed(cause)
		}
		f.settle(value)
	}()
	value = f.work.Do(ctx)
	returned = true
}

func (f *Flight[T]) cleanUp(ctx context.Context) {
	defer func() { _ = recover() }()
	f.work.Cleanup(ctx)
}

// settle makes value the outcome, unless there is one.
func (f *Flight[T]) settle(value T) {
	f.mu.Lock()
	if f.settled {
		f.mu.Unlock()
		return
	}
	f.settled = true
	f.mu.Unlock()
	value = f.work.Settle(value)
	f.clock.settled()
	f.value = value
	close(f.done)
}

// Wait returns the outcome, or fails with ctx.Err() or ErrClosed where that comes first.
func (f *Flight[T]) Wait(ctx context.Context) (T, error) {
	select {
	case <-f.done:
		return f.value, nil
	default:
	}
	var none T
	select {
	case <-f.done:
		return f.value, nil
	case <-f.closing:
		return none, ErrClosed
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// Ended is closed when no goroutine of the flight is left.
func (f *Flight[T]) Ended() <-chan struct{} { return f.ended }

// Commit marks the point from which on the work runs to its end. It reports false when the flight was closed before, or settled
// without the work.
func (f *Flight[T]) Commit() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.settled {
		return false
	}
	f.committed = true
	return true
}

// Settled reports whether there is an outcome.
func (f *Flight[T]) Settled() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settled
}

// Close lets waiters go with ErrClosed, and ends the ctx of work that has not committed itself.
func (f *Flight[T]) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.closed = true
	close(f.closing)
	if !f.committed {
		f.clock.cancel()
	}
}

// Pause stops the time of the work for at most limit. It returns a ctx that ends after limit, on Close, and with ctx except for its
// time, and what to call when the pause is over.
func (f *Flight[T]) Pause(ctx context.Context, limit time.Duration) (context.Context, func()) {
	f.clock.pause()
	ctx, cancel := context.WithTimeout(ctx, limit)
	go func() {
		select {
		case <-f.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel()
		f.clock.resume()
	}
}
