package storekey_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/internal/storekey"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "z", "0", "9", "_", "-", "gcore-0123456789abcdef", strings.Repeat("a", 128)} {
		assert.True(t, storekey.Valid(key), key)
		assert.NoError(t, storekey.Check(key), key)
	}
	for _, key := range []string{"", "A", "a.b", "../a", "a/b", "a:b", "a}b", "a b", "é", "a\x00", "a\n", "`", "{", "@",
		strings.Repeat("a", 129)} {
		assert.False(t, storekey.Valid(key), "%q", key)
		assert.ErrorContains(t, storekey.Check(key), "1 to 128 characters", "%q", key)
	}
}

func TestCheckSave(t *testing.T) {
	t.Parallel()
	blob := make([]byte, storekey.MaxBlob)
	assert.NoError(t, storekey.CheckSave("key", blob[:1], 1))
	assert.NoError(t, storekey.CheckSave("key", blob, math.MaxInt64))
	assert.ErrorContains(t, storekey.CheckSave("key", nil, 1), "at least 1 byte")
	assert.ErrorContains(t, storekey.CheckSave("key", append(blob, 0), 1), "longer than 66560")
	assert.ErrorContains(t, storekey.CheckSave("Key", blob, 1), "a key is")
	for _, ttl := range []time.Duration{0, -1, math.MinInt64} {
		assert.ErrorContains(t, storekey.CheckSave("key", blob, ttl), "a ttl is")
	}
}

func TestCheckLock(t *testing.T) {
	t.Parallel()
	assert.NoError(t, storekey.CheckLock("key", 1))
	assert.ErrorContains(t, storekey.CheckLock("", 1), "a key is")
	for _, lease := range []time.Duration{0, -1, math.MinInt64} {
		assert.ErrorContains(t, storekey.CheckLock("key", lease), "a lease is")
	}
}

func ExampleCheck() {
	fmt.Println(storekey.Check("gcore-0123456789abcdef"))
	fmt.Println(storekey.Check("ops@example.com"))
	// Output:
	// <nil>
	// a key is 1 to 128 characters of a-z, 0-9, "_" and "-"
}
