package vendorlogin

import (
	"context"
	"errors"
)

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
		r.client.tell(Event{Type: EventStore, Err: r.client.storeError(err), NeedsAction: rotated})
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
