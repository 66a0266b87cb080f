package otelvendorlogin

import (
	"context"
	"iter"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/vendorlogin/vendorlogin"
)

// Observe counts the given clients by state whenever metrics are collected: all of a pool, by Pool.All of package clientpool, or maps.All
// of a map by name. It does no I/O. It ends with the Unregister of what it returns.
func Observe(c *Config, clients iter.Seq2[string, *vendorlogin.Client]) (metric.Registration, error) {
	if clients == nil {
		return nil, &vendorlogin.Error{Op: "new", Kind: vendorlogin.ErrInvalidRequest, Unprocessed: true,
			Fields: []vendorlogin.FieldError{{Field: "clients", Reason: "is nil"}}}
	}
	meter := c.meter()
	counter, err := meter.Int64ObservableUpDownCounter("vendorlogin.clients", metric.WithUnit("{client}"),
		metric.WithDescription("Clients by the state of their token."))
	if err != nil {
		return nil, err
	}
	return meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for attrs, n := range count(clients) {
			o.ObserveInt64(counter, n, metric.WithAttributeSet(attrs))
		}
		return nil
	}, counter)
}

// count sorts clients by what may be said of them.
func count(clients iter.Seq2[string, *vendorlogin.Client]) map[attribute.Set]int64 {
	counts := map[attribute.Set]int64{}
	for _, client := range clients {
		s := client.Status()
		attrs := append(accountAttributes(s.Account), attribute.String("vendorlogin.state", s.State.String()))
		if s.Hold != nil {
			attrs = append(attrs, errorAttributes(s.Hold)...)
		}
		counts[attribute.NewSet(attrs...)]++
	}
	return counts
}
