package clientpool

import (
	"math"
	"slices"
	"time"
)

const (
	firstClosed   = 2 * time.Minute // the longest first Retry-After that is believed; doubled with each that follows
	lastClosed    = time.Hour
	untoldClosed  = time.Minute // without Retry-After
	untoldLast    = 15 * time.Minute
	safety        = 1.07 // on what was measured
	firstConstant = 5 * time.Minute
	lastConstant  = 2 * time.Hour
	leastInterval = 20 * time.Millisecond // a limit that allows so much is none
	mostPasses    = 64                    // that a measurement looks back
	enoughPasses  = 5                     // fewer say little: what was measured before is changed
	mostRise      = 1.25                  // by no more than this
)

// A limit is what is known of the vendor's rate limit. It is measured: of what passed, how much in which time.
type limit struct {
	found       int           // how often the vendor has said so; 0: no limit is known
	closedUntil time.Time     // nothing is sent before
	told        time.Time     // the Retry-After that closed it; zero: there was none
	interval    time.Duration // at closedUntil; it shrinks from then on
	constant    time.Duration // in which it shrinks to 1/e
	proven      bool          // interval was measured over enough passes that were an interval apart
	vain        int           // how often in a row it was closed with no pass since it was opened

	passes    []time.Time // when the last were sent, in order
	lastEpoch int         // of the last pass
}

func (l *limit) closed(now time.Time) bool { return now.Before(l.closedUntil) }

// intervalAt is the time between two exchanges now. A vendor that raises its limit does not say so: the interval shrinks until
// the vendor says that it is too short.
func (l *limit) intervalAt(now time.Time) time.Duration {
	if l.found == 0 || l.interval == 0 {
		return 0
	}
	open := max(now.Sub(l.closedUntil), 0)
	return time.Duration(float64(l.interval) * math.Exp(-float64(open)/float64(l.constant)))
}

// fade forgets a limit that has not been met for so long that the interval has shrunk to nothing.
func (l *limit) fade(now time.Time) {
	if l.interval != 0 && l.intervalAt(now) < leastInterval {
		*l = limit{passes: l.passes, lastEpoch: l.lastEpoch}
	}
}

// pass learns that the vendor processed what was sent at that time. Passes are counted anew once the limit has been opened again.
func (l *limit) pass(sent time.Time, epoch int) {
	if epoch > l.lastEpoch {
		l.passes, l.lastEpoch, l.vain = l.passes[:0], epoch, 0
	}
	if len(l.passes) == mostPasses {
		l.passes = slices.Delete(l.passes, 0, 1)
	}
	l.passes = append(l.passes, sent)
}

// close learns that the vendor limits the rate now, and until when.
func (l *limit) close(told, now time.Time) {
	l.told = told
	before := l.intervalAt(now)
	l.closedUntil = now.Add(l.length(told, now))
	l.interval = l.measured()
	paced := l.found > 0 && l.vain == 0 && len(l.passes) >= enoughPasses
	if l.proven && !paced {
		l.interval = min(l.interval, time.Duration(mostRise*float64(before)))
	}
	l.proven = l.proven || paced
	l.constant = min(max(2*l.constant, firstConstant), lastConstant)
	l.found++
	l.vain++
}

// length is for how long to send nothing.
func (l *limit) length(told, now time.Time) time.Duration {
	if !told.IsZero() {
		return min(max(told.Sub(now), time.Second), doubled(firstClosed, lastClosed, l.found))
	}
	if interval := l.intervalAt(now); interval != 0 {
		return doubled(2*interval, untoldLast, l.vain)
	}
	return doubled(untoldClosed, untoldLast, l.vain)
}

// measured is the interval at which the vendor would have let everything pass. Of all looks back, from the end of the closed time over
// the last pass, the last two and so on, the one with the most passes in its time tells.
func (l *limit) measured() time.Duration {
	slices.SortFunc(l.passes, time.Time.Compare)
	var least time.Duration
	for n := 1; n <= len(l.passes); n++ {
		each := l.closedUntil.Sub(l.passes[len(l.passes)-n]) / time.Duration(n)
		if least == 0 || each < least {
			least = each
		}
	}
	return time.Duration(safety * float64(least))
}

// open forgets the limit: it was not the endpoint's.
func (l *limit) open() { *l = limit{passes: l.passes, lastEpoch: l.lastEpoch} }

// doubled is first, and twice as much for each of n, up to last.
func doubled(first, last time.Duration, n int) time.Duration {
	for ; n > 0 && first < last; n-- {
		first *= 2
	}
	return min(first, last)
}
