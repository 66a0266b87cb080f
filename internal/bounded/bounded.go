// Package bounded runs a call of somebody else's library for no longer than it may take, whatever the library makes of its context.
//
//	rows, err := bounded.Do(ctx, 2*time.Second, func(ctx context.Context) (int, error) {
//		return library.Count(ctx)
//	})
package bounded

import (
	"context"
	"fmt"
	"time"
)

// Grace is how long a call may go on after its context has ended. Mostly it returns within that, and then we know what became of it,
// rather than leave it to be done later.
const Grace = 100 * time.Millisecond

// An Error is what is wrong with a call that returned nothing. Its words are from here: no value of the library is in them.
type Error string

func (e Error) Error() string { return string(e) }

// ErrNoResponse is a call that did not return in time.
const ErrNoResponse = Error("no response in time")

// Do runs call and returns at the latest [Grace] after timeout has passed or ctx has ended. Then the error is [ErrNoResponse], and the call
// stays behind in its goroutine until it returns. With a ctx that has ended already nothing runs, and the error is ctx.Err().
//
// A panic in call is an [Error] that names its type only, and so is the end of its goroutine.
func Do[T any](ctx context.Context, timeout time.Duration, call func(context.Context) (T, error)) (T, error) {
	type response struct {
		value T
		err   error
	}
	if err := ctx.Err(); err != nil {
		return *new(T), err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	responses := make(chan response, 1)
	go func() {
		r := response{err: Error("the client ended the goroutine")}
		defer func() {
			if p := recover(); p != nil { // in this goroutine nobody else could catch it
				r.err = Error(fmt.Sprintf("the client panicked with a %T", p))
			}
			responses <- r
		}()
		r.value, r.err = call(ctx)
	}()
	if r, ok := receive(responses, ctx.Done()); ok {
		return r.value, r.err
	}
	timer := time.NewTimer(Grace)
	defer timer.Stop()
	if r, ok := receive(responses, timer.C); ok {
		return r.value, r.err
	}
	return *new(T), ErrNoResponse
}

func receive[T, E any](values <-chan T, end <-chan E) (value T, ok bool) {
	select {
	case value = <-values:
		return value, true
	case <-end:
		return value, false
	}
}
