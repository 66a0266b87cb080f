package record

import (
	"slices"
	"time"
)

const (
	// Window is how long an attempt counts. It is half a minute longer than the 10 minutes that vendors count, since clocks differ.
	Window = 10*time.Minute + 30*time.Second

	// rowGap is how long after its due time a row without a further attempt ends.
	rowGap = Window / 4
)

// Attempts are the counted ones: requests with a password or a code in them that did not end in a valid token.
type Attempts struct {
	Password Row     `json:"password,omitzero"`
	Code     Row     `json:"code,omitzero"`
	Last     Failure `json:"last,omitzero"` // what the last one came to
}

// IsZero reports whether nothing was tried.
func (a Attempts) IsZero() bool { return a.Password.IsZero() && a.Code.IsZero() }

// Settled is what a Client need remember of a list that is in the Store: nothing, once no attempt is left.
func (a Attempts) Settled() Attempts {
	for _, row := range []*Row{&a.Password, &a.Code} {
		if len(row.Tries) == 0 && row.N == 0 {
			*row = Row{}
		}
	}
	return a
}

// Merge is a with what another list knows.
func (a Attempts) Merge(b Attempts) Attempts {
	if a.Last == (Failure{}) {
		a.Last = b.Last
	}
	a.Password, a.Code = a.Password.merge(b.Password), a.Code.merge(b.Code)
	return a
}

// Bounded is a without what cannot be true at now.
func (a Attempts) Bounded(now time.Time) Attempts {
	a.Password, a.Code = a.Password.bounded(now), a.Code.bounded(now)
	return a
}

// Free is when the next attempt may be made: the zero time for now, else when fewer than limit count. A negative limit is none.
func (a Attempts) Free(limit int, now time.Time) time.Time {
	return latest(a.Password.Free(limit, now), a.Code.Free(limit, now))
}

// Open is the latest end of an attempt under way that is not of owner; zero: there is none. One that ends later than twice longest
// was begun by a clock that was wrong, and is not waited for.
func (a Attempts) Open(owner string, longest time.Duration, now time.Time) time.Time {
	var end time.Time
	for _, row := range []Row{a.Password, a.Code} {
		for _, t := range row.Tries {
			if t.Open && t.Owner != owner && t.End.After(now) && !t.End.After(now.Add(2*longest)) {
				end = latest(end, earliest(t.End, now.Add(longest)))
			}
		}
	}
	return end
}

// Count is how many attempts count now.
func (a Attempts) Count(now time.Time) int {
	return max(len(a.Password.counting(now)), len(a.Code.counting(now)))
}

// A Row is a series of attempts of one kind. It ends with a success, or when none was made for so long that the next begins anew.
type Row struct {
	First   time.Time `json:"first,omitzero"` // the end of the first failure
	Next    time.Time `json:"next,omitzero"`  // when the next attempt is due
	N       int       `json:"n,omitempty"`    // failures
	Tries   []Try     `json:"tries,omitempty"`
	Cleared []string  `json:"cleared,omitempty"` // a success came after these: they do not count, whatever other lists say
}

// A Try is one attempt.
type Try struct {
	ID    string    `json:"id"`
	Owner string    `json:"owner,omitempty"`
	End   time.Time `json:"end"`            // of an open one: the latest possible
	Open  bool      `json:"open,omitempty"` // under way, or its maker died
}

// IsZero reports whether nothing was tried.
func (r Row) IsZero() bool { return r.N == 0 && len(r.Tries) == 0 && len(r.Cleared) == 0 }

// MaxTries is how many attempts are remembered, whatever the limit of whoever makes one: others may have a higher one.
const MaxTries = 32

// Begin is the row with an open attempt more, and without those that no longer count.
func (r Row) Begin(t Try, now time.Time) Row {
	if r.over(now) {
		r.N, r.First, r.Next = 0, time.Time{}, time.Time{}
	}
	t.Open = true
	r.Tries = slices.DeleteFunc(r.without(t.ID), func(old Try) bool { return !old.End.Add(Window).After(now) })
	r.Tries = append(r.Tries, t)
	r.Tries = r.Tries[max(len(r.Tries)-MaxTries, 0):]
	return r
}

// Fail is the row after the attempt has failed at now; next is when another is due. An attempt fails once.
func (r Row) Fail(id string, now time.Time, next func(Row) time.Time) Row {
	r.Tries = slices.Clone(r.Tries)
	if i := slices.IndexFunc(r.Tries, func(t Try) bool { return t.ID == id }); i >= 0 {
		if !r.Tries[i].Open {
			return r
		}
		r.Tries[i].End, r.Tries[i].Open = now, false
	}
	if r.N == 0 {
		r.First = now
	}
	r.N++
	r.Next = next(r)
	return r
}

