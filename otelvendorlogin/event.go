package otelvendorlogin

import (
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/vendorlogin/vendorlogin"
)

// scope is the name of the meter and of the tracer.
const scope = "github.com/vendorlogin/vendorlogin/otelvendorlogin"

// Config says where to report to. Nil, or a nil field, is OpenTelemetry's global provider.
type Config struct {
	MeterProvider  metric.MeterProvider
	TracerProvider trace.TracerProvider
}

func (c *Config) meter() metric.Meter {
	if c == nil || c.MeterProvider == nil {
		return otel.Meter(scope)
	}
	return c.MeterProvider.Meter(scope)
}

func (c *Config) tracer() trace.Tracer {
	if c == nil || c.TracerProvider == nil {
		return otel.Tracer(scope)
	}
	return c.TracerProvider.Tracer(scope)
}

// An observer turns Events into metrics and spans.
type observer struct {
	exchange, lockWait metric.Float64Histogram
	events             metric.Int64Counter
	tracer             trace.Tracer
}

// seconds are the histograms' bounds, up to the longest wait for a person who types a code.
var seconds = metric.WithExplicitBucketBoundaries(.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300)

// OnEvent returns a function for vendorlogin.Options.OnEvent. It is safe for concurrent use: make one for all Clients. Its error is the
// meter's.
func OnEvent(c *Config) (func(vendorlogin.Event), error) {
	meter := c.meter()
	exchange, exchangeErr := meter.Float64Histogram("vendorlogin.exchange.duration", seconds, metric.WithUnit("s"),
		metric.WithDescription("Duration of a login or refresh at the vendor."))
	lockWait, lockWaitErr := meter.Float64Histogram("vendorlogin.lock.wait.duration", seconds, metric.WithUnit("s"),
		metric.WithDescription("Time waited while other processes held the store's lock."))
	events, eventsErr := meter.Int64Counter("vendorlogin.events", metric.WithUnit("{event}"),
		metric.WithDescription("What the clients did."))
	if err := errors.Join(exchangeErr, lockWaitErr, eventsErr); err != nil {
		return nil, err
	}
	return observer{exchange, lockWait, events, c.tracer()}.observe, nil
}

func (o observer) observe(e vendorlogin.Event) {
	attrs := append(accountAttributes(e.Account), errorAttributes(e.Err)...)
	o.events.Add(e.Context(), 1, metric.WithAttributes(attrs...), metric.WithAttributes(attribute.String("vendorlogin.event", string(e.Type))))
	switch e.Type {
	case vendorlogin.EventLogin, vendorlogin.EventRefresh:
		attrs = append(attrs, attribute.String("vendorlogin.operation", string(e.Type)))
		o.exchange.Record(e.Context(), e.Duration.Seconds(), metric.WithAttributes(attrs...))
		o.span(e, attrs)
	case vendorlogin.EventLockWait:
		o.lockWait.Record(e.Context(), e.Duration.Seconds(), metric.WithAttributes(attrs...))
	}
}

// span writes the span of an exchange that is over.
func (o observer) span(e vendorlogin.Event, attrs []attribute.KeyValue) {
	_, span := o.tracer.Start(e.Context(), "vendorlogin "+string(e.Type), trace.WithTimestamp(e.Time.Add(-e.Duration)),
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attrs...))
	if e.Err != nil {
		span.SetStatus(codes.Error, errorType(e.Err)) // the error's text names the account
	}
	span.End(trace.WithTimestamp(e.Time))
}
