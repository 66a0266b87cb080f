package vendorlogin

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// defaultMaxAttempts is how many unsuccessful attempts of a kind an account makes within record.Window.
const defaultMaxAttempts = 4

// tries are the ids of this renewal's attempts that are under way.
type tries struct {
	password string
	code     string
	secret   uint32 // the fingerprint of the code

	passwordAt, codeAt int64 // how many requests had been sent when they began
}

// limit is how many attempts may count. A Store that fails hides the others': then it is less. While a valid token is cached half
// of them are kept for when it has expired.
func (o *order) limit() int {
	limit := o.set.MaxAttempts
	if o.set.Store != nil && o.ledger.degraded() {
		limit = min(limit, 2)
	}
	if limit > 1 && o.isCachedValid() {
		limit /= 2
	}
	return limit
}

// isCachedValid reports whether the cached token can be handed out.
func (o *order) isCachedValid() bool {
	cached := o.known.cached
	return cached != nil && !cached.is(rejectedFlag) && cached.at(o.now()) != expired
}

// validUntil is when the cached token expires; zero where there is none that is good, or its end is unknown.
func (o *order) validUntil() time.Time {
	if !o.isCachedValid() {
		return time.Time{}
	}
	return o.known.cached.token.ExpiresAt
}

// attempts are those that the record and this Client know of.
func (o *order) attempts() record.Attempts {
	_, wall := o.now()
	return o.ledger.rec.Attempts.Merge(o.progress.soFar().attempts).Bounded(wall)
}

// overBudget ends the renewal if the account has no attempt left.
func (o *order) overBudget() *outcome {
	mono, wall := o.now()
	attempts := o.attempts()
	free := attempts.Free(o.limit(), wall)
	if free.IsZero() {
		return nil
	}
	o.noteAttempts(attempts) // with the times that they are believed to have
	if valid := o.validUntil(); valid.After(wall) && valid.Before(free) {
		free = valid
	}
	e := remembered(o.vendor.auth.Account(), attempts.Last, free)
	e.Err = plainError("the attempt budget is empty")
	return &outcome{err: e, hold: newHold(causeBudget, e, mono, wall)}
}

// begin is what counts once a login is about to be sent.
func (o *order) begin() record.Attempts {
	_, wall := o.now()
	attempts := o.attempts()
	if o.tries.password == "" {
		o.tries.password = o.owner + "-" + rand.Text()[:8]
	}
	attempts.Password = attempts.Password.Begin(o.open(o.tries.password, wall), wall)
	return attempts
}

func (o *order) open(id string, wall time.Time) record.Try {
	return record.Try{ID: id, Owner: o.owner, End: wall.Add(o.longest())}
}

func (o *order) noteAttempts(a record.Attempts) { o.progress.note(func(f *facts) { f.attempts = a }) }

// spend counts a code, or another secret of a single use, that is about to be sent, and remembers it. See Spend.
func (o *order) spend(ctx context.Context, s Secret, code bool) error {
	if o.over() {
		return o.vendor.unsent("otp", ErrUnavailable, "the login has taken too long")
	}
	o.closeCode()
	fingerprint, id := o.fingerprintOf(s), o.owner+"-"+rand.Text()[:8]
	var refused *Error
	var next record.Record
	o.ledger.announce(ctx, func() *record.Record {
		_, wall := o.now()
		next = o.ledger.rec
		if next.Attempts.Code.Has(id) {
			return nil // it was written although the Store said that it had failed
		}
		if refused = o.unspendable(fingerprint, wall); refused != nil {
			return nil
		}
		next = next.WithConsumed(wall, record.Consumed{Fingerprint: fingerprint, At: wall, Code: code})
		next.Attempts = o.attempts()
		next.Attempts.Code = next.Attempts.Code.Begin(o.open(id, wall), wall)
		return &next
	})
	if refused != nil {
		return refused
	}
	o.tries.code, o.tries.secret, o.tries.codeAt = id, fingerprint, o.requests.Load()
	o.progress.note(func(f *facts) {
		f.attempts = next.Attempts
		f.consumed = append(slices.Clone(f.consumed), record.Consumed{Fingerprint: fingerprint, At: time.Now().Round(0), Code: code})
	})
	return nil
}

