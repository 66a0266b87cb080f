package tokenstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// Memory keeps records in this process, so that several Clients of one account share one login. It is a [vendorlogin.Store] and a
// [vendorlogin.Locker], safe for concurrent use. It runs no goroutine and no timer, and forgets what has expired. Make one with
// [NewMemory]; a Memory must not be copied. It prints without its contents.
type Memory struct {
	mu      sync.Mutex
	records expiring[memoryRecord]
	leases  expiring[*memoryLease]
}

type memoryRecord struct {
	data    []byte
	version string
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{} }

// Format prints "tokenstore.Memory" for every verb: by reflection, fmt would print the blobs.
func (m *Memory) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "tokenstore.Memory") }

// Load implements [vendorlogin.Store].
func (m *Memory) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := check(ctx, key); err != nil {
		return nil, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	record, ok := m.records.get(key)
	if !ok {
		return nil, "", vendorlogin.ErrNoRecord
	}
	return bytes.Clone(record.data), record.version, nil
}

// Save implements [vendorlogin.Store].
func (m *Memory) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error) {
	if err := checkSave(ctx, key, data, ttl); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if current, _ := m.records.get(key); current.version != version {
		return "", vendorlogin.ErrRecordChanged
	}
	next = randomName()
	m.records.put(key, memoryRecord{bytes.Clone(data), next}, ttl)
	return next, nil
}

// Delete implements [vendorlogin.Store].
func (m *Memory) Delete(ctx context.Context, key, version string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if current, ok := m.records.get(key); ok && current.version != version {
		return vendorlogin.ErrRecordChanged
	}
	m.records.remove(key)
	return nil
}

// TryLock implements [vendorlogin.Locker].
func (m *Memory) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	if err := checkLock(ctx, key, lease); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, held := m.leases.get(key); held {
		return nil, vendorlogin.ErrLocked
	}
	l := &memoryLease{memory: m, key: key, length: lease}
	m.leases.put(key, l, lease)
	return l, nil
}

// A memoryLease has the lock as long as it is the one that is in memory.leases.
type memoryLease struct {
	memory *Memory
	key    string
	length time.Duration
}

func (l *memoryLease) Extend(ctx context.Context) error {
	return l.ifHeld(ctx, func() { l.memory.leases.put(l.key, l, l.length) })
}

func (l *memoryLease) Unlock(ctx context.Context) error {
	return l.ifHeld(ctx, func() { l.memory.leases.remove(l.key) })
}

func (l *memoryLease) ifHeld(ctx context.Context, do func()) error {
	if err := ended(ctx); err != nil {
		return err
	}
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	if holder, _ := l.memory.leases.get(l.key); holder != l {
		return vendorlogin.ErrLocked
	}
	do()
	return nil
}

// expiring is a map whose entries go away. An entry that has expired is removed when somebody asks for it; the others when the map has
// doubled since the last time. So it holds at most about twice what has not expired, at a constant cost per put.
type expiring[V any] struct {
	entries map[string]expiringEntry[V]
	sweepAt int
}

type expiringEntry[V any] struct {
	value V
	ends  time.Time
}

func (e *expiring[V]) get(key string) (value V, ok bool) {
	entry := e.entries[key]
	if !time.Now().Before(entry.ends) {
		delete(e.entries, key)
		return value, false
	}
	return entry.value, true
}

func (e *expiring[V]) put(key string, value V, lifetime time.Duration) {
	if e.entries == nil {
		e.entries = map[string]expiringEntry[V]{}
	}
	if len(e.entries) >= e.sweepAt {
		e.sweep()
	}
	e.entries[key] = expiringEntry[V]{value, time.Now().Add(lifetime)}
}

func (e *expiring[V]) remove(key string) { delete(e.entries, key) }

func (e *expiring[V]) sweep() {
	now := time.Now()
	for key, entry := range e.entries {
		if !now.Before(entry.ends) {
			delete(e.entries, key)
		}
	}
	e.sweepAt = max(64, 2*len(e.entries))
}

var (
	_ vendorlogin.Store  = (*Memory)(nil)
	_ vendorlogin.Locker = (*Memory)(nil)
)
