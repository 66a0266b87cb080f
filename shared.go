package vendorlogin

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"time"
)

const (
	storeTimeout = 2 * time.Second // for one command, or a sixth of LoginTimeout if that is less

	firstPause = 25 * time.Millisecond // between two tries for the lock
	lastPause  = 250 * time.Millisecond

	longestDispute = 10 // conflicts in a row without news: the store is broken, or what it reads is behind what it writes
)

// shared is the account's record as a renewal last saw it. The zero value means that there is no store, or that it failed and the
// renewal goes on alone.
type shared struct {
	store   Store
	key     string
	version string
	rec     record
	err     error // why the renewal goes on alone
}

func (s *shared) alone() bool { return s.store == nil }

// renew brings a token: another process's if there is news, else the vendor's. The order is: load; adopt, or meet a hold; take the
// lock, reloading while it is taken; load again; mark the refresh token spent; refresh, or else log in; save. Publishing and
// unlocking follow in run.
func (c *Client) renew(ctx context.Context, r *renewal) outcome {
	s := r.load(ctx)
	if out, done := r.meet(ctx, s); done {
		return out
	}
	if out, done := r.lock(ctx, s); done {
		return out
	}
	old, out, done := r.mark(ctx, s)
	if done {
		return out
	}
	if old != nil {
		t, err := r.refresh(ctx, old)
		if err == nil {
			return r.keep(ctx, s, t, t.Refresh.Reveal() != old.Refresh.Reveal())
		}
		unprocessed := c.asError("refresh", err).Unprocessed
		r.used.Store(!unprocessed)
		if !errors.Is(err, ErrRefreshRejected) {
			return r.giveUp(ctx, s, err, unprocessed)
		}
		if out, done := r.dropRefresh(ctx, s); done {
			return out
		}
	}
	t, err := r.login(ctx)
	if err != nil {
		return r.giveUp(ctx, s, err, false)
	}
	return r.keep(ctx, s, t, false)
}

// load looks at the store for the first time.
func (r *renewal) load(ctx context.Context) *shared {
	c := r.client
	if c.opts.Store == nil {
		return &shared{}
	}
	s := &shared{store: c.opts.Store, key: c.auth.Account().Key()}
	r.reload(ctx, s)
	return s
}

// reload looks again. If the store fails, the renewal goes on alone.
func (r *renewal) reload(ctx context.Context, s *shared) {
	if s.alone() {
		return
	}
	ctx, cancel := r.commandContext(ctx)
	defer cancel()
	data, version, err := s.store.Load(ctx, s.key)
	s.version, s.rec = version, record{}
	switch {
	case errors.Is(err, ErrNoRecord):
		s.version = ""
		if err != ErrNoRecord { // there was something, and it could not be read
			r.storeFailed(err)
		}
		return
	case err != nil:
		r.goAlone(s, err)
		return
	}
	s.rec, err = decodeRecord(data)
	switch {
	case errors.Is(err, errLaterFormat):
		r.goAlone(s, err)
	case err != nil:
		r.storeFailed(err)
	}
}

// meet ends the renewal if the record has news for it, or a hold.
func (r *renewal) meet(ctx context.Context, s *shared) (outcome, bool) {
	if s.alone() {
		return outcome{}, false
	}
	if t := s.news(r); t != nil {
		return outcome{token: t, version: s.version, adopted: true}, true
	}
	r.throttled.Store(s.rec.Holds.throttled())
	h := r.heldBy(ctx, s.rec.Holds)
	if h == nil {
		return outcome{}, false
	}
	if r.force {
		r.passedHold.Store(true)
		return outcome{}, false
	}
	return outcome{err: h.err, hold: h}, true
}

// news is the record's token if it is better than the one in hand.
func (s *shared) news(r *renewal) *Token {
	if s.rec.Token == nil {
		return nil
	}
	c := r.client
	mono, wall := c.now()
	t := s.rec.Token.token()
	found := newHeld(t, s.version, c.opts.RenewBefore, mono, wall)
	if found.at(mono, wall) == dead {
		return nil
	}
	h := c.current.Load()
	switch {
	case h == nil:
		return t
	case h.version == s.version, h.is(t):
		return nil
	case h.flags&unsaved != 0 && t.IssuedAt.Before(h.token.IssuedAt):
		return nil // ours was fetched after it
	case h.at(mono, wall) != dead && found.at(mono, wall) != fresh:
		return nil // no better than ours
	}
	return t
}

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

// dropRefresh takes a refresh token that the vendor rejected out of the record, unless the record has changed: then another process
// has moved on, and what it brought may serve.
func (r *renewal) dropRefresh(ctx context.Context, s *shared) (outcome, bool) {
	if s.alone() {
		return outcome{}, false
	}
	ours := s.version
	r.reload(ctx, s)
	if s.alone() {
		return outcome{}, false
	}
	if s.version == ours {
		err := r.dropToken(ctx, s)
		if err == nil {
			return outcome{}, false
		}
		if !errors.Is(err, ErrRecordChanged) {
			r.goAlone(s, err)
			return outcome{}, false
		}
		r.reload(ctx, s)
	}
	return r.meet(ctx, s)
}

func (r *renewal) dropToken(ctx context.Context, s *shared) error {
	next := s.rec
	next.Token, next.Spent = nil, false
	if next.Claim != nil || len(next.Holds) != 0 || len(next.other) != 0 {
		return r.save(ctx, s, next)
	}
	ctx, cancel := r.commandContext(ctx)
	defer cancel()
	err := s.store.Delete(ctx, s.key, s.version)
	if err == nil {
		s.version, s.rec = "", next
	}
	return err
}

