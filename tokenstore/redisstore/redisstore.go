// Package redisstore keeps tokens in Redis, so that a fleet of machines shares one login.
//
//	client, err := vendorlogin.NewClient(auth, &vendorlogin.Options{Store: redisstore.New(rdb, nil)})
//
// It works with a single server, with Sentinel and with a cluster; it is tested with Redis 7.0 and uses nothing newer than 2.8 has.
// Nothing in it needs Redis to keep what it was given: after a restart, a failover that lost writes, or an eviction, a record or a
// lock is gone, and the fleet logs in once more.
//
// Tokens are kept as they are. Wrap the store in tokenstore.NewSealed where others can read that Redis, or its backups.
//
// # The client
//
// Any redis.UniversalClient will do, with whatever timeouts: every call of a [Store] ends within Options.Timeout and a tenth of a
// second. A command that Redis has not answered by then is left to the client, which ends it by its own ReadTimeout, in a goroutine
// that lives until then; a client with ContextTimeoutEnabled ends it at once. So does a call whose context ends.
//
// While Redis is down, go-redis dials again and again before it gives up, by default for longer than Options.Timeout. A client that
// is to say so at once sets MaxRetries to -1 and DialerRetries to 1.
//
// Reads must not be sent to replicas (ReadOnly, RouteByLatency and RouteRandomly of a cluster client stay off): a replica may not
// have the record yet. That would cost work, not safety, since whoever writes is checked by the primary.
//
// Where Redis has access control, the user needs the keys "vendorlogin:*" and the commands GET, GETRANGE, SET, DEL, PEXPIRE, EVAL and
// EVALSHA.
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
)

// Options are what may differ from the usual.
type Options struct {
	// Prefix is what the names of all keys begin with; default "vendorlogin:". In a cluster, a prefix with a hash tag of its own,
	// such as "{logins}:", puts all keys on one node.
	Prefix string

	// Timeout is for one call of the store, the client's own retries included; default, also for what is not above 0: 2 seconds.
	Timeout time.Duration
}

// A Store is a [vendorlogin.Store] and a [vendorlogin.Locker] in Redis. Make one with [New].
//
// Each call is one command and one round trip; the first use of a script on a server takes two. A record is one string value, its
// lock another, in the same hash slot.
//
// Every error that is none of those that the interfaces name wraps [vendorlogin.ErrStore], or is the context's. None holds what
// Redis said beyond the kind of its error, since servers and proxies quote what they were sent.
type Store struct {
	rdb     redis.UniversalClient
	prefix  string
	timeout time.Duration
}

// New makes a Store that uses rdb, which stays the caller's: the Store changes nothing about it and does not close it. A nil o means
// all defaults. New does no I/O. A nil rdb, and a prefix with "{}" in it, which would part locks from their records, are refused
// with [vendorlogin.ErrInvalidRequest] by every method.
func New(rdb redis.UniversalClient, o *Options) *Store {
	s := &Store{rdb: rdb, prefix: "vendorlogin:", timeout: 2 * time.Second}
	if o == nil {
		return s
	}
	if o.Prefix != "" {
		s.prefix = o.Prefix
	}
	if o.Timeout > 0 {
		s.timeout = o.Timeout
	}
	return s
}

// Format says "redisstore.Store" for every verb: by reflection, fmt would print how the client is configured.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redisstore.Store") }

// Load implements [vendorlogin.Store]. What it finds under the key that is no record of a Store, whatever its type, is
// [vendorlogin.ErrNoRecord] with the reason.
func (s *Store) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := s.check(key); err != nil {
		return nil, "", err
	}
	value, err := do(ctx, s.timeout, func(ctx context.Context) ([]byte, error) {
		return s.rdb.Get(ctx, s.recordKey(key)).Bytes()
	})
	if errors.Is(err, redis.Nil) {
		return nil, "", vendorlogin.ErrNoRecord
	}
	if redis.HasErrorPrefix(err, "WRONGTYPE") {
		return nil, "", fmt.Errorf("%w: redisstore: what is under its key is no string", vendorlogin.ErrNoRecord)
	}
	if err != nil {
		return nil, "", s.failed(ctx, "load", err)
	}
	data, version, ok := splitRecord(value)
	if !ok {
		return nil, "", fmt.Errorf("%w: redisstore: what is under its key was not saved by this package, or is cut short", vendorlogin.ErrNoRecord)
	}
	return data, version, nil
}

