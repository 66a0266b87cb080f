package redisstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/bounded"
)

// A server runs commands, each for no longer than timeout, and returns errors that hold nothing but what is known to be harmless.
type server struct {
	rdb     redis.UniversalClient
	timeout time.Duration
}

// get returns the string under key. The error is redis.Nil where there is nothing.
func (s server) get(ctx context.Context, op, key string) ([]byte, error) {
	value, err := bounded.Do(ctx, s.timeout, func(ctx context.Context) ([]byte, error) {
		return s.rdb.Get(ctx, key).Bytes()
	})
	if err == nil || errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "WRONGTYPE") {
		return value, err
	}
	return nil, s.failed(ctx, op, "GET", err)
}

// run runs a script and reports whether it said yes.
func (s server) run(ctx context.Context, op string, script *redis.Script, key string, args ...any) (bool, error) {
	said, err := bounded.Do(ctx, s.timeout, func(ctx context.Context) (int, error) {
		return script.Run(ctx, s.rdb, []string{key}, args...).Int()
	})
	if err != nil {
		return false, s.failed(ctx, op, "EVALSHA", err)
	}
	return said == 1, nil
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
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, bounded.ErrNoResponse) {
		return fmt.Sprintf("no response within %v", s.timeout)
	}
	if plain, ok := errors.AsType[bounded.Error](err); ok {
		return plain.Error()
	}
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return fmt.Sprintf("the client failed with a %T", err)
}
