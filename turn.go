package vendorlogin

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"time"
)

const (
	firstPause = 25 * time.Millisecond // between two tries for the lock
	lastPause  = 250 * time.Millisecond

	longestDispute = 10 // conflicts in a row without news: the store is broken, or what it reads is behind what it writes
)

// lock takes the store's lock, where it has one, and looks again. While others have it, it looks whether they have brought news. After
// half of LoginTimeout it does without: compare-and-set keeps that safe.
func (r *renewal) lock(ctx context.Context, s *shared) (outcome, bool) {
	locker, ok := s.store.(Locker)
	if !ok {
		return outcome{}, false
	}
	c := r.client
	begin, waited := time.Now(), false
	defer func() {
		if waited {
			c.tell(Event{Type: EventLockWait, Duration: time.Since(begin)})
		}
	}()
	for pause := firstPause; ; pause = min(pause*3/2, lastPause) {
		err := r.tryLock(ctx, locker, s.key)
		if err != nil && !errors.Is(err, ErrLocked) {
			r.storeFailed(err)
			return outcome{}, false
		}
		if err != nil {
			if time.Since(begin) >= c.opts.LoginTimeout/2 {
				return outcome{}, false
			}
			waited = true
			if out, done := r.pause(ctx, pause); done {
				return out, true
			}
		}
		r.reload(ctx, s)
		if out, done := r.meet(ctx, s); done || s.alone() || err == nil {
			return out, done
		}
	}
}

func (r *renewal) tryLock(ctx context.Context, locker Locker, key string) error {
	ctx, cancel := r.commandContext(ctx)
	defer cancel()
	lease, err := locker.TryLock(ctx, key, r.client.opts.LoginTimeout+2*graceTime)
	if err == nil {
		r.lease = lease
	}
	return err
}

// pause waits for about d, unless ctx ends.
func (r *renewal) pause(ctx context.Context, d time.Duration) (outcome, bool) {
	timer := time.NewTimer(d/2 + mathrand.N(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return outcome{}, false
	case <-ctx.Done():
		err := &Error{Account: r.client.auth.Account(), Op: "login", Kind: ErrUnavailable, Err: ctx.Err(), Unprocessed: true}
		return r.failed(err), true
	}
}

// mark writes into the record what is about to be sent, so that nobody else sends it: that the refresh token is spent, and, without
// a lock, that this process is at it. It gives the token to refresh, or nil to log in.
func (r *renewal) mark(ctx context.Context, s *shared) (old *Token, out outcome, done bool) {
	owner := rand.Text()
	var rival string // whose claim stands in the way
	var since time.Time
	for conflicts := 0; ; {
		if c := s.rec.Claim; c != nil && c.Owner != rival {
			rival, since = c.Owner, time.Now()
		}
		gone := time.Since(since) >= r.client.opts.LoginTimeout/4 // or so slow that we do without it, one of us at a time
		old = r.refreshable(s)
		if s.alone() {
			return old, outcome{}, false
		}
		pause := lastPause
		if gone || !s.rec.Claim.bars(owner, 2*r.longest()) {
			next, needed := r.marked(s, old, owner)
			if !needed {
				return nil, outcome{}, false
			}
			err := r.save(ctx, s, next)
			if err == nil {
				return old, outcome{}, false
			}
			if conflicts++; !errors.Is(err, ErrRecordChanged) || conflicts == longestDispute {
				r.goAlone(s, err)
				return nil, outcome{}, false
			}
			pause = firstPause
		}
		if out, done := r.pause(ctx, pause); done {
			return nil, out, true
		}
		r.reload(ctx, s)
		if out, done := r.meet(ctx, s); done {
			return nil, out, true
		}
	}
}

// marked is the record with what is about to be done in it; needed is false where nobody must be told.
func (r *renewal) marked(s *shared, old *Token, owner string) (next record, needed bool) {
	next = s.rec
	next.Claim = nil
	if r.lease == nil {
		next.Claim = &claim{Owner: owner, Until: time.Now().Add(r.longest()).Round(0)}
	}
	if old != nil {
		next.Token, next.Spent = saved(old), true
	}
	return next, old != nil || next.Claim != nil
}

// longest is how long r may take, saving included.
func (r *renewal) longest() time.Duration { return r.client.opts.LoginTimeout + graceTime }

// refreshable is the token whose refresh token may be sent, or nil. With a store that fails there is none: another process may have
// sent it.
func (r *renewal) refreshable(s *shared) *Token {
	c := r.client
	if _, ok := c.auth.(Refresher); !ok {
		return nil
	}
	var t *Token
	h := c.current.Load()
	switch {
	case s.alone():
		if c.opts.Store == nil && h != nil && h.flags&spent == 0 {
			t = h.token
		}
	case h != nil && h.flags&unsaved != 0 && s.rec.Token != nil && s.rec.Token.IssuedAt.Before(h.token.IssuedAt):
		if h.flags&spent == 0 {
			t = h.token
		}
	case s.rec.Token != nil && !s.rec.Spent:
		t = s.rec.Token.token()
	}
	if t == nil || t.Refresh.IsZero() || !t.RefreshExpiresAt.IsZero() && !time.Now().Before(t.RefreshExpiresAt) {
		return nil
	}
	return t
}
