package authtest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

func (m *memory) Load(ctx context.Context, key string) ([]byte, string, error) {
	if err := m.context(ctx); err != nil {
		if m.ctxIsMissing {
			err = errors.Join(err, vendorlogin.ErrNoRecord)
		}
		return nil, "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.current(m.name(key))
	if !ok {
		if m.missingIsNil {
			return nil, "", nil
		}
		return nil, "", vendorlogin.ErrNoRecord
	}
	if m.ttlSlides {
		r.ends = time.Now().Add(30 * time.Millisecond)
		m.records[key] = r
	}
	data := r.data
	if !m.aliasesLoaded {
		data = slices.Clone(data)
	}
	if m.ctxAfterwards {
		return data, r.version, ctx.Err()
	}
	return data, r.version, nil
}

func (m *memory) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	if err := m.context(ctx); err != nil {
		return "", err
	}
	if ttl <= 0 && !m.ttlZeroWithoutEnd {
		return "", vendorlogin.ErrInvalidRequest
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key = m.name(key)
	ended := m.records[key].over()
	r, ok := m.current(key)
	if !m.accepts(r, ok, version) {
		return "", m.refuse(key, r, ok, data, ttl)
	}
	if m.checkThenAct || m.revivesByHalves && ended {
		m.give()
	}
	if m.firstBlobStays && ok {
		data = r.data
	}
	r = record{data: m.keep(data), version: m.next(key, data), ends: m.end(r, ok, ttl)}
	m.write(key, r)
	if m.ttlTimer {
		time.AfterFunc(ttl, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			delete(m.records, key)
		})
	}
	if m.ctxAfterwards {
		return r.version, ctx.Err()
	}
	return r.version, nil
}

func (m *memory) accepts(r record, ok bool, version string) bool {
	switch {
	case m.lostUpdate:
		return true
	case m.createsOver && version == "":
		return true
	case m.versionByPrefix && ok && version != "":
		return strings.HasPrefix(r.version, version)
	case m.staleAfterEnd && !ok && version != "":
		return true
	case !ok:
		return version == ""
	}
	return r.version == version
}

func (m *memory) refuse(key string, r record, ok bool, data []byte, ttl time.Duration) error {
	if m.savesBeforeRefusal {
		m.records[key] = record{data: data, version: r.version, ends: time.Now().Add(ttl)}
	}
	if m.ttlRefused && ok {
		r.ends = time.Now().Add(ttl)
		m.records[key] = r
	}
	if m.staleIsStoreError {
		return vendorlogin.ErrStore
	}
	if m.errorHoldsBlob {
		return fmt.Errorf("%w: there is %q", vendorlogin.ErrRecordChanged, r.data)
	}
	return vendorlogin.ErrRecordChanged
}

func (m *memory) keep(data []byte) []byte {
	if m.writesBehind {
		_ = append(data, "tag"...)
	}
	if m.aliasesSaved {
		return data
	}
	if m.trimsSpace {
		data = bytes.TrimSpace(data)
	}
	if m.cutsLargeBlobs {
		data = data[:min(len(data), 60<<10)]
	}
	return slices.Clone(data)
}

func (m *memory) next(key string, data []byte) string {
	switch {
	case m.emptyVersion:
		return ""
	case m.counter, m.counterAfterTTL:
		m.counts[key]++
		return "v" + strconv.Itoa(m.counts[key])
	case m.versionOfContent:
		return fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return rand.Text()
}

func (m *memory) end(old record, ok bool, ttl time.Duration) time.Time {
	end := time.Now().Add(ttl)
	switch {
	case m.ttlIgnored, m.ttlZeroWithoutEnd && ttl <= 0, m.ttlInMillis && ttl < time.Millisecond:
		return time.Time{}
	case m.ttlOfFirstSave && ok, m.ttlOnlyGrows && ok && old.ends.After(end):
		return old.ends
	case m.ttlHalved:
		return time.Now().Add(ttl / 2)
	case m.ttlInNanos:
		return time.Unix(0, end.UnixNano())
	}
	return end
}

func (m *memory) write(key string, r record) {
	switch {
	case m.tornBlob:
		half := r
		half.data = r.data[:len(r.data)/2]
		m.records[key] = half
		m.give()
	case m.tornVersion:
		half := r
		half.version = m.records[key].version
		m.records[key] = half
		m.give()
	}
	m.records[key] = r
}

func (m *memory) Delete(ctx context.Context, key, version string) error {
	if err := m.context(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key = m.name(key)
	r, ok := m.current(key)
	switch {
	case m.deletesNothing:
		return nil
	case !ok && m.deleteMissingFails:
		return vendorlogin.ErrNoRecord
	case !ok:
		return nil
	case r.version != version && !m.deletesAny && !(m.deletesWithEmpty && version == "") && !m.lostUpdate:
		return vendorlogin.ErrRecordChanged
	}
	if m.deleteThenLook {
		m.give()
		if _, ok := m.records[key]; !ok {
			return vendorlogin.ErrRecordChanged
		}
	}
	if m.wildcards {
		maps.DeleteFunc(m.records, func(other string, _ record) bool {
			matched, _ := path.Match(strings.ReplaceAll(key, "_", "?"), other)
			return matched
		})
	}
	delete(m.records, key)
	if m.counter {
		delete(m.counts, key)
	}
	if m.deleteFreesLock {
		delete(m.locks, key)
	}
	if m.ctxAfterwards {
		return ctx.Err()
	}
	return nil
}
