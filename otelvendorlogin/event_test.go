package otelvendorlogin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/otelvendorlogin"
)

// A recorder is OpenTelemetry's SDK in memory.
type recorder struct {
	reader *sdkmetric.ManualReader
	spans  *tracetest.InMemoryExporter
	tracer *sdktrace.TracerProvider
	config *otelvendorlogin.Config
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{reader: sdkmetric.NewManualReader(), spans: tracetest.NewInMemoryExporter()}
	r.tracer = sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r.reader))
	r.config = &otelvendorlogin.Config{MeterProvider: meters, TracerProvider: r.tracer}
	t.Cleanup(func() {
		assert.NoError(t, r.tracer.Shutdown(context.Background()))
		assert.NoError(t, meters.Shutdown(context.Background()))
	})
	return r
}

// points returns what was recorded, one line per metric and attributes.
func (r *recorder) points(t *testing.T) []string {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(t.Context(), &all))
	var lines []string
	add := func(name, unit string, attrs attribute.Set, value any) {
		lines = append(lines, fmt.Sprint(name, " ", unit, " {", attrs.Encoded(attribute.DefaultEncoder()), "} ", value))
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					add(m.Name, m.Unit, p.Attributes, fmt.Sprint(p.Count, " of ", p.Sum))
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					add(m.Name, m.Unit, p.Attributes, p.Value)
				}
			default:
				assert.Failf(t, "metric", "%s is %T", m.Name, data)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

var account = vendorlogin.Account{
	Vendor: "example", Endpoint: "https://api.example.com:8443/v1", Principal: "ops@example.com", Scope: "device-1",
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	onEvent, err := otelvendorlogin.OnEvent(r.config)
	require.NoError(t, err)
	limited := &vendorlogin.Error{Account: account, Op: "login", Kind: vendorlogin.ErrRateLimited, Status: 429}

	event := func(kind vendorlogin.EventType, took time.Duration, err error) {
		onEvent(vendorlogin.Event{Type: kind, Account: account, Time: time.Now(), Duration: took, Err: err})
	}
	event(vendorlogin.EventLogin, 2*time.Second, nil)
	event(vendorlogin.EventLogin, time.Second, nil)
	event(vendorlogin.EventLogin, time.Second, limited)
	event(vendorlogin.EventRefresh, time.Second, errors.New("of an adapter's own"))
	event(vendorlogin.EventLockWait, 3*time.Second, nil)
	event(vendorlogin.EventHold, 0, limited)

	where := "server.address=api.example.com"
	what := "vendorlogin.vendor=example"
	assert.ElementsMatch(t, []string{
		"vendorlogin.events {event} {" + where + ",vendorlogin.event=lock_wait," + what + "} 1",
		"vendorlogin.events {event} {" + where + ",vendorlogin.event=login," + what + "} 2",
		"vendorlogin.events {event} {error.type=_OTHER," + where + ",vendorlogin.event=refresh," + what + "} 1",
		"vendorlogin.events {event} {error.type=rate_limited," + where + ",vendorlogin.event=hold," + what + "} 1",
		"vendorlogin.events {event} {error.type=rate_limited," + where + ",vendorlogin.event=login," + what + "} 1",
		"vendorlogin.exchange.duration s {" + "error.type=_OTHER," + where + ",vendorlogin.operation=refresh," + what + "} 1 of 1",
		"vendorlogin.exchange.duration s {" + "error.type=rate_limited," + where + ",vendorlogin.operation=login," + what + "} 1 of 1",
		"vendorlogin.exchange.duration s {" + where + ",vendorlogin.operation=login," + what + "} 2 of 3",
		"vendorlogin.lock.wait.duration s {" + where + "," + what + "} 1 of 3",
	}, r.points(t))
}

func TestSpans(t *testing.T) {
	t.Parallel()
	r := newRecorder(t)
	onEvent, err := otelvendorlogin.OnEvent(r.config)
	require.NoError(t, err)
	over := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	wrong := &vendorlogin.Error{Account: account, Op: "login", Kind: vendorlogin.ErrInvalidCredentials, Status: 400}

	onEvent(vendorlogin.Event{Type: vendorlogin.EventLogin, Account: account, Time: over, Duration: time.Second, Err: wrong})
	onEvent(vendorlogin.Event{Type: vendorlogin.EventHold, Account: account, Time: over, Err: wrong})

	spans := r.spans.GetSpans()
	require.Len(t, spans, 1, "an exchange alone takes time")
	s := spans[0]
	assert.Equal(t, "vendorlogin login", s.Name)
	assert.Equal(t, trace.SpanKindClient, s.SpanKind)
	assert.Equal(t, []time.Time{over.Add(-time.Second), over}, []time.Time{s.StartTime, s.EndTime})
	assert.Equal(t, codes.Error, s.Status.Code)
	assert.NotContains(t, fmt.Sprintf("%+v", s), "ops@example.com")
	assert.NotContains(t, fmt.Sprintf("%+v", s), "device-1")
}

// fake is an account whose login takes a second.
type fake struct{ err error }

func (*fake) Account() vendorlogin.Account { return account }

func (f *fake) Login(context.Context) (*vendorlogin.Token, error) {
	sent := time.Now()
	time.Sleep(time.Second)
	if f.err != nil {
		return nil, f.err
	}
	return &vendorlogin.Token{Access: vendorlogin.NewSecret("example"), IssuedAt: sent, ExpiresAt: sent.Add(time.Hour)}, nil
}

func TestTheSpanIsAChildOfTheCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t)
		onEvent, err := otelvendorlogin.OnEvent(r.config)
		require.NoError(t, err)
		client, err := vendorlogin.NewClient(&fake{}, &vendorlogin.Options{OnEvent: onEvent})
		require.NoError(t, err)

		ctx, caller := r.tracer.Tracer("test").Start(t.Context(), "caller")
		_, err = client.Token(ctx)
		require.NoError(t, err)
		require.NoError(t, client.Close())

		spans := r.spans.GetSpans()
		require.Len(t, spans, 1)
		assert.Equal(t, caller.SpanContext().SpanID(), spans[0].Parent.SpanID())
		assert.Equal(t, time.Second, spans[0].EndTime.Sub(spans[0].StartTime))
	})
}

// Without a Config the global providers are used, which do nothing here.
func TestGlobalProviders(t *testing.T) {
	t.Parallel()
	onEvent, err := otelvendorlogin.OnEvent(nil)
	require.NoError(t, err)
	onEvent(vendorlogin.Event{Type: vendorlogin.EventLogin, Account: account, Time: time.Now()})
	registration, err := otelvendorlogin.Observe(nil, func(func(string, *vendorlogin.Client) bool) {})
	require.NoError(t, err)
	require.NoError(t, registration.Unregister())
}
