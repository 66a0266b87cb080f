package authtest_test

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

func (m *memory) TryLock(ctx context.Context, key string, span time.Duration) (vendorlogin.Lease, error) {
	if err := m.context(ctx); err != nil && !m.ctxTakesLock {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.oneLockForAll {
		key = "all"
	}
	l := &lease{m: m, key: key, span: span, ends: m.leaseEnd(span)}
	if m.waitsForHolder {
		for deadline := time.Now().Add(3 * time.Second); m.held(key) && time.Now().Before(deadline); {
			m.give()
		}
	}
	if m.held(key) && !m.reentrant {
		if m.refusalIsStoreError {
			return nil, vendorlogin.ErrStore
		}
		return nil, vendorlogin.ErrLocked
	}
	if m.tryLockThenAct || m.takesOverByHalves && m.locks[key] != nil {
		m.give()
	}
	m.locks[key] = l
	if m.lockUnderBlobKey {
		m.records[key] = record{data: []byte("lock"), version: rand.Text(), ends: l.ends}
	}
	if ctx.Err() != nil && !m.ctxIgnored {
		return nil, ctx.Err()
	}
	return l, nil
}

func (m *memory) leaseEnd(span time.Duration) time.Time {
	if m.leaseWithoutEnd || m.leaseInMillis && span < time.Millisecond {
		return time.Time{}
	}
	return time.Now().Add(span)
}

func (m *memory) held(key string) bool {
	l := m.locks[key]
	return l != nil && (l.ends.IsZero() || time.Now().Before(l.ends))
}

func (l *lease) ours() bool { return l.m.locks[l.key] == l && l.m.held(l.key) }

func (l *lease) Extend(ctx context.Context) error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	switch {
	case l.m.extendByStranger && l.m.held(l.key):
		l.m.locks[l.key] = l
	case l.m.extendRevives && !l.m.held(l.key) && l.m.locks[l.key] == l:
	case !l.ours():
		return vendorlogin.ErrLocked
	}
	switch {
	case l.m.extendNothing:
	case l.m.extendWithoutEnd:
		l.ends = time.Time{}
	default:
		l.ends = l.m.leaseEnd(l.span)
	}
	return nil
}

func (l *lease) Unlock(ctx context.Context) error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if !l.ours() {
		if l.m.unlockByStranger {
			delete(l.m.locks, l.key)
		}
		if l.m.unlockTwice {
			return nil
		}
		return vendorlogin.ErrLocked
	}
	if l.m.unlockNothing {
		return nil
	}
	delete(l.m.locks, l.key)
	if l.m.lockUnderBlobKey {
		delete(l.m.records, l.key)
	}
	return nil
}
