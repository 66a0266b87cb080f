package clientpool

import "github.com/vendorlogin/vendorlogin"

// Forgettable is for states that take a Client long to get into.
func (p *Pool) Forgettable(s vendorlogin.Status) bool { return p.forgettable(s) }
