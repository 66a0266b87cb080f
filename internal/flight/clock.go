package flight

import (
	"context"
	"sync"
	"time"
)

// A clock is the time that a piece of work has. It can be stopped and set going again, which a context's deadline cannot.
type clock struct {
	values context.Context // of the caller
	inner  context.Context // what is cancelled
	cancel context.CancelFunc
	grace  time.Duration

	mu      sync.Mutex
	left    time.Duration
	since   time.Time // when it was last set going
	paused  int       // pauses under way
	timeout *time.Timer
	giveUp  *time.Timer
	ended   bool
	expired bool
}

func newClock(values context.Context, timeout, grace time.Duration) *clock {
	inner, cancel := context.WithCancel(context.Background())
	return &clock{values: values, inner: inner, cancel: cancel, left: timeout, grace: grace}
}

// start sets the clock going; giveUp is called grace after the time is over.
func (c *clock) start(giveUp func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.since = time.Now()
	c.timeout = time.AfterFunc(c.left, c.expire)
	c.giveUp = time.AfterFunc(c.left+c.grace, giveUp)
}

func (c *clock) expire() {
	c.mu.Lock()
	c.expired = true
	c.mu.Unlock()
	c.cancel()
}

func (c *clock) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused++
	if c.paused > 1 {
		return
	}
	c.left -= time.Since(c.since)
	c.timeout.Stop()
	c.giveUp.Stop()
}

func (c *clock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused--
	if c.paused > 0 || c.ended {
		return
	}
	c.since = time.Now()
	c.timeout.Reset(max(c.left, 0))
	c.giveUp.Reset(max(c.left, 0) + c.grace)
}

// settled ends what watches over the work; its ctx goes on for the cleaning up.
func (c *clock) settled() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.giveUp.Stop()
}

// stop ends the ctx too.
func (c *clock) stop() {
	c.timeout.Stop()
	c.cancel()
}

// context is the ctx of the work.
func (c *clock) context() context.Context { return workContext{c} }

// A workContext has the caller's values and the clock's end.
type workContext struct{ clock *clock }

func (w workContext) Done() <-chan struct{} { return w.clock.inner.Done() }
func (w workContext) Value(key any) any     { return w.clock.values.Value(key) }

// Err tells time from cancellation.
func (w workContext) Err() error {
	if w.clock.inner.Err() == nil {
		return nil
	}
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	if w.clock.expired {
		return context.DeadlineExceeded
	}
	return context.Canceled
}

// Deadline is when the time is over if the clock is not stopped before.
func (w workContext) Deadline() (time.Time, bool) {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	if w.clock.paused > 0 {
		return time.Time{}, false
	}
	return w.clock.since.Add(w.clock.left), true
}

// AfterFunc spares package context a goroutine for each derived context.
func (w workContext) AfterFunc(f func()) func() bool { return context.AfterFunc(w.clock.inner, f) }
