package authtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

var blobCases = []storeCase{
	{
		name: "load-missing",
		rule: "Load of what was never saved is ErrNoRecord",
		check: func(t *storeTrial) {
			t.empty("before any Save", t.key)
		},
	},
	{
		name: "round-trip",
		rule: "Load gives the blob and the version of the last Save",
		check: func(t *storeTrial) {
			version := ""
			for _, text := range []string{"first", "the second, which is longer", "3rd"} {
				version = t.save(t.key, []byte(text), version)
				t.holds("after Save", t.key, []byte(text), version)
				t.holds("at the second Load", t.key, []byte(text), version)
			}
		},
	},
	{
		name: "sizes",
		rule: "blobs are 1 byte to 64 KiB",
		check: func(t *storeTrial) {
			version := ""
			for _, size := range []int{1, 64 << 10, 2, 4096, 1} {
				blob := noise(size)
				version = t.save(t.key, blob, version)
				t.holds("after Save", t.key, blob, version)
			}
		},
	},
	{
		name: "any-bytes",
		rule: "what is in a blob is none of the store's business",
		check: func(t *storeTrial) {
			every := make([]byte, 256)
			for i := range every {
				every[i] = byte(i)
			}
			version := ""
			for _, blob := range [][]byte{every, {0}, {0, 0, 0}, []byte("\r\n"), []byte(" \n"), []byte("null"), {0xff, 0xfe}} {
				version = t.save(t.key, blob, version)
				t.holds("after Save", t.key, blob, version)
			}
		},
	},
	{
		name: "any-key",
		rule: `keys are 1 to 128 characters of a–z, 0–9, "_" and "-"`,
		check: func(t *storeTrial) {
			const every = "abcdefghijklmnopqrstuvwxyz0123456789_-"
			longest := every + random()
			for _, key := range []string{"x", "-" + random(), "_" + random(), longest + strings.Repeat("z", 128-len(longest))} {
				version := t.save(key, []byte("data"), "")
				t.holds("after Save", key, []byte("data"), version)
				t.remove(key, version)
				t.empty("after Delete", key)
			}
		},
	},
	{
		name: "keys-apart",
		rule: "keys are independent of each other",
		check: func(t *storeTrial) {
			versions := map[string]string{}
			for _, suffix := range []string{"", "0", "-", "_", "a", "-lock", "_lock", "-tmp", "_lease", "-version"} {
				versions[t.key+suffix] = t.save(t.key+suffix, []byte("data"+suffix), "")
			}
			for _, key := range []string{t.key, t.key + "_"} { // "_" is a wildcard in some query languages
				t.remove(key, versions[key])
				delete(versions, key)
				t.empty("after Delete", key)
			}
			for key, version := range versions {
				t.holds("after a Delete under another key", key, []byte("data"+strings.TrimPrefix(key, t.key)), version)
			}
		},
	},
	{
		name: "data-not-shared",
		rule: "a caller may change data after Save, or after Load, without changing what is kept",
		check: func(t *storeTrial) {
			whole := []byte("the blob as saved, and behind it")
			given := slices.Clone(whole)
			version := t.save(t.key, given[:8], "")
			if !bytes.Equal(given, whole) {
				t.fatalf("Save changed the caller's slice, or what lies behind it")
			}
			clear(given)
			t.holds("after the caller changed what it had given to Save", t.key, whole[:8], version)

			loaded, _, err := t.store.Load(t.ctx, t.key)
			t.worked("Load", err)
			clear(loaded)
			_ = append(loaded, "more"...)
			t.holds("after the caller changed what Load had given", t.key, whole[:8], version)
		},
	},
	{
		name: "never-half",
		rule: "no reader ever sees half of a Save",
		check: func(t *storeTrial) {
			neverHalf(t)
		},
	},
	{
		name: "delete",
		rule: "Delete removes the blob if version is the current one",
		check: func(t *storeTrial) {
			version := t.save(t.key, []byte("data"), "")
			t.remove(t.key, version)
			t.empty("after Delete", t.key)
			t.holds("after Delete and Save", t.key, []byte("again"), t.save(t.key, []byte("again"), ""))
		},
	},
	{
		name: "delete-stale",
		rule: "Delete with a version that is not the current one changes nothing and returns ErrRecordChanged",
		check: func(t *storeTrial) {
			stale := t.save(t.key, []byte("old"), "")
			version := t.save(t.key, []byte("new"), stale)
			versions := map[string]string{"a stale version": stale, `the version ""`: "", "a made-up version": "x" + random()}
			for what, wrong := range versions {
				t.returned("Delete with "+what, t.store.Delete(t.ctx, t.key, wrong), vendorlogin.ErrRecordChanged)
				t.holds("after a rejected Delete", t.key, []byte("new"), version)
			}
		},
	},
	{
		name: "delete-missing",
		rule: "Delete where there is nothing does nothing and returns nil",
		check: func(t *storeTrial) {
			t.worked(`Delete of what was never saved, version "",`, t.store.Delete(t.ctx, t.key, ""))
			t.worked("Delete of what was never saved", t.store.Delete(t.ctx, t.key, "x"+random()))
			version := t.save(t.key, []byte("data"), "")
			t.remove(t.key, version)
			t.worked("the second Delete", t.store.Delete(t.ctx, t.key, version))
			t.empty("after two Deletes", t.key)
		},
	},
	{
		name: "errors-tell-nothing",
		rule: "no error holds a part of a blob",
		check: func(t *storeTrial) {
			const kept, offered = "canary-kept-4f1d", "canary-offered-93b7"
			version := t.save(t.key, []byte(kept), "")
			over, cancel := context.WithCancel(t.ctx)
			cancel()
			_, created := t.store.Save(t.ctx, t.key, []byte(offered), "", minute)
			_, stale := t.store.Save(t.ctx, t.key, []byte(offered), "x"+version, minute)
			_, never := t.store.Save(t.ctx, t.key, []byte(offered), version, 0)
			_, late := t.store.Save(over, t.key, []byte(offered), version, minute)
			_, _, load := t.store.Load(over, t.key)
			remove := t.store.Delete(t.ctx, t.key, "x"+version)
			for _, err := range []error{created, stale, never, late, load, remove} {
				if text := prints(err); strings.Contains(text, kept) || strings.Contains(text, offered) {
					t.fatalf("an error holds the blob")
				}
			}
		},
	},
}

