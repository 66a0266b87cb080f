package clientpool

import (
	"container/list"
	"math/rand/v2"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

const (
	firstWindow = 4   // exchanges under way at first
	windowStep  = 0.5 // more of them with each success
	lastWindow  = 64

	suspicious = 3 // different accounts that meet a limit: from then on one exchange at a time
	convincing = 6 // of them, the last sent since: it is the endpoint's limit. A few locked accounts in a row are no limit

	longestTicket = time.Minute // how far ahead a caller is given a time of its own
	slowTicket    = time.Second // to come back after at the earliest
	mostOwn       = 1024        // accounts that are remembered for limits of their own
)

// A lane paces the exchanges of one kind at one endpoint.
type lane struct {
	window   float64
	underWay int
	queue    list.List // of *turn, those that wait
	next     time.Time // the earliest start of the next
	nextBy   int       // order of the turn that has set next
	tail     time.Time // the next time to hand out to a caller that cannot wait

	order     int // of the last turn
	epoch     int // changes when the lane is closed, or freed
	limited   streak
	suspected int // the order of the last turn before the lane was suspected to be limited; 0: it is not
	limit     limit
	own       map[vendorlogin.Account]struct{} // accounts that the vendor limits on their own
}

// admit decides about t.
func (l *lane) admit(t *turn, now time.Time) verdict {
	l.limit.fade(now)
	interval := l.limit.intervalAt(now)
	start := later(l.limit.closedUntil, l.next, now)
	first := l.queue.Len() == 0 || l.queue.Front() == t.place
	switch {
	case first && start.Equal(now) && l.underWay < l.places():
		return l.grant(t, now)
	case !now.Before(t.patience):
		return l.reject(t, start, interval, now)
	case t.place == nil && start.Add(time.Duration(l.queue.Len())*interval).After(t.patience):
		return l.reject(t, start, interval, now)
	case start.After(t.patience):
		return l.reject(t, start, interval, now)
	case first && start.After(now):
		return l.wait(t, start)
	}
	return l.wait(t, t.patience)
}

// places is how many exchanges may be under way.
func (l *lane) places() int {
	if l.suspected > 0 {
		return 1
	}
	return int(l.window)
}

func (l *lane) grant(t *turn, now time.Time) verdict {
	l.leave(t)
	l.order++
	l.underWay++
	t.sent, t.order, t.epoch = now, l.order, l.epoch
	l.next, l.nextBy = now.Add(l.limit.intervalAt(now)), t.order
	l.wakeFirst()
	return verdict{granted: true}
}

func (l *lane) wait(t *turn, look time.Time) verdict {
	if t.place == nil {
		t.place = l.queue.PushBack(t)
	}
	return verdict{look: look}
}

// reject gives t a time to come back. Callers within the next minute get one each, an interval apart; what is further off will have
// changed by then, so the others come back in a minute, not all at once.
func (l *lane) reject(t *turn, start time.Time, interval time.Duration, now time.Time) verdict {
	l.leave(t)
	l.wakeFirst()
	v := verdict{kind: vendorlogin.ErrRateLimited, reason: "waiting for a turn: many accounts log in at this endpoint"}
	if l.limit.closed(now) {
		v.reason = "waiting for a turn: the vendor limits the rate of all accounts"
	}
	if interval == 0 {
		v.retryAt = later(start, now).Add(slowTicket + rand.N(slowTicket))
		return v
	}
	v.retryAt = later(l.tail, start.Add(time.Duration(l.queue.Len())*interval), now.Add(slowTicket))
	if v.retryAt.Sub(start) > longestTicket {
		v.retryAt = start.Add(longestTicket/2 + rand.N(longestTicket/2))
		return v
	}
	l.tail = v.retryAt.Add(interval)
	return v
}

// leave takes t out of the queue.
func (l *lane) leave(t *turn) {
	if t.place != nil {
		l.queue.Remove(t.place)
		t.place = nil
	}
}

// settle ends the turn of t, with which nothing has been learned.
func (l *lane) settle(t *turn, now time.Time) {
	if l.nextBy == t.order && l.epoch == t.epoch {
		l.next = now
	}
}

// pass learns that the vendor processed what t sent.
func (l *lane) pass(t *turn, success bool, now time.Time) {
	l.limit.pass(t.sent, t.epoch)
	if success {
		l.window = min(l.window+windowStep, lastWindow)
		delete(l.own, t.account)
	}
	for _, f := range l.limited.end(t.order) {
		if success && now.Before(f.told) {
			l.limitsOwn(f.account)
		}
	}
	if l.limited.accounts(now) < suspicious {
		l.suspected = 0
	}
	if l.limit.found > 0 && success && t.epoch == l.epoch && now.Before(l.limit.told) {
		l.limit.open()
		l.next, l.tail = now, now
		l.epoch++
	}
}

func (l *lane) limitsOwn(a vendorlogin.Account) {
	if l.own == nil {
		l.own = map[vendorlogin.Account]struct{}{}
	}
	if len(l.own) < mostOwn {
		l.own[a] = struct{}{}
	}
}

// fail learns that the vendor limits the rate, at least that of t's account. Those that are limited on their own are no evidence, nor
// is what was sent before the lane was closed.
func (l *lane) fail(t *turn, told, now time.Time) {
	if _, own := l.own[t.account]; own {
		return
	}
	l.limited.add(failure{account: t.account, at: now, told: told, order: t.order})
	if t.epoch < l.epoch {
		return
	}
	if l.limit.found > 0 || l.suspected > 0 && t.order > l.suspected && l.limited.accounts(now) >= convincing {
		l.close(told, now)
		return
	}
	if l.suspected == 0 && l.limited.accounts(now) >= suspicious {
		l.suspected = l.order
	}
}

func (l *lane) close(told, now time.Time) {
	l.limit.close(told, now)
	l.next, l.tail = l.limit.closedUntil, l.limit.closedUntil
	l.window, l.suspected = firstWindow, 0
	l.epoch++
}

// wakeFirst lets the first of the queue look again.
func (l *lane) wakeFirst() {
	if first := l.queue.Front(); first != nil {
		first.Value.(*turn).wakeUp()
	}
}

// wakeAll is for when everything has changed.
func (l *lane) wakeAll() {
	for e := l.queue.Front(); e != nil; e = e.Next() {
		e.Value.(*turn).wakeUp()
	}
}

func (l *lane) status(now time.Time) LaneStatus {
	s := LaneStatus{UnderWay: l.underWay, Waiting: l.queue.Len(), Interval: l.limit.intervalAt(now), Suspected: l.suspected > 0}
	if l.limit.closed(now) {
		s.ClosedUntil = l.limit.closedUntil
	}
	return s
}

func later(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}
