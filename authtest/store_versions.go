package authtest

import (
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

var versionCases = []storeCase{
	{
		name: "create-existing",
		rule: `Save with version "" where there is a blob changes nothing and returns ErrRecordChanged`,
		check: func(t *storeTrial) {
			version := t.save(t.key, []byte("first"), "")
			t.changed(`version "" over a blob`, t.key, "")
			t.holds("after a rejected Save", t.key, []byte("first"), version)
		},
	},
	{
		name: "save-stale",
		rule: "Save with a version that is not the current one changes nothing and returns ErrRecordChanged",
		check: func(t *storeTrial) {
			stale := t.save(t.key, []byte("old"), "")
			version := t.save(t.key, []byte("new"), stale)
			t.changed("a stale version", t.key, stale)
			t.changed("a made-up version", t.key, "x"+random())
			t.changed("a part of the version", t.key, version[:len(version)-1])
			t.holds("after rejected Saves", t.key, []byte("new"), version)
		},
	},
	{
		name: "save-missing",
		rule: "Save with a version where there is no blob changes nothing and returns ErrRecordChanged",
		check: func(t *storeTrial) {
			t.changed("a version where nothing was ever saved", t.key, "x"+random())
			t.empty("after a rejected Save", t.key)
			version := t.save(t.key, []byte("data"), "")
			t.remove(t.key, version)
			t.changed("the version of what was deleted", t.key, version)
			t.empty("after a rejected Save", t.key)
		},
	},
	{
		name: "versions-new",
		rule: "no blob under this key has had the new version before, though the bytes are the same",
		check: func(t *storeTrial) {
			seen := map[string]bool{}
			version := ""
			for range 20 {
				version = t.save(t.key, []byte("always the same"), version)
				t.unseen(seen, version)
			}
		},
	},
	{
		name: "versions-after-delete",
		rule: "no blob under this key has had the new version before, not even before a delete",
		check: func(t *storeTrial) {
			seen := map[string]bool{}
			for range 5 {
				version := t.save(t.key, []byte("same"), "")
				t.unseen(seen, version)
				version = t.save(t.key, []byte("same"), version)
				t.unseen(seen, version)
				t.remove(t.key, version)
			}
		},
	},
	{
		name: "versions-after-ttl",
		rule: "no blob under this key has had the new version before, not even before the end of a ttl",
		check: func(t *storeTrial) {
			seen := map[string]bool{}
			for range 2 {
				version, err := t.store.Save(t.ctx, t.key, []byte("same"), "", shortest)
				t.worked("Save", err)
				t.unseen(seen, version)
				t.ended(t.key)
			}
			t.unseen(seen, t.save(t.key, []byte("same"), ""))
		},
	},
	{
		name: "one-creates",
		rule: `of several Saves with version "", one wins`,
		check: func(t *storeTrial) {
			for round := range 5 {
				t.oneWins(t.key+"-"+strconv.Itoa(round), "")
			}
		},
	},
	{
		name: "one-replaces",
		rule: "of several Saves with the same version, one wins",
		check: func(t *storeTrial) {
			version := t.save(t.key, []byte("first"), "")
			for range 5 {
				version = t.oneWins(t.key, version)
			}
		},
	},
	{
		name: "one-saves-or-deletes",
		rule: "of a Save and a Delete with the same version, one wins",
		check: func(t *storeTrial) {
			for lead := -4; lead <= 4; lead++ { // which of the two comes first must not depend on the scheduler
				t.saveOrDelete(t.save(t.key, []byte("old"), ""), time.Duration(lead)*50*time.Microsecond)
			}
		},
	},
	{
		name: "deletes-at-once",
		rule: "two Deletes of the current version at once are both nil: for the later one there is nothing any more",
		check: func(t *storeTrial) {
			for lead := range 20 {
				version := t.save(t.key, []byte("data"), "")
				var errs [2]error
				together(2, func(i int) {
					t.pause(time.Duration(i*lead) * 10 * time.Microsecond)
					errs[i] = t.store.Delete(t.ctx, t.key, version)
				})
				t.worked("one of two Deletes at once", errors.Join(errs[0], errs[1]))
				t.empty("after two Deletes at once", t.key)
			}
		},
	},
	{
		name: "one-creates-after-ttl",
		rule: `of several Saves with version "" after the end of a ttl, one wins, and none with the version of what has ended`,
		check: func(t *storeTrial) {
			for round := range 3 {
				key := t.key + "-" + strconv.Itoa(round)
				old, err := t.store.Save(t.ctx, key, []byte("old"), "", shortest)
				t.worked("Save", err)
				t.passed(shortest)
				t.oneWins(key, "")
				t.changed("the version of what its ttl has ended, over a new blob", key, old)
				t.returned("Delete with the version of what its ttl has ended, over a new blob",
					t.store.Delete(t.ctx, key, old), vendorlogin.ErrRecordChanged)
			}
		},
	},
	{
		name: "no-lost-update",
		rule: "of several writers that load, change and save, none undoes what another has done",
		check: func(t *storeTrial) {
			noLostUpdate(t)
		},
	},
}

func (t *storeTrial) unseen(seen map[string]bool, version string) {
	if seen[version] {
		t.fatalf("Save gave the version %q for a second time", version)
	}
	seen[version] = true
}

// oneWins lets many Saves with the same version race and gives the version of the one that won.
func (t *storeTrial) oneWins(key, version string) string {
	const savers = 12
	var nexts [savers]string
	var errs [savers]error
	blob := func(i int) []byte { return []byte("saver " + strconv.Itoa(i)) }
	together(savers, func(i int) {
		nexts[i], errs[i] = t.store.Save(t.ctx, key, blob(i), version, minute)
	})
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = i
		case err == nil:
			t.fatalf("two Saves with the same version were both accepted")
		default:
			t.returned("Save beside others with the same version", err, vendorlogin.ErrRecordChanged)
		}
	}
	if winner < 0 {
		t.fatalf("of %d Saves with the current version none was accepted", savers)
	}
	t.holds("after the race", key, blob(winner), nexts[winner])
	return nexts[winner]
}

