package redisstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
)

// patience is how long a command may go on after its context has ended. Redis mostly answers within it, and then we know whether the
// command was done, rather than leave it to be done later.
const patience = 100 * time.Millisecond

// An ownError is one whose words are ours.
type ownError string

func (e ownError) Error() string { return string(e) }

const errNoAnswer = ownError("no answer in time")

// do runs one command and returns soon after timeout or the end of ctx, whatever the client's own timeouts are: without
// ContextTimeoutEnabled, go-redis waits for an answer until its ReadTimeout. Then the goroutine stays behind until that has passed.
func do[T any](ctx context.Context, timeout time.Duration, command func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	if err := ctx.Err(); err != nil {
		return *new(T), err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answers := make(chan answer, 1)
	go func() {
		a := answer{err: ownError("the client ended the goroutine")}
		defer func() {
			if r := recover(); r != nil { // of a hook; in this goroutine nobody else could catch it
				a.err = ownError(fmt.Sprintf("the client panicked with a %T", r))
			}
			answers <- a
		}()
		a.value, a.err = command(ctx)
	}()
	if a, ok := receive(answers, ctx.Done()); ok {
		return a.value, a.err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	if a, ok := receive(answers, timer.C); ok {
		return a.value, a.err
	}
	return *new(T), errNoAnswer
}

func receive[T, E any](values <-chan T, end <-chan E) (value T, ok bool) {
	select {
	case value = <-values:
		return value, true
	case <-end:
		return value, false
	}
}

// failed makes of a command's error one that holds nothing but what is known to be harmless.
func (s *Store) failed(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("redisstore: %s: %w", op, ctx.Err())
	}
	return fmt.Errorf("redisstore: %s: %w: %s", op, vendorlogin.ErrStore, s.reason(err))
}

// reason describes err in words that cannot hold a part of a blob: those of the network, or our own. An error that Redis, a proxy or
// a client's hook made up may quote the command.
func (s *Store) reason(err error) string {
	if reply, ok := errors.AsType[redis.Error](err); ok {
		return replyReason(reply.Error())
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return network.Error()
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificate.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errNoAnswer) {
		return fmt.Sprintf("no answer within %v", s.timeout)
	}
	if own, ok := errors.AsType[ownError](err); ok {
		return own.Error()
	}
	for _, plain := range []error{io.EOF, io.ErrUnexpectedEOF, redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted} {
		if errors.Is(err, plain) {
			return plain.Error()
		}
	}
	return fmt.Sprintf("the client failed with a %T", err)
}

// replyReason names the kind of an error reply. It looks for the kind everywhere, because servers before version 7 put the error of
// a command in a script behind words about the script.
func replyReason(reply string) string {
	kinds := []string{"READONLY", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS", "MISCONF", "OOM", "BUSY",
		"NOAUTH", "WRONGPASS", "NOPERM", "WRONGTYPE", "CROSSSLOT", "NOSCRIPT", "max number of clients", "unknown command"}
	if i := slices.IndexFunc(kinds, func(kind string) bool { return strings.Contains(reply, kind) }); i >= 0 {
		return "the server answered with an error: " + kinds[i]
	}
	return "the server answered with an error"
}

func invalid(reason string) error {
	return fmt.Errorf("%w: redisstore: %s", vendorlogin.ErrInvalidRequest, reason)
}