// Save implements [vendorlogin.Store]. A ttl is rounded up to milliseconds.
func (s *Store) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error) {
	if err := s.checkSave(key, data, ttl); err != nil {
		return "", err
	}
	next = rand.Text()
	saved, err := s.run(ctx, "save", saveScript, s.recordKey(key), version, next, joinRecord(next, data), milliseconds(ttl))
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
	if err := s.check(key); err != nil {
		return err
	}
	deleted, err := s.run(ctx, "delete", deleteScript, s.recordKey(key), version)
	if err != nil {
		return err
	}
	if !deleted {
		return vendorlogin.ErrRecordChanged
	}
	return nil
}

// TryLock implements [vendorlogin.Locker]. A lease is rounded up to milliseconds. After an error other than
// [vendorlogin.ErrLocked] nobody may have the lock until lease has passed: Redis may have given it without our hearing of it.
func (s *Store) TryLock(ctx context.Context, key string, span time.Duration) (vendorlogin.Lease, error) {
	if err := s.check(key); err != nil {
		return nil, err
	}
	if span <= 0 {
		return nil, invalid("a lease is more than 0")
	}
	l := &lease{store: s, key: s.lockKey(key), owner: rand.Text(), span: milliseconds(span)}
	if err := l.run(ctx, "lock", lockScript, l.owner, l.span); err != nil {
		return nil, err
	}
	return l, nil
}

// A lease is a lock that is held, as long as its key has our random owner as value.
type lease struct {
	store *Store
	key   string
	owner string
	span  int64 // milliseconds
}

// Extend implements [vendorlogin.Lease].
func (l *lease) Extend(ctx context.Context) error {
	return l.run(ctx, "extend", extendScript, l.owner, l.span)
}

// Unlock implements [vendorlogin.Lease].
func (l *lease) Unlock(ctx context.Context) error {
	return l.run(ctx, "unlock", unlockScript, l.owner)
}

func (l *lease) run(ctx context.Context, op string, script *redis.Script, args ...any) error {
	ours, err := l.store.run(ctx, op, script, l.key, args...)
	if err != nil {
		return err
	}
	if !ours {
		return vendorlogin.ErrLocked
	}
	return nil
}

// run runs a script that answers 1 for yes and 0 for no.
func (s *Store) run(ctx context.Context, op string, script *redis.Script, key string, args ...any) (bool, error) {
	answer, err := do(ctx, s.timeout, func(ctx context.Context) (int, error) {
		return script.Run(ctx, s.rdb, []string{key}, args...).Int()
	})
	if err != nil {
		return false, s.failed(ctx, op, err)
	}
	return answer == 1, nil
}

// The braces are the hash tag: what is in them alone decides on which node of a cluster a key is.
func (s *Store) recordKey(key string) string { return s.prefix + "{" + key + "}:record" }
func (s *Store) lockKey(key string) string   { return s.prefix + "{" + key + "}:lock" }

func (s *Store) check(key string) error {
	switch {
	case s.rdb == nil:
		return invalid("there is no client")
	case strings.Contains(s.prefix, "{}"):
		return invalid(`a prefix has no "{}" in it`)
	case !validKey(key):
		return invalid(`a key is 1 to 128 characters of a-z, 0-9, "_" and "-"`)
	}
	return nil
}

func (s *Store) checkSave(key string, data []byte, ttl time.Duration) error {
	switch {
	case len(data) == 0:
		return invalid("a blob has at least 1 byte")
	case len(data) > maxBlob:
		return invalid(fmt.Sprintf("a blob of %d bytes is longer than %d", len(data), maxBlob))
	case ttl <= 0:
		return invalid("a ttl is more than 0")
	}
	return s.check(key)
}

func validKey(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for _, c := range []byte(key) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

var (
	_ vendorlogin.Store  = (*Store)(nil)
	_ vendorlogin.Locker = (*Store)(nil)
	_ vendorlogin.Lease  = (*lease)(nil)
)