// saveOrDelete lets a Save and a Delete race, the Save with that lead, and leaves nothing behind.
func (t *storeTrial) saveOrDelete(version string, lead time.Duration) {
	var next string
	var saved, deleted error
	together(2, func(i int) {
		if i == 0 {
			t.pause(max(0, -lead))
			next, saved = t.store.Save(t.ctx, t.key, []byte("new"), version, minute)
		} else {
			t.pause(max(0, lead))
			deleted = t.store.Delete(t.ctx, t.key, version)
		}
	})
	switch {
	case saved == nil && deleted == nil:
		t.fatalf("Save and Delete with the same version were both accepted")
	case saved == nil:
		t.returned("the Delete that came second", deleted, vendorlogin.ErrRecordChanged)
		t.holds("after the Save that came first", t.key, []byte("new"), next)
		t.remove(t.key, next)
	default:
		t.returned("the Save that came second", saved, vendorlogin.ErrRecordChanged)
		t.worked("the Delete that came first", deleted)
		t.empty("after the Delete that came first", t.key)
	}
}

// noLostUpdate lets writers count up in one blob: what is there at the end is how often a Save was accepted.
func noLostUpdate(t *storeTrial) {
	const writers, attempts = 6, 15
	t.save(t.key, []byte("0"), "")
	var accepted atomic.Int64
	together(writers, func(int) {
		for range attempts {
			blob, version, err := t.store.Load(t.ctx, t.key)
			if err != nil {
				t.errorf("Load beside Saves failed: %v", err)
				return
			}
			count, err := strconv.Atoi(string(blob))
			if err != nil {
				t.errorf("Load beside Saves gave a blob that nobody saved")
				return
			}
			t.pause(100 * time.Microsecond) // room for another's Save
			_, err = t.store.Save(t.ctx, t.key, []byte(strconv.Itoa(count+1)), version, minute)
			switch {
			case err == nil:
				accepted.Add(1)
			case !errors.Is(err, vendorlogin.ErrRecordChanged):
				t.errorf("Save beside others failed: %v", err)
				return
			}
		}
	})
	blob, _, err := t.store.Load(t.ctx, t.key)
	t.worked("Load", err)
	if want := strconv.FormatInt(accepted.Load(), 10); string(blob) != want {
		t.fatalf("%s Saves that counted up were accepted, but the count is %s", want, blob)
	}
}
