package authtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

var ttlCases = []storeCase{
	{
		name: "ttl-rejected",
		rule: "a ttl of 0 or less is rejected with ErrInvalidRequest and changes nothing",
		check: func(t *storeTrial) {
			refuse := func(version string) {
				for _, ttl := range []time.Duration{0, -1, -time.Hour, math.MinInt64} {
					_, err := t.store.Save(t.ctx, t.key, []byte("not to be kept"), version, ttl)
					t.returned(fmt.Sprintf("Save with a ttl of %v", ttl), err, vendorlogin.ErrInvalidRequest)
				}
			}
			refuse("")
			t.empty("after a rejected Save", t.key)
			version := t.save(t.key, []byte("data"), "")
			refuse(version)
			t.holds("after rejected Saves", t.key, []byte("data"), version)
		},
	},
	{
		name: "ttl-ends",
		rule: "the blob goes away at the end of its ttl, and is as good as never saved",
		check: func(t *storeTrial) {
			start := time.Now()
			old, err := t.store.Save(t.ctx, t.key, []byte("old"), "", shortest)
			t.worked("Save", err)
			t.ended(t.key)
			if took := time.Since(start); took < shortest-shortest/8 {
				t.fatalf("a blob with a ttl of %v was gone after %v", shortest, took)
			}
			t.worked("Delete of what its ttl has ended", t.store.Delete(t.ctx, t.key, old))
			t.changed("the version of what its ttl has ended", t.key, old)
			version := t.save(t.key, []byte("new"), "")
			t.holds("after Save", t.key, []byte("new"), version)
		},
	},
	{
		name: "ttl-smallest",
		rule: "the blob goes away ttl from now, though that is less than any clock can tell",
		check: func(t *storeTrial) {
			for _, ttl := range []time.Duration{1, time.Microsecond, 1500 * time.Microsecond} {
				key := t.key + "-" + random()
				_, err := t.store.Save(t.ctx, key, []byte("data"), "", ttl)
				t.worked(fmt.Sprintf("Save with a ttl of %v", ttl), err)
				t.ended(key)
			}
		},
	},
	{
		name: "ttl-longest",
		rule: "the blob stays until the end of its ttl, though that is the longest there is",
		check: func(t *storeTrial) {
			version, err := t.store.Save(t.ctx, t.key, []byte("data"), "", math.MaxInt64)
			t.worked(fmt.Sprintf("Save with a ttl of %v", time.Duration(math.MaxInt64)), err)
			t.holds("after Save with the longest ttl", t.key, []byte("data"), version)
			t.remove(t.key, version)
		},
	},
	{
		name: "ttl-longer",
		rule: "a later Save with a longer ttl keeps the blob: the ttl counts from the last Save",
		check: func(t *storeTrial) {
			t.inTime(func(span time.Duration) string {
				key := t.key + "-" + random()
				version, err := t.store.Save(t.ctx, key, []byte("old"), "", span)
				t.worked("Save", err)
				version, err = t.store.Save(t.ctx, key, []byte("new"), version, minute)
				if err != nil {
					return fmt.Sprintf("Save before the end of a ttl failed: %v", err)
				}
				t.passed(span)
				t.holds("after the end of the first ttl, of two", key, []byte("new"), version)
				return ""
			})
		},
	},
	{
		name: "ttl-shorter",
		rule: "a later Save with a shorter ttl ends the blob: the ttl is the last Save's",
		check: func(t *storeTrial) {
			version := t.save(t.key, []byte("old"), "")
			_, err := t.store.Save(t.ctx, t.key, []byte("new"), version, shortest)
			t.worked("Save", err)
			t.ended(t.key)
		},
	},
	{
		name: "ttl-of-a-rejected-save",
		rule: "a Save that is rejected leaves the ttl as it is",
		check: func(t *storeTrial) {
			_, err := t.store.Save(t.ctx, t.key, []byte("data"), "", shortest)
			t.worked("Save", err)
			t.changed("a made-up version", t.key, "x"+random())
			_, err = t.store.Save(t.ctx, t.key, []byte("data"), "x", 0)
			if err == nil {
				t.fatalf("Save with a ttl of 0 and a made-up version was accepted")
			}
			t.ended(t.key)
		},
	},
	{
		name: "ttl-of-a-deleted-blob",
		rule: "the ttl of a blob that was deleted does not end the next one",
		check: func(t *storeTrial) {
			version, err := t.store.Save(t.ctx, t.key, []byte("old"), "", shortest)
			t.worked("Save", err)
			t.worked("Delete", t.store.Delete(t.ctx, t.key, version))
			version = t.save(t.key, []byte("new"), "")
			t.passed(shortest)
			t.holds("after the end of the ttl of a deleted blob", t.key, []byte("new"), version)
		},
	},
}

