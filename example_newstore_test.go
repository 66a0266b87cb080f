package vendorlogin_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A mapStore keeps blobs in memory. What makes it a Store is Save: it compares the version, and sets, in one step.
type mapStore struct {
	mu    sync.Mutex
	blobs map[string]blob
}

type blob struct {
	data    []byte
	version string
	end     time.Time
}

func (s *mapStore) Load(ctx context.Context, key string) ([]byte, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.current(key)
	if !ok {
		return nil, "", vendorlogin.ErrNoRecord
	}
	return bytes.Clone(b.data), b.version, nil
}

func (s *mapStore) Save(ctx context.Context, key string, data []byte, version string, ttl time.Duration) (string, error) {
	if ttl <= 0 {
		return "", fmt.Errorf("ttl %s: %w", ttl, vendorlogin.ErrInvalidRequest)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, _ := s.current(key); b.version != version { // "" where there is none
		return "", vendorlogin.ErrRecordChanged
	}
	next := rand.Text() // a counter would begin again after a delete
	s.blobs[key] = blob{bytes.Clone(data), next, time.Now().Add(ttl)}
	return next, nil
}

func (s *mapStore) Delete(ctx context.Context, key, version string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.current(key)
	if ok && b.version != version {
		return vendorlogin.ErrRecordChanged
	}
	delete(s.blobs, key)
	return nil
}

// current returns the blob under key unless it is past its end.
func (s *mapStore) current(key string) (blob, bool) {
	b, ok := s.blobs[key]
	if !ok || !time.Now().Before(b.end) {
		return blob{}, false
	}
	return b, true
}

// Write a store: three methods. authtest.TestStore checks it against the contract.
func ExampleStore() {
	ctx := context.Background()
	var store vendorlogin.Store = &mapStore{blobs: map[string]blob{}}
	version, err := store.Save(ctx, "example", []byte("first"), "", time.Hour)
	fmt.Println(version != "", err)
	_, err = store.Save(ctx, "example", []byte("second"), "", time.Hour)
	fmt.Println(errors.Is(err, vendorlogin.ErrRecordChanged))
	data, _, err := store.Load(ctx, "example")
	fmt.Println(string(data), err)
	// Output:
	// true <nil>
	// true
	// first <nil>
}
