package authtest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

const (
	waitLimit = 15 * time.Second      // for something that is to happen by itself, such as the end of a ttl
	shortest  = 60 * time.Millisecond // for a ttl or a lease whose end a case waits for
	minute    = time.Minute           // for one whose end it must not live to see
)

// A trial is one run of one case. It stands between the cases and testing.T so that the suites' own tests can run them against
// implementations that are wrong on purpose.
type trial struct {
	ctx context.Context

	mu       sync.Mutex
	failures []string
	skipped  string // why the case does not apply
}

// try runs f, for no longer than limit, and gives what it found wrong, a sentence each.
func try(limit time.Duration, f func(*trial)) (failures []string, skipped string) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	t := &trial{ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(t)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		t.lateUntil(done)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.failures), t.skipped
}

// lateUntil gives a case that is over its limit a little time to notice.
func (t *trial) lateUntil(done <-chan struct{}) {
	timer := time.NewTimer(waitLimit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.errorf("a call has not returned long after its ctx ended")
	}
}

// errorf notes a failure, once however often it is seen. It may be called by any goroutine.
func (t *trial) errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if failure := fmt.Sprintf(format, args...); !slices.Contains(t.failures, failure) {
		t.failures = append(t.failures, failure)
	}
}

// fatalf notes a failure and ends the case. Only the goroutine of the case may call it.
func (t *trial) fatalf(format string, args ...any) {
	t.errorf(format, args...)
	runtime.Goexit()
}

// skip ends a case that does not apply.
func (t *trial) skip(why string) {
	t.mu.Lock()
	t.skipped = why
	t.mu.Unlock()
	runtime.Goexit()
}

// returned ends the case unless what returned an error of that kind.
func (t *trial) returned(what string, err, kind error) {
	if !errors.Is(err, kind) {
		t.fatalf("%s returned %s, not %q", what, quote(err), kind)
	}
}

// not ends the case when what returned an error of one of those kinds.
func (t *trial) not(what string, err error, kinds ...error) {
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			t.fatalf("%s returned %q", what, kind)
		}
	}
}

// worked ends the case when err is one.
func (t *trial) worked(what string, err error) {
	if err != nil {
		t.fatalf("%s failed: %v", what, err)
	}
}

// until asks done until it is true. It never waits longer than it has to: what happens by itself is looked for, not slept for.
func (t *trial) until(what string, done func() bool) {
	deadline := time.Now().Add(waitLimit)
	for pause := time.Millisecond; !done(); pause = min(2*pause, 20*time.Millisecond) {
		if time.Now().After(deadline) {
			t.fatalf("after %v, %s", waitLimit, what)
		}
		t.pause(pause)
	}
}

func (t *trial) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
	}
}

// inTime gives try a short span, such as a ttl, in which it is to do its work on a key that it makes for itself. What try finds
// counts only where it took less than that: a machine that was too slow gets a longer span.
func (t *trial) inTime(try func(span time.Duration) (failure string)) {
	for span := shortest; ; span *= 4 {
		start := time.Now()
		failure := try(span)
		if failure == "" {
			return
		}
		if took := time.Since(start); took < span-span/8 || span > waitLimit/2 {
			t.fatalf("%s", failure)
		}
	}
}

// together runs f n times at once and returns when all have ended.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	group.Wait()
}

// random is a string of 26 letters and digits that nobody else has.
func random() string { return strings.ToLower(rand.Text()) }

func quote(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("%q", err)
}

// prints is v in every way that people print, log and marshal things; of an error, all that it wraps too.
func prints(v any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n%+v\n%#v\n%s\n%q\n", v, v, v, v, v)
	if data, err := json.Marshal(v); err == nil {
		b.Write(data)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("print", "v", v)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("print", "v", v)
	if e, ok := v.(*vendorlogin.Error); ok { // its text leaves out what users print by themselves
		fmt.Fprintf(&b, "%+v", []any{e.Account, e.Op, e.Request, e.Code, e.Message, e.Fields})
	}
	if err, ok := v.(error); ok {
		for _, cause := range causes(err) {
			b.WriteString(prints(cause))
		}
	}
	return b.String()
}

// causes is what err wraps directly.
func causes(err error) []error {
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		if cause := err.Unwrap(); cause != nil {
			return []error{cause}
		}
	case interface{ Unwrap() []error }:
		return err.Unwrap()
	}
	return nil
}
