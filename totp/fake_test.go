package totp_test

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A store is a vendorlogin.Store in memory that counts what is asked of it and can be made to fail.
type store struct {
	failLoad, failSave error
	hang               bool

	mu      sync.Mutex
	records map[string]record
	version int
	loads   int
	saves   int
	ttl     time.Duration // of the last save
}

type record struct {
	data    string
	version string
}

func (s *store) Load(ctx context.Context, key string) ([]byte, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads++
	if s.hang {
		<-ctx.Done()
		return nil, "", ctx.Err()
	}
	if s.failLoad != nil {
		return nil, "", s.failLoad
	}
	r, ok := s.records[key]
	if !ok {
		return nil, "", vendorlogin.ErrNoRecord
	}
	return []byte(r.data), r.version, nil
}

func (s *store) Save(_ context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saves++
	if s.failSave != nil {
		return "", s.failSave
	}
	if s.records[key].version != version {
		return "", vendorlogin.ErrRecordChanged
	}
	s.ttl = ttl
	s.put(key, string(data))
	return s.records[key].version, nil
}

func (s *store) put(key, data string) {
	if s.records == nil {
		s.records = make(map[string]record)
	}
	s.version++
	s.records[key] = record{data, strconv.Itoa(s.version)}
}

func (s *store) Delete(context.Context, string, string) error { panic("totp deletes nothing") }

// only is the one key there is, and what is under it.
func (s *store) only() (key, data string) {
	for key, r := range s.records {
		return key, r.data
	}
	return "", ""
}
