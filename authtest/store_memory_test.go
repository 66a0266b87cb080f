package authtest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// faults are ways of getting a store wrong. Without any, memory is a right one.
type faults struct {
	lostUpdate         bool // Save does not look at the version
	checkThenAct       bool // Save looks, lets others go first, and then writes
	createsOver        bool // Save with "" replaces what is there
	versionByPrefix    bool
	staleIsStoreError  bool // a rejected Save is ErrStore
	savesBeforeRefusal bool // a rejected Save has changed the blob
	staleAfterEnd      bool // a blob past its ttl still counts for Save
	missingIsNil       bool // Load of nothing is no error

	tornBlob    bool // Save writes in two steps
	tornVersion bool // Save writes the blob, then the version

	emptyVersion     bool
	counter          bool // versions count from 1, again after a delete or a ttl
	counterAfterTTL  bool // versions count from 1, again after a ttl only
	versionOfContent bool

	ttlZeroWithoutEnd bool // a ttl of 0 means never, as in many a cache
	ttlInMillis       bool // a ttl is cut to milliseconds, and 0 of them means never
	ttlInNanos        bool // the end is kept as nanoseconds since 1970 and overflows
	ttlOfFirstSave    bool
	ttlOnlyGrows      bool
	ttlSlides         bool // Load starts the ttl anew
	ttlRefused        bool // a rejected Save starts the ttl anew
	ttlTimer          bool // a timer removes whatever is there when the ttl ends
	ttlIgnored        bool // blobs never go away
	ttlHalved         bool

	aliasesSaved, aliasesLoaded, writesBehind bool

	deleteThenLook  bool // Delete looks, lets others go first, and takes what is gone for changed
	revivesByHalves bool // Save over what its ttl has ended looks, lets others go first, and then writes
	wildcards       bool // Delete takes "_" for any character
	ctxIsMissing    bool // Load whose ctx is over is ErrNoRecord too

	deletesAny, deletesWithEmpty, deleteMissingFails, deletesNothing bool

	ctxIgnored, ctxWrapped, ctxAfterwards bool

	errorHoldsBlob, cutsLargeBlobs, trimsSpace, cutsKeys, firstBlobStays bool

	unlockByStranger, extendByStranger     bool
	unlockTwice, reentrant, waitsForHolder bool
	leaseWithoutEnd, extendNothing         bool
	extendWithoutEnd, lockUnderBlobKey     bool
	deleteFreesLock, oneLockForAll         bool
	leaseInMillis, tryLockThenAct          bool
	ctxTakesLock, extendRevives            bool
	refusalIsStoreError, unlockNothing     bool
	takesOverByHalves                      bool // TryLock after the end of a lease looks, lets others go first, and then takes
}

// A memory is a store in memory, with what is wrong about it.
type memory struct {
	faults
	mu      sync.Mutex
	records map[string]record
	counts  map[string]int
	locks   map[string]*lease
}

type record struct {
	data    []byte
	version string
	ends    time.Time // zero: never
}

func newMemory(f faults) *memory {
	return &memory{faults: f, records: map[string]record{}, counts: map[string]int{}, locks: map[string]*lease{}}
}

func (r record) over() bool { return !r.ends.IsZero() && !time.Now().Before(r.ends) }

// give lets others run: a moment between two steps that should have been one.
func (m *memory) give() {
	m.mu.Unlock()
	time.Sleep(time.Millisecond)
	m.mu.Lock()
}

func (m *memory) context(ctx context.Context) error {
	switch {
	case ctx.Err() == nil, m.ctxIgnored, m.ctxAfterwards:
		return nil
	case m.ctxWrapped:
		return fmt.Errorf("%w: %v", vendorlogin.ErrStore, ctx.Err())
	}
	return ctx.Err()
}

// current gives what is under key, unless its ttl has ended.
func (m *memory) current(key string) (record, bool) {
	r, ok := m.records[key]
	if ok && r.over() {
		delete(m.records, key)
		if m.counter || m.counterAfterTTL {
			delete(m.counts, key)
		}
		return record{}, false
	}
	return r, ok
}

func (m *memory) name(key string) string {
	if m.cutsKeys {
		return key[:min(len(key), 36)]
	}
	return key
}

// A sharedMemory is a store that others use as well, and no Locker.
type sharedMemory struct{ m *memory }

func (s sharedMemory) Load(ctx context.Context, key string) ([]byte, string, error) {
	return s.m.Load(ctx, key)
}

func (s sharedMemory) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	next, err := s.m.Save(ctx, key, data, version, ttl)
	if err != nil && !errors.Is(err, ctx.Err()) {
		return "", fmt.Errorf("shared: %w", err)
	}
	return next, err
}

func (s sharedMemory) Delete(ctx context.Context, key, version string) error {
	return s.m.Delete(ctx, key, version)
}

// A lease is a lock of a memory.
type lease struct {
	m    *memory
	key  string
	span time.Duration
	ends time.Time // zero: never
}