// keep saves t, on time of its own: it has been paid for. A token of another process that got there first is taken instead, so that a
// fleet shares one. That saving fails is no reason to withhold t.
func (r *renewal) keep(ctx context.Context, s *shared, t *Token, rotated bool) outcome {
	if s.alone() {
		return outcome{token: t, unsaved: r.client.opts.Store != nil}
	}
	ctx, cancel := r.graceContext(ctx)
	defer cancel()
	if r.lease != nil {
		if err := r.extend(ctx); err != nil {
			r.storeFailed(err)
		}
	}
	out, err := r.publish(ctx, s, t)
	if err != nil {
		r.client.tell(Event{Type: EventStore, Err: r.client.storeError(err), Loud: rotated})
		return outcome{token: t, unsaved: true}
	}
	return out
}

// publish saves t, or finds that another process has a token to share.
func (r *renewal) publish(ctx context.Context, s *shared, t *Token) (outcome, error) {
	for failures, conflicts := 0, 0; ; {
		err := r.save(ctx, s, r.successor(s, t))
		if err == nil {
			return outcome{token: t, version: s.version}, nil
		}
		pause := lastPause
		if errors.Is(err, ErrRecordChanged) {
			pause = firstPause
			conflicts++
			r.reload(ctx, s)
			switch theirs := s.news(r); {
			case s.alone():
				return outcome{}, err
			case s.holds(t): // an earlier try did save it
				return outcome{token: t, version: s.version}, nil
			case theirs != nil && !s.rec.Spent:
				return outcome{token: theirs, version: s.version, adopted: true}, nil
			}
		} else {
			failures++
		}
		if failures == 2 || conflicts == longestDispute {
			return outcome{}, err
		}
		if _, done := r.pause(ctx, pause); done {
			return outcome{}, err
		}
	}
}

// holds reports whether the record is t, and its refresh token unused.
func (s *shared) holds(t *Token) bool {
	rec := s.rec.Token
	return rec != nil && !s.rec.Spent && rec.Access == t.Access.Reveal() && rec.IssuedAt.Equal(t.IssuedAt)
}

// successor is the record with t in it. A hold that is about other credentials stays.
func (r *renewal) successor(s *shared, t *Token) record {
	next := s.rec
	next.Token, next.Spent, next.Claim = saved(t), false, nil
	next.Holds = next.Holds.without(r.fingerprint.Load())
	return next
}

// giveUp ends the renewal with err, and tells the other processes what concerns them: a hold, that nobody is at it any more, and that
// a refresh token surely not sent is still good.
func (r *renewal) giveUp(ctx context.Context, s *shared, err error, unmark bool) outcome {
	out := r.failed(err)
	if s.alone() {
		return out
	}
	ctx, cancel := r.graceContext(ctx)
	defer cancel()
	for range 3 {
		next := s.rec
		next.Claim = nil
		next.Spent = next.Spent && !unmark
		if h := out.hold.saved(); h != nil {
			next.Holds = next.Holds.with(*h)
		} else if s.rec.Claim == nil && !unmark {
			return out // nothing to tell
		}
		err := r.save(ctx, s, next)
		if err == nil {
			return out
		}
		if !errors.Is(err, ErrRecordChanged) {
			r.storeFailed(err)
			return out
		}
		unmark = false
		r.reload(ctx, s)
		if t := s.news(r); t != nil {
			return outcome{token: t, version: s.version, adopted: true}
		}
		if s.alone() {
			return out
		}
	}
	return out
}

// save writes next by compare-and-set; after it, s is what is in the store.
func (r *renewal) save(ctx context.Context, s *shared, next record) error {
	data, err := next.encode()
	if err != nil {
		return err
	}
	ctx, cancel := r.commandContext(ctx)
	defer cancel()
	version, err := s.store.Save(ctx, s.key, data, s.version, next.ttl(time.Now()))
	if err == nil {
		s.version, s.rec = version, next
	}
	return err
}

func (r *renewal) extend(ctx context.Context) error {
	ctx, cancel := r.commandContext(ctx)
	defer cancel()
	return r.lease.Extend(ctx)
}

// unlock frees the lock, if it was had. A panic in it concerns nobody any more.
func (r *renewal) unlock(ctx context.Context) {
	if r.lease == nil {
		return
	}
	defer func() { _ = recover() }()
	ctx, cancel := r.graceContext(ctx)
	defer cancel()
	ctx, cancelCommand := r.commandContext(ctx)
	defer cancelCommand()
	if err := r.lease.Unlock(ctx); err != nil {
		r.storeFailed(err)
	}
}

// commandContext bounds one command to the store.
func (r *renewal) commandContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, min(storeTimeout, r.client.opts.LoginTimeout/6))
}

// graceContext lasts a while longer than ctx, which may be over.
func (r *renewal) graceContext(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now()
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end.Add(graceTime))
}

func (r *renewal) goAlone(s *shared, err error) {
	r.storeFailed(err)
	*s = shared{err: err}
}

func (r *renewal) storeFailed(err error) {
	r.client.tell(Event{Type: EventStore, Err: r.client.storeError(err)})
}

func (c *Client) storeError(err error) *Error {
	return &Error{Account: c.auth.Account(), Op: "store", Kind: ErrStore, Err: err}
}
