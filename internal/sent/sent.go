// Package sent counts the requests of a login or refresh that carried secrets and may have reached the vendor. Package loginhttp counts
// them, and a Client asks, whatever error a later step ends with.
package sent

import (
	"context"
	"sync/atomic"
)

// A Count is safe for concurrent use. The zero Count is ready.
type Count struct {
	// Once says that no request is to be sent again: the login before this one was turned away too. It is set before use.
	Once bool

	n atomic.Int64
}

type key struct{}

// In is ctx with c in it.
func (c *Count) In(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, c) }

// Without is ctx for a request that carries no secret.
func Without(ctx context.Context) context.Context {
	return context.WithValue(ctx, key{}, (*Count)(nil))
}

// Note counts a request, if ctx has a Count.
func Note(ctx context.Context) {
	if c, _ := ctx.Value(key{}).(*Count); c != nil {
		c.n.Add(1)
	}
}

// Once is Count.Once of the Count in ctx.
func Once(ctx context.Context) bool {
	c, _ := ctx.Value(key{}).(*Count)
	return c != nil && c.Once
}

// Load is how many there were.
func (c *Count) Load() int64 { return c.n.Load() }
