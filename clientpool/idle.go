package clientpool

import (
	"time"
	"weak"

	"github.com/vendorlogin/vendorlogin"
)

// lookedAt is how many Clients each new one looks at, whether they are idle: more than one, so that the Pool shrinks to those in use.
const lookedAt = 4

// insert takes c into the Pool. The Pool's mutex is held.
func (p *Pool) insert(id string, c *vendorlogin.Client) {
	now := time.Since(p.begin)
	p.forgetIdle(now) // before c is in: it was not asked for yet
	e := &entry{client: c}
	e.used.Store(int64(now))
	p.entries[id] = e
}

// forgetIdle looks at some Clients, in the map's order, which is another each time.
func (p *Pool) forgetIdle(now time.Duration) {
	looked := 0
	for id, e := range p.entries {
		if looked++; looked > lookedAt {
			break
		}
		idle := p.opts.Idle > 0 && now-time.Duration(e.used.Load()) >= p.opts.Idle
		if idle && p.forgettable(e.client.Status()) {
			delete(p.entries, id)
			p.forgotten[id] = weak.Make(e.client)
		}
	}
	looked = 0
	for id, w := range p.forgotten {
		if looked++; looked > lookedAt {
			break
		}
		if w.Value() == nil {
			delete(p.forgotten, id)
		}
	}
}

// forgettable reports whether nothing is lost with the Client.
func (p *Pool) forgettable(s vendorlogin.Status) bool {
	saved := p.opts.Client.Store != nil && s.StoreErr == nil
	switch {
	case s.State == "closed":
		return true
	case s.Renewing, s.Rejected, s.Unsaved, s.Hold != nil, s.Attempts > 0, s.Spent > 0: // the Store may have failed when a secret was spent
		return false
	}
	return saved || !s.Ready()
}

// revive returns the Client of id if it was forgotten while somebody held it, and takes it back. Two Clients of one account would not
// know of each other's holds. The Pool's mutex is held.
func (p *Pool) revive(id string) *vendorlogin.Client {
	c := p.forgotten[id].Value()
	delete(p.forgotten, id)
	if c == nil || c.Status().State == "closed" {
		return nil
	}
	p.insert(id, c)
	return c
}