var contextCases = []storeCase{
	{
		name: "ctx-over",
		rule: "a method whose ctx is over returns an error that matches ctx.Err(), and does nothing",
		check: func(t *storeTrial) {
			cancelled, cancel := context.WithCancel(t.ctx)
			cancel()
			late, release := context.WithDeadline(t.ctx, time.Now().Add(-time.Second))
			defer release()
			version := t.save(t.key, []byte("data"), "")
			for _, ctx := range []context.Context{cancelled, late} {
				_, _, err := t.store.Load(ctx, t.key)
				t.returned("Load", err, ctx.Err())
				_, err = t.store.Save(ctx, t.key, []byte("not to be kept"), version, minute)
				t.returned("Save", err, ctx.Err())
				t.returned("Delete", t.store.Delete(ctx, t.key, version), ctx.Err())
				_, err = t.store.Save(ctx, t.key+"-2", []byte("not to be kept"), "", minute)
				t.returned("Save", err, ctx.Err())
			}
			t.holds("after calls whose ctx was over", t.key, []byte("data"), version)
			t.empty("after calls whose ctx was over", t.key+"-2")
		},
	},
	{
		name: "ctx-is-no-outcome",
		rule: "the end of ctx says nothing about the blob: its error is neither ErrNoRecord nor ErrRecordChanged, and no Load gives less",
		check: func(t *storeTrial) {
			blob := wholeBlob(32 << 10)
			version := t.save(t.key, blob, "")
			for round := range 40 {
				ctx, cancel := context.WithCancel(t.ctx)
				if round%4 == 0 {
					cancel()
				}
				var data []byte
				var loaded, removed error
				together(3, func(i int) {
					switch i {
					case 0:
						cancel()
					case 1:
						data, _, loaded = t.store.Load(ctx, t.key)
					case 2:
						removed = t.store.Delete(ctx, t.key, "x"+version)
					}
				})
				if loaded == nil && !bytes.Equal(data, blob) {
					t.fatalf("Load whose ctx ended gave another blob than was saved, and no error")
				}
				t.cutShort("Load", loaded)
				if !errors.Is(removed, vendorlogin.ErrRecordChanged) || errors.Is(removed, context.Canceled) {
					t.cutShort("Delete with a made-up version", removed)
				}
			}
			t.holds("after calls whose ctx ended", t.key, blob, version)
		},
	},
	{
		name: "ctx-ends",
		rule: "a method whose ctx ends does its work, or returns an error that matches ctx.Err(); the blob is the old or the new one",
		check: func(t *storeTrial) {
			version := t.save(t.key, wholeBlob(32<<10), "")
			for round := range 40 {
				version = t.saveWhileCtxEnds(version, round == 0)
			}
		},
	},
}

// cutShort ends the case unless err is the end of ctx, and that alone, or nil.
func (t *storeTrial) cutShort(what string, err error) {
	if err != nil {
		t.returned(what+" whose ctx ended", err, context.Canceled)
	}
	t.not(what+" whose ctx ended", err, vendorlogin.ErrNoRecord, vendorlogin.ErrRecordChanged)
}

// saveWhileCtxEnds gives the version that is current afterwards. ctx ends before Save, or beside it.
func (t *storeTrial) saveWhileCtxEnds(version string, before bool) string {
	ctx, cancel := context.WithCancel(t.ctx)
	if before {
		cancel()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cancel()
	}()
	next, err := t.store.Save(ctx, t.key, wholeBlob(32<<10), version, minute)
	<-done
	blob, current, loadErr := t.store.Load(t.ctx, t.key)
	t.worked("Load", loadErr)
	switch {
	case !isWhole(blob):
		t.fatalf("after a Save whose ctx ended, Load gave a blob that nobody saved")
	case err == nil && current != next:
		t.fatalf("Load gave version %q, Save had given %q", current, next)
	case err != nil && !errors.Is(err, context.Canceled):
		t.fatalf("Save returned %s while its ctx was cancelled", quote(err))
	}
	return current
}
