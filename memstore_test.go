package vendorlogin_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// memStore is a Store and Locker in memory that writes down what it is asked, and goes wrong as a test wants.
type memStore struct {
	// before is called ahead of each command, after at its end, with its op: "load", "delete", "lock", "extend", "unlock", and for what a
	// Client saves "mark", "claim", "attempt" or "save". An error is the command's answer; one of after comes although the command has been
	// carried out.
	before, after func(ctx context.Context, op string) error

	mu       sync.Mutex
	blobs    map[string]memBlob
	locks    map[string]*memLease
	versions int
	log      []string
}

type memBlob struct {
	data    []byte
	version string
	ttl     time.Duration
	ends    time.Time
}

func newMemStore() *memStore {
	return &memStore{blobs: map[string]memBlob{}, locks: map[string]*memLease{}}
}

// do runs one command.
func (s *memStore) do(ctx context.Context, op string, command func() error) error {
	if s.before != nil {
		if err := s.before(ctx, op); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", vendorlogin.ErrStore, err)
	}
	s.mu.Lock()
	s.log = append(s.log, op)
	err := command()
	s.mu.Unlock()
	if s.after != nil && err == nil {
		err = s.after(ctx, op)
	}
	return err
}

func (s *memStore) get(key string) memBlob {
	if b, ok := s.blobs[key]; ok && time.Now().Before(b.ends) {
		return b
	}
	return memBlob{}
}

func (s *memStore) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	err = s.do(ctx, "load", func() error {
		b := s.get(key)
		data, version = bytes.Clone(b.data), b.version
		if version == "" {
			return vendorlogin.ErrNoRecord
		}
		return nil
	})
	return data, version, err
}

func (s *memStore) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (next string, err error) {
	err = s.do(ctx, saving(data), func() error {
		if ttl <= 0 {
			return vendorlogin.ErrInvalidRequest
		}
		if s.get(key).version != version {
			return vendorlogin.ErrRecordChanged
		}
		s.versions++
		next = fmt.Sprint("v", s.versions)
		s.blobs[key] = memBlob{bytes.Clone(data), next, ttl, time.Now().Add(ttl)}
		return nil
	})
	return next, err
}

// saving says what a Client saves a record for.
func saving(data []byte) string {
	switch {
	case bytes.Contains(data, []byte(`"spent":true`)):
		return "mark"
	case bytes.Contains(data, []byte(`"claim":`)):
		return "claim"
	case bytes.Contains(data, []byte(`"open":true`)):
		return "attempt"
	}
	return "save"
}

func (s *memStore) Delete(ctx context.Context, key, version string) error {
	return s.do(ctx, "delete", func() error {
		if b := s.get(key); b.version != "" && b.version != version {
			return vendorlogin.ErrRecordChanged
		}
		delete(s.blobs, key)
		return nil
	})
}

type memLease struct {
	store *memStore
	key   string
	lease time.Duration
	ends  time.Time
}

func (s *memStore) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	l := &memLease{s, key, lease, time.Now().Add(lease)}
	err := s.do(ctx, "lock", func() error {
		if holder := s.locks[key]; holder != nil && time.Now().Before(holder.ends) {
			return vendorlogin.ErrLocked
		}
		s.locks[key] = l
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (l *memLease) held() error {
	if l.store.locks[l.key] != l || !time.Now().Before(l.ends) {
		return vendorlogin.ErrLocked
	}
	return nil
}

func (l *memLease) Extend(ctx context.Context) error {
	return l.store.do(ctx, "extend", func() error {
		err := l.held()
		if err == nil {
			l.ends = time.Now().Add(l.lease)
		}
		return err
	})
}

func (l *memLease) Unlock(ctx context.Context) error {
	return l.store.do(ctx, "unlock", func() error {
		err := l.held()
		if err == nil {
			delete(l.store.locks, l.key)
		}
		return err
	})
}

// note writes down what happened elsewhere, to see it in order.
func (s *memStore) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, what)
}

// commands gives what was asked since the last time.
func (s *memStore) commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

// blob is what is kept for the account of a fake.
func (s *memStore) blob() memBlob {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get((&fake{}).Account().Key())
}

// put writes a blob as another process would.
func (s *memStore) put(data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions++
	s.blobs[(&fake{}).Account().Key()] = memBlob{
		data:    []byte(data),
		version: fmt.Sprint("v", s.versions),
		ends:    time.Now().Add(1000 * time.Hour),
	}
}

// unlocked is a store without locks.
type unlocked struct{ vendorlogin.Store }

// A process is one Client's way to the store; it can be frozen there, as by SIGSTOP, or for ever, as by SIGKILL.
type process struct {
	*memStore
	frozen chan struct{} // closed when it is there
	thaw   chan struct{}
	where  string
}

// newProcess makes one that stops at where, such as "before save" or "after lock", until resume.
func newProcess(s *memStore, where string) *process {
	return &process{memStore: s, where: where, frozen: make(chan struct{}), thaw: make(chan struct{})}
}

// at stops the process if this is where it is to be stopped, the first time.
func (p *process) at(where string) {
	if where != p.where {
		return
	}
	p.where = ""
	close(p.frozen)
	<-p.thaw
}

func (p *process) resume() {
	select {
	case <-p.thaw:
	default:
		close(p.thaw)
	}
	synctest.Wait()
}

func (p *process) Load(ctx context.Context, key string) ([]byte, string, error) {
	p.at("before load")
	return p.memStore.Load(ctx, key)
}

func (p *process) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	step := saving(data)
	p.at("before " + step)
	next, err := p.memStore.Save(ctx, key, data, version, ttl)
	p.at("after " + step)
	return next, err
}

func (p *process) TryLock(ctx context.Context, key string, lease time.Duration) (vendorlogin.Lease, error) {
	p.at("before lock")
	l, err := p.memStore.TryLock(ctx, key, lease)
	p.at("after lock")
	return l, err
}

func count(log []string, op string) int {
	return len(log) - len(slices.DeleteFunc(slices.Clone(log), func(s string) bool { return s == op }))
}

// empty is a store that has lost everything.
func (s *memStore) empty() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs = map[string]memBlob{}
}