// neverHalf lets writers replace blobs that carry their own checksum while readers check every one they get, and that it is the one
// that its version stands for.
func neverHalf(t *storeTrial) {
	const writers, readers, rounds = 3, 3, 40
	type sight struct {
		version string
		sum     [sha256.Size]byte
	}
	var (
		mu      sync.Mutex
		written = map[string][sha256.Size]byte{}
		seen    = map[sight]bool{}
	)
	write := func(blob []byte, version string) (string, error) {
		next, err := t.store.Save(t.ctx, t.key, blob, version, minute)
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			written[next] = sha256.Sum256(blob)
		}
		return next, err
	}
	read := func() (version string, ok bool) {
		blob, version, err := t.store.Load(t.ctx, t.key)
		if err != nil {
			t.errorf("Load beside Saves failed: %v", err)
			return "", false
		}
		if !isWhole(blob) {
			t.errorf("Load beside Saves gave a blob (%d bytes) that nobody saved", len(blob))
			return "", false
		}
		mu.Lock()
		defer mu.Unlock()
		seen[sight{version, sha256.Sum256(blob)}] = true
		return version, true
	}

	if _, err := write(wholeBlob(64<<10), ""); err != nil {
		t.fatalf("Save failed: %v", err)
	}
	deadline := time.Now().Add(2 * time.Second) // a store on a slow disk has shown enough by then
	done := make(chan struct{})
	var once sync.Once
	together(writers+readers, func(i int) {
		if i < readers {
			for range 100 * rounds {
				select {
				case <-done:
					return
				default:
				}
				if _, ok := read(); !ok {
					return
				}
			}
			return
		}
		defer once.Do(func() { close(done) })
		for round := range rounds {
			version, ok := read()
			if !ok || time.Now().After(deadline) {
				return
			}
			_, err := write(wholeBlob(sha256.Size+(round*9973+i*31)%(60<<10)), version)
			if err != nil && !errors.Is(err, vendorlogin.ErrRecordChanged) {
				t.errorf("Save beside Loads failed: %v", err)
				return
			}
		}
	})
	for s := range seen {
		if sum, ok := written[s.version]; ok && sum != s.sum {
			t.fatalf("Load gave the blob of one Save with the version of another")
		}
	}
}

// noise is n random bytes.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// wholeBlob is n random bytes that begin with their own checksum.
func wholeBlob(n int) []byte {
	b := noise(max(n, sha256.Size+1))
	sum := sha256.Sum256(b[sha256.Size:])
	copy(b, sum[:])
	return b
}

func isWhole(b []byte) bool {
	if len(b) <= sha256.Size {
		return false
	}
	sum := sha256.Sum256(b[sha256.Size:])
	return bytes.Equal(b[:sha256.Size], sum[:])
}