// unspendable says why a secret must not be sent, if it must not.
func (o *order) unspendable(fingerprint uint32, wall time.Time) *Error {
	if sent := o.sentBefore(fingerprint, wall); sent != nil {
		return sent
	}
	attempts := o.attempts()
	if free := attempts.Code.Free(o.limit(), wall); !free.IsZero() {
		e := o.vendor.unsent("otp", ErrRateLimited, "no attempt with a code is left")
		e.RetryAt = free
		return e
	}
	return nil
}

// sentBefore is the error of a secret that was sent before.
func (o *order) sentBefore(fingerprint uint32, wall time.Time) *Error {
	mine := record.Record{Consumed: o.progress.soFar().consumed}
	if o.ledger.rec.HasConsumed(fingerprint, wall) || mine.HasConsumed(fingerprint, wall) {
		return o.vendor.unsent("login", ErrInvalidCredentials, "a secret of a single use was sent before")
	}
	return nil
}

// spent says whether a secret was sent before. See Spent.
func (o *order) spent(s Secret) error {
	_, wall := o.now()
	return asError(o.sentBefore(o.fingerprintOf(s), wall))
}

// fingerprintOf is what a secret of a single use is remembered by.
func (o *order) fingerprintOf(s Secret) uint32 {
	sum, _ := o.vendor.auth.Account().Fingerprint(context.Background(), func(context.Context) (Secret, error) { return s, nil })
	return uint32(sum >> 32)
}

// closeCode ends the attempt with the code before: the vendor rejected it, or another would not be asked for.
func (o *order) closeCode() {
	if o.tries.code == "" {
		return
	}
	_, wall := o.now()
	attempts := o.attempts()
	attempts.Code = attempts.Code.Fail(o.tries.code, wall, o.due(false, wall))
	o.tries.code = ""
	o.noteAttempts(attempts)
}

// due is when the next attempt of a row is due.
func (o *order) due(unusable bool, wall time.Time) func(record.Row) time.Time {
	j := jitter()
	return func(row record.Row) time.Time {
		if o.isCachedValid() {
			return record.DueWhileValid(wall, j)
		}
		return row.Due(wall, unusable, j)
	}
}

// unsaved is what this Client remembers after a success that the Store did not take: its attempt may be open there.
func (o *order) unsaved(a record.Attempts) record.Attempts {
	a.Password, a.Code = a.Password.Clear(o.tries.password), a.Code.Clear(o.tries.code)
	return a
}

// succeeded is what counts after a token came.
func (o *order) succeeded(a record.Attempts) record.Attempts {
	a.Password, a.Code = a.Password.Succeed(o.tries.password), a.Code.Succeed(o.tries.code)
	if a.Password.N == 0 && a.Code.N == 0 {
		a.Last = record.Failure{}
	}
	return a
}

// unsent are the attempts of which the vendor saw nothing: err says so, and no request has been sent since they began. Adapters that
// do their own HTTP tell by the Op: a code is sent apart from the password, and before a "select" both were sent.
func (o *order) unsent(err *Error) (password, code bool) {
	if !err.Unprocessed || err.Op == "select" {
		return false, false
	}
	requests := o.requests.Load()
	return err.Op != "otp" && err.Op != "resend" && requests == o.tries.passwordAt, requests == o.tries.codeAt
}

// failed is what counts after err, and whether any of this renewal's attempts does. What was not sent is taken back.
func (o *order) failed(a record.Attempts, err *Error, wall time.Time) (record.Attempts, bool) {
	due, counted := o.due(isUnusable(err), wall), false
	settle := func(row record.Row, id string, unsent bool) record.Row {
		switch {
		case id == "":
			return row
		case unsent:
			return row.Cancel(id)
		}
		counted = true
		return row.Fail(id, wall, due)
	}
	password, code := o.unsent(err)
	a.Password = settle(a.Password, o.tries.password, password)
	a.Code = settle(a.Code, o.tries.code, code)
	if counted {
		a.Last = recorded(err)
	}
	return a, counted
}

// unconsumed is the list without the secret of this renewal if the vendor certainly did not see it.
func (o *order) unconsumed(list []record.Consumed, err *Error) []record.Consumed {
	_, code := o.unsent(err)
	return slices.DeleteFunc(slices.Clone(list), func(c record.Consumed) bool {
		return code && o.tries.code != "" && c.Fingerprint == o.tries.secret
	})
}
