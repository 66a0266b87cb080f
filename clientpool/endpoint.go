package clientpool

import (
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// idleEndpoint is for how long an endpoint is remembered that nobody logs in to.
const idleEndpoint = 3 * time.Hour

// An endpoint has two lanes, and is up or down for both. The mutex of its EndpointPacer guards it.
type endpoint struct {
	login, refresh lane
	outage         outage
	used           time.Time
}

func newEndpoint(now time.Time) *endpoint {
	e := &endpoint{used: now}
	e.login.window, e.refresh.window = firstWindow, firstWindow
	return e
}

func (e *endpoint) lane(t *turn) *lane {
	if t.op == "refresh" {
		return &e.refresh
	}
	return &e.login
}

// admit decides about t.
func (e *endpoint) admit(t *turn, now time.Time) verdict {
	e.used = now
	if e.outage.down() {
		return e.admitProbe(t, now)
	}
	return e.lane(t).admit(t, now)
}

// admitProbe decides about t while the endpoint is down. Who comes while somebody probes, waits for what comes of it.
func (e *endpoint) admitProbe(t *turn, now time.Time) verdict {
	l := e.lane(t)
	opens := later(e.outage.opens(t.account), l.limit.closedUntil)
	waits := now.Before(t.patience)
	switch {
	case e.outage.probing && waits:
		return l.wait(t, t.patience)
	case e.outage.probing:
		opens = now.Add(max(e.outage.gap, firstGap))
	case !now.Before(opens):
		t.probe, e.outage.probing = true, true
		return l.grant(t, now)
	case waits && !opens.After(t.patience):
		return l.wait(t, opens)
	}
	l.leave(t)
	return verdict{kind: vendorlogin.ErrUnavailable, reason: "the endpoint is down for all accounts", retryAt: opens}
}

// finish ends the turn of t. Only the first call counts.
func (e *endpoint) finish(t *turn, o outcome, now time.Time) {
	if t.over {
		return
	}
	t.over, e.used = true, now
	l := e.lane(t)
	epoch, down := l.epoch, e.outage.down()
	l.underWay--
	switch o.lesson {
	case nothing:
		l.settle(t, now)
	case unreachable:
		e.outage.fail(t, now)
	case limited:
		e.outage.end()
		l.fail(t, o.told, now)
	default:
		e.outage.end()
		l.pass(t, o.lesson == passed, now)
	}
	if t.probe {
		e.outage.probing = false
	}
	if t.probe || l.epoch != epoch || e.outage.down() != down {
		e.login.wakeAll()
		e.refresh.wakeAll()
		return
	}
	l.wakeFirst()
}

// leave takes a turn out whose caller has gone.
func (e *endpoint) leave(t *turn) {
	l := e.lane(t)
	l.leave(t)
	l.wakeFirst()
}

// forgettable reports whether nothing is lost without e. An interval has shrunk to a fraction by then.
func (e *endpoint) forgettable(now time.Time) bool {
	idle := e.login.underWay+e.refresh.underWay+e.login.queue.Len()+e.refresh.queue.Len() == 0
	return idle && now.Sub(e.used) > idleEndpoint
}

func (e *endpoint) status(name string, now time.Time) EndpointStatus {
	s := EndpointStatus{Endpoint: name, DownSince: e.outage.since, Login: e.login.status(now), Refresh: e.refresh.status(now)}
	if e.outage.down() && !e.outage.probing {
		s.NextProbe = e.outage.next
	}
	return s
}
