// Package redisstore keeps tokens in Redis, so that a fleet of machines shares one login.
//
//	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: redisstore.New(rdb, nil)})
//
// It works with a single server, with Sentinel and with a cluster; it is tested with Redis 7.0 and uses nothing newer than 2.8 has. Nothing
// in it needs Redis to keep what it was given. After a restart, a failover that lost writes, or an eviction, a record or a lock is gone,
// and the fleet logs in once more. After a failover that lost writes a record may also be older than before: see "A restored store" in
// docs/operating.md.
//
// Tokens are kept as they are. Wrap the store in tokenstore.NewSealed where others can read that Redis, or its backups.
//
// # The client
//
// Any redis.UniversalClient will do, with whatever timeouts: every call of a [Store] ends within Options.Timeout and a tenth of a
// second, and a call whose context ends returns within that tenth. A command that Redis has not responded to by then is left to the
// client, in a goroutine that lives until the client's ReadTimeout has passed. A client with ContextTimeoutEnabled ends it at once.
//
// While Redis is down, go-redis dials again and again before it gives up, by default for longer than Options.Timeout. A client that
// is to fail at once sets MaxRetries to -1 and DialerRetries to 1.
//
// Reads must not be sent to replicas (ReadOnly, RouteByLatency and RouteRandomly of a cluster client stay off): a replica may not
// have the record yet. That would cost work, not safety, since whoever writes is checked by the primary.
//
// # Access control
//
// Where Redis has access control, the user needs the keys "vendorlogin:*" and the commands GET, GETRANGE, SET, DEL, PEXPIRE, PTTL, EVAL
// and EVALSHA. A right that is missing, a command that was renamed, and Lua scripts that are switched off are [vendorlogin.ErrStore], and
// the error names the command.
package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/storekey"
)

// Options are what may differ from the usual. The zero value means all defaults.
type Options struct {
	// Prefix is what the names of all keys begin with; default "vendorlogin:". In a cluster, a prefix with a hash tag of its own,
	// such as "{logins}:", puts all keys on one node.
	Prefix string

	// Timeout is for one call of the store, the client's own retries included. 0 or less means the default, 2 seconds.
	Timeout time.Duration
}

// A Store is a [vendorlogin.Store] and a [vendorlogin.Locker] in Redis, safe for concurrent use. Make one with [New].
//
// Each call is one command and one round trip; the first use of a script on a server takes two. A record is one string value, its
// lock another, in the same hash slot.
//
// Every error that is none of those that the interfaces name wraps [vendorlogin.ErrStore], or is the context's. None holds what
// Redis said beyond the kind of its error, since servers and proxies quote what they were sent.
type Store struct {
	server server
	prefix string
}

// New makes a Store that uses rdb, which stays the caller's: the Store changes nothing about it and does not close it. A nil o means
// all defaults. New does no I/O. Every method rejects with [vendorlogin.ErrInvalidRequest] a nil rdb, and a prefix with "{}" in it,
// which would put locks and their records in different slots.
func New(rdb redis.UniversalClient, o *Options) *Store {
	s := &Store{server: server{rdb: rdb, timeout: 2 * time.Second}, prefix: "vendorlogin:"}
	if o == nil {
		return s
	}
	if o.Prefix != "" {
		s.prefix = o.Prefix
	}
	if o.Timeout > 0 {
		s.server.timeout = o.Timeout
	}
	return s
}

// Format prints "redisstore.Store" for every verb: by reflection, fmt would print how the client is configured.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redisstore.Store") }

// Load implements [vendorlogin.Store]. What it finds under the key that is no record of a Store, whatever its type, is
// [vendorlogin.ErrNoRecord] with the reason.
func (s *Store) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := s.check(storekey.Check(key)); err != nil {
		return nil, "", err
	}
	value, err := s.server.get(ctx, "load", s.recordKey(key))
	if errors.Is(err, redis.Nil) {
		return nil, "", vendorlogin.ErrNoRecord
	}
	if redis.HasErrorPrefix(err, "WRONGTYPE") {
		return nil, "", fmt.Errorf("%w: redisstore: what is under its key is no string", vendorlogin.ErrNoRecord)
	}
	if err != nil {
		return nil, "", err
	}
	data, version, ok := splitRecord(value)
	if !ok {
		return nil, "", fmt.Errorf("%w: redisstore: what is under its key was not saved by this package, or is cut off", vendorlogin.ErrNoRecord)
	}
	return data, version, nil
}

// Save implements [vendorlogin.Store]. A ttl is rounded up to milliseconds.
func (s *Store) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error) {
	if err := s.check(storekey.CheckSave(key, data, ttl)); err != nil {
		return "", err
	}
	next = rand.Text()
	saved, err := s.server.run(ctx, "save", saveScript, s.recordKey(key), version, next, joinRecord(next, data), milliseconds(ttl))
	if err != nil {
		return "", err
	}
	if !saved {
		return "", vendorlogin.ErrRecordChanged
	}
	return next, nil
}

// Delete implements [vendorlogin.Store].
func (s *Store) Delete(ctx context.Context, key, version string) error {
	if err := s.check(storekey.Check(key)); err != nil {
		return err
	}
	deleted, err := s.server.run(ctx, "delete", deleteScript, s.recordKey(key), version)
	if err != nil {
		return err
	}
	if !deleted {
		return vendorlogin.ErrRecordChanged
	}
	return nil
}

// TryLock implements [vendorlogin.Locker]. A lease is rounded up to milliseconds.
//
// An error other than [vendorlogin.ErrLocked] leaves open whether the lock was taken: Redis may have given it to this call, and its
// response was lost. Then everybody gets ErrLocked until lease has passed.
//
// A lock without an end, such as one that a migration of the data left, is free when one lease has passed since the first call that
// found it. What is under the lock's key and is no string is [vendorlogin.ErrStore].
func (s *Store) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	if err := s.check(storekey.CheckLock(key, lease)); err != nil {
		return nil, err
	}
	l := newLease(s.server, s.lockKey(key), lease)
	if err := l.lock(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// The braces are the hash tag: what is in them alone decides on which node of a cluster a key is.
func (s *Store) recordKey(key string) string { return s.prefix + "{" + key + "}:record" }
func (s *Store) lockKey(key string) string   { return s.prefix + "{" + key + "}:lock" }

// check is what each method does first: bad is what is wrong with its arguments, if anything.
func (s *Store) check(bad error) error {
	switch {
	case s.server.rdb == nil:
		return invalid("there is no client")
	case strings.Contains(s.prefix, "{}"):
		return invalid(`a prefix has no "{}" in it`)
	case bad != nil:
		return invalid(bad.Error())
	}
	return nil
}

func invalid(reason string) error {
	return fmt.Errorf("%w: redisstore: %s", vendorlogin.ErrInvalidRequest, reason)
}

var (
	_ vendorlogin.Store  = (*Store)(nil)
	_ vendorlogin.Locker = (*Store)(nil)
)