// Cancel is the row without the attempt, of which the vendor certainly saw nothing.
func (r Row) Cancel(id string) Row {
	r.Tries = r.without(id)
	return r
}

// Succeed is the row after the attempt has succeeded: it and those before it no longer count. An empty id stands for no attempt.
func (r Row) Succeed(id string) Row {
	if id == "" {
		return r
	}
	i := slices.IndexFunc(r.Tries, func(t Try) bool { return t.ID == id })
	next := Row{Tries: slices.Clone(r.Tries[i+1:]), Cleared: slices.Clone(r.Cleared)}
	for _, t := range r.Tries[:max(i, 0)] {
		if !t.Open {
			next.Cleared = append(next.Cleared, t.ID)
		}
	}
	next.Cleared = next.Cleared[max(len(next.Cleared)-maxCleared, 0):]
	return next
}

// Clear is r after a success of which the Store may not know: should its attempt be found open there, it counts no more. An empty id
// stands for no attempt.
func (r Row) Clear(id string) Row {
	if id == "" {
		return r
	}
	r.Cleared = union(r.Cleared, []string{id})
	return r
}

// bounded is r without what cannot be true at now: such an end was written by a clock that was wrong. Of an open attempt nobody knows
// the end, so it counts twice as long.
func (r Row) bounded(now time.Time) Row {
	r.First, r.Next = earliest(r.First, now), earliest(r.Next, now.Add(Window))
	r.Tries = slices.Clone(r.Tries)
	for i := range r.Tries {
		t, end := &r.Tries[i], now
		if t.Open {
			end = now.Add(Window)
		}
		t.End = earliest(t.End, end)
	}
	return r
}

// Has reports whether the row has the attempt.
func (r Row) Has(id string) bool {
	return slices.ContainsFunc(r.Tries, func(t Try) bool { return t.ID == id })
}

func (r Row) without(id string) []Try {
	return slices.DeleteFunc(slices.Clone(r.Tries), func(t Try) bool { return t.ID == id })
}

// over reports whether the row has ended for lack of attempts.
func (r Row) over(now time.Time) bool {
	return now.After(latest(r.lastEnd().Add(Window), r.Next.Add(rowGap)))
}

func (r Row) lastEnd() time.Time {
	end := r.First
	for _, t := range r.Tries {
		end = latest(end, t.End)
	}
	return end
}

// counting are the ends of the attempts that count, in order. An end in the future counts as now.
func (r Row) counting(now time.Time) []time.Time {
	var ends []time.Time
	for _, t := range r.Tries {
		if end := earliest(t.End, now); end.Add(Window).After(now) {
			ends = append(ends, end)
		}
	}
	slices.SortFunc(ends, time.Time.Compare)
	return ends
}

// Free is when the next attempt of the kind may be made, as for Attempts.
func (r Row) Free(limit int, now time.Time) time.Time {
	ends := r.counting(now)
	if limit < 0 || len(ends) < max(limit, 1) {
		return time.Time{}
	}
	return ends[len(ends)-max(limit, 1)].Add(Window)
}

// merge is r with the attempts of b that it lacks. Of one that both know, the closed one is right, or else the one that ends first: b
// may know its end better, by bounded.
func (r Row) merge(b Row) Row {
	cleared := union(r.Cleared, b.Cleared)
	r, b = r.afterClearing(cleared), b.afterClearing(cleared)
	r.Cleared = cleared
	merged := slices.Clone(b.Tries)
	for _, t := range r.Tries {
		i := slices.IndexFunc(merged, func(other Try) bool { return other.ID == t.ID })
		switch {
		case i < 0:
			merged = append(merged, t)
		case merged[i].Open && t.Open:
			merged[i].End = earliest(merged[i].End, t.End)
		case merged[i].Open:
			merged[i] = t
		}
	}
	slices.SortStableFunc(merged, func(a, b Try) int { return a.End.Compare(b.End) })
	if b.N > r.N {
		r.First, r.Next, r.N = b.First, b.Next, b.N
	}
	r.Tries = merged
	return r
}

// afterClearing is the row without those of ids: they have ended, whatever this list says.
func (r Row) afterClearing(ids []string) Row {
	kept := slices.DeleteFunc(slices.Clone(r.Tries), func(t Try) bool { return slices.Contains(ids, t.ID) })
	if len(kept) == len(r.Tries) {
		return r
	}
	after := Row{Tries: kept}
	for _, t := range kept {
		if !t.Open {
			after.N++
		}
	}
	if after.N > 0 {
		after.First, after.Next = r.First, r.Next
	}
	return after
}

// maxCleared is how many ids of cleared attempts are remembered.
const maxCleared = 16

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, id := range b {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all[max(len(all)-maxCleared, 0):]
}
