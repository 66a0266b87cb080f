package redisstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
)

// grace is how long a command may go on after its context has ended. Redis mostly responds within it, and then we know whether the
// command was done, rather than leave it to be done later.
const grace = 100 * time.Millisecond

// A server runs commands, each for no longer than timeout, and returns errors that hold nothing but what is known to be harmless.
type server struct {
	rdb     redis.UniversalClient
	timeout time.Duration
}

// get returns the string under key. The error is redis.Nil where there is nothing.
func (s server) get(ctx context.Context, op, key string) ([]byte, error) {
	value, err := bounded(ctx, s.timeout, func(ctx context.Context) ([]byte, error) {
		return s.rdb.Get(ctx, key).Bytes()
	})
	if err == nil || errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "WRONGTYPE") {
		return value, err
	}
	return nil, s.failed(ctx, op, "GET", err)
}

// run runs a script and reports whether it said yes.
func (s server) run(ctx context.Context, op string, script *redis.Script, key string, args ...any) (bool, error) {
	said, err := bounded(ctx, s.timeout, func(ctx context.Context) (int, error) {
		return script.Run(ctx, s.rdb, []string{key}, args...).Int()
	})
	if err != nil {
		return false, s.failed(ctx, op, "EVALSHA", err)
	}
	return said == 1, nil
}

// A plainError is one whose words are from here.
type plainError string

func (e plainError) Error() string { return string(e) }

const errNoResponse = plainError("no response in time")

// bounded runs one command and returns soon after timeout or the end of ctx, whatever the client's own timeouts are: without
// ContextTimeoutEnabled, go-redis waits for a response until its ReadTimeout. Then the goroutine stays behind until that has passed.
func bounded[T any](ctx context.Context, timeout time.Duration, command func(context.Context) (T, error)) (T, error) {
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
		r := response{err: plainError("the client ended the goroutine")}
		defer func() {
			if p := recover(); p != nil { // of a hook; in this goroutine nobody else could catch it
				r.err = plainError(fmt.Sprintf("the client panicked with a %T", p))
			}
			responses <- r
		}()
		r.value, r.err = command(ctx)
	}()
	if r, ok := receive(responses, ctx.Done()); ok {
		return r.value, r.err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	if r, ok := receive(responses, timer.C); ok {
		return r.value, r.err
	}
	return *new(T), errNoResponse
}

func receive[T, E any](values <-chan T, end <-chan E) (value T, ok bool) {
	select {
	case value = <-values:
		return value, true
	case <-end:
		return value, false
	}
}

// failed makes the error of a call: op is what the caller asked for, command what Redis was sent.
func (s server) failed(ctx context.Context, op, command string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("redisstore: %s: %w", op, ctx.Err())
	}
	return fmt.Errorf("redisstore: %s: %w: %s", op, vendorlogin.ErrStore, s.reason(command, err))
}

// reason describes err in words that cannot hold a part of a blob: those of the network, or our own. An error that Redis, a proxy or
// a client's hook made up may quote the command.
func (s server) reason(command string, err error) string {
	if reply, ok := errors.AsType[redis.Error](err); ok {
		return replyReason(reply.Error(), command)
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return network.Error()
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificate.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errNoResponse) {
		return fmt.Sprintf("no response within %v", s.timeout)
	}
	if plain, ok := errors.AsType[plainError](err); ok {
		return plain.Error()
	}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return fmt.Sprintf("the client failed with a %T", err)
}
