package vendorlogin

import (
	"context"
	"errors"
	"time"
)

const storeTimeout = 2 * time.Second // for one command, or a sixth of LoginTimeout if that is less

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
