package vendorlogin

import (
	"sync"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

// facts are what has come about during a renewal. They decide what follows from its end, however it ends.
type facts struct {
	op          string   // what the vendor was last asked for: "login", "refresh"; empty: nothing yet
	prompted    bool     // a person was asked for a code
	declined    bool     // a person would have had to be asked, and must not be
	counted     bool     // an attempt that failed counts
	bypassed    bool     // a hold of the record
	decided     bool     // the vendor rejected the refresh token
	fingerprint *uint64  // of the credentials
	refreshes   []uint64 // refresh tokens that were sent and may be consumed
	attempts    record.Attempts
	consumed    []record.Consumed
	storeErr    *Error
	paced       func(sent bool, err error) // the Pacer's; nil: none
	sent        bool                       // in the Pacer's last turn
}

// endTurn tells the Pacer what came of its turn. Once more does no harm, and a renewal that hangs must not keep its turn. A panic in
// it is dropped.
func (f facts) endTurn(err *Error) {
	if f.paced == nil {
		return
	}
	defer func() { _ = recover() }()
	f.paced(f.sent, asError(err))
}

// A progress is the facts of a renewal that runs, for whoever has to end it from outside.
type progress struct {
	mu    sync.Mutex
	facts facts
}

func (p *progress) note(change func(*facts)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.facts)
}

func (p *progress) soFar() facts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.facts
}
