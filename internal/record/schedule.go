package record

import "time"

// The schedule of a row: when the attempt after the n-th failure starts, counted from the end of the first. Counted like that, and
// not each from the one before, it serves a quick 503 and a timeout of 30 seconds alike.
const (
	secondStart, secondLast = 3200 * time.Millisecond, 3500 * time.Millisecond
	thirdStart, thirdLast   = 37 * time.Second, 40700 * time.Millisecond
	fourthStart, fourthLast = 240 * time.Second, 264 * time.Second

	regularInterval  = Window / 4       // from the fifth on: four in a Window
	unusableInterval = 12 * time.Minute // the same after a success that is no token: waiting does not help
	regularAttempts  = 23               // about an hour of them; later the longer interval holds for any failure
)

// Due is when the attempt after the row's last failure is due: at most unusableInterval from now. Unusable says that the failure was
// a success without a token. Jitter is from 0 to 1.
func (r Row) Due(now time.Time, unusable bool, jitter float64) time.Time {
	due := r.First.Add(offset(r.N, unusable, jitter))
	if r.N < 4 {
		return latest(due, now.Add(between(secondStart, secondLast, jitter)))
	}
	if due.Before(now.Add(regularInterval / 2)) { // nobody has asked for a while: the row has fallen behind
		return now.Add(regularInterval)
	}
	return earliest(due, now.Add(unusableInterval)) // a First that a clock ahead wrote, or one of many attempts, puts it too far off
}

func offset(failures int, unusable bool, jitter float64) time.Duration {
	switch failures {
	case 1: // it has just ended
		return 0
	case 2:
		return between(thirdStart, thirdLast, jitter)
	case 3:
		return between(fourthStart, fourthLast, jitter)
	}
	further := time.Duration(failures - 4)
	if unusable {
		return Window + further*unusableInterval
	}
	regular := min(further, regularAttempts-4)
	return Window + regular*regularInterval + (further-regular)*unusableInterval
}

// DueWhileValid is when the attempt is due while a valid token is cached: there is no hurry, and the attempts are wanted later.
func DueWhileValid(now time.Time, jitter float64) time.Time {
	return now.Add(between(regularInterval, regularInterval+regularInterval/20, jitter))
}

func between(first, last time.Duration, jitter float64) time.Duration {
	return first + time.Duration(jitter*float64(last-first))
}
