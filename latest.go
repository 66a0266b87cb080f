package vendorlogin

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// fresherToken is the record's token if it is better than the cached one.
func (o *order) fresherToken() *Token {
	rec := o.ledger.rec
	if rec.Token == nil || rec.Seq < o.known.seq || o.force && rec.Seq <= o.atStart {
		return nil // older than what we had; or no answer to Renew
	}
	mono, wall := o.now()
	t := fromRecord(rec.Token, wall)
	found := newCached(t, o.set.RenewBefore, mono, wall)
	if found.at(mono, wall) == expired {
		return nil
	}
	cached := o.known.cached
	switch {
	case cached == nil:
		return t
	case cached.seq == rec.Seq && cached.token.Access.Reveal() == rec.Token.Access: // the first version leaves the number as it is
		return nil
	case !cached.is(rejectedFlag) && cached.at(mono, wall) != expired && found.at(mono, wall) != fresh:
		return nil // no better than ours
	}
	return t
}

// refreshable is the token whose refresh token may be sent, or nil. With a Store that fails there is none: another process may have
// sent it.
func (o *order) refreshable() *Token {
	if _, ok := o.vendor.auth.(Refresher); !ok {
		return nil
	}
	t := o.latestToken()
	if t == nil || t.Refresh.IsZero() || slices.Contains(o.known.sent, hashOf(t.Refresh)) {
		return nil
	}
	if !t.RefreshExpiresAt.IsZero() && !time.Now().Before(t.RefreshExpiresAt) {
		return nil
	}
	return t
}

// latestToken is the one whose refresh token is the vendor's latest, as far as can be known.
func (o *order) latestToken() *Token {
	rec, cached := o.ledger.rec, o.known.cached
	switch {
	case o.set.Store == nil && cached != nil:
		return cached.token
	case rec.Token == nil: // also where the ledger is degraded
		return nil
	case cached != nil && cached.seq > rec.Seq: // ours could not be saved, or the store has lost it
		return cached.token
	case rec.Spent, rec.Seq < o.known.seq:
		return nil
	}
	return fromRecord(rec.Token, time.Now().Round(0))
}

// newest is the token of the record, or the cached one if it is later.
func (o *order) newest() *Token {
	cached, rec := o.known.cached, o.ledger.rec
	switch {
	case cached != nil && (rec.Token == nil || cached.seq >= rec.Seq):
		return cached.token
	case rec.Token != nil:
		return fromRecord(rec.Token, time.Now().Round(0))
	}
	return nil
}

// adopt ends the renewal with the record's token.
func (o *order) adopt(t *Token) *outcome {
	o.noteAttempts(o.attempts()) // another's success has cleared some
	return &outcome{token: t, seq: o.ledger.rec.Seq, adopted: true}
}

// hashOf stands for a refresh token where the token itself is not kept.
func hashOf(s Secret) uint64 {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return binary.BigEndian.Uint64(sum[:])
}
