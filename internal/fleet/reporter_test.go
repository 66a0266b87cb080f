package fleet_test

import (
	"encoding/json"
	"sync"
)

// A reporter sends a worker's reports, a line of JSON each. It is safe for concurrent use.
type reporter struct {
	mu  sync.Mutex
	out *json.Encoder
}

func (r *reporter) say(what report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.out.Encode(what)
}
