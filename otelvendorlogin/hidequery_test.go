package otelvendorlogin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/genlogs"
	"github.com/vendorlogin/vendorlogin/loginhttp"
	"github.com/vendorlogin/vendorlogin/vendortest"
)

// A vendor is a transport that remembers what it was sent.
type vendor struct {
	base http.RoundTripper
	sent []*http.Request
}

func (v *vendor) RoundTrip(req *http.Request) (*http.Response, error) {
	v.sent = append(v.sent, req)
	return v.base.RoundTrip(req)
}

// loginSpans logs in to GenLogs, which takes the password in the query, through otelhttp, and returns all that the spans hold.
func loginSpans(
	t *testing.T,
	transport func(base http.RoundTripper, instrument func(http.RoundTripper) http.RoundTripper) http.RoundTripper,
) (
	spans string, sent []*http.Request) {
	t.Helper()
	r := newRecorder(t)
	server := vendortest.NewGenLogs(nil)
	wire := &vendor{base: server.Client().Transport}
	instrument := func(base http.RoundTripper) http.RoundTripper {
		return otelhttp.NewTransport(base, otelhttp.WithTracerProvider(r.tracer), otelhttp.WithMeterProvider(r.config.MeterProvider),
			otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()))
	}
	auth, err := genlogs.New(genlogs.Config{
		Email:      vendortest.DefaultEmail,
		Password:   vendorlogin.SecretString(vendortest.DefaultPassword),
		APIKey:     vendorlogin.SecretString(vendortest.DefaultAPIKey),
		BaseURL:    server.URL,
		HTTPClient: &http.Client{Transport: transport(wire, instrument)},
	})
	require.NoError(t, err)
	_, err = auth.Login(t.Context())
	require.NoError(t, err)
	require.Len(t, r.spans.GetSpans(), 1)
	var metrics metricdata.ResourceMetrics
	require.NoError(t, r.reader.Collect(t.Context(), &metrics))
	require.NotEmpty(t, metrics.ScopeMetrics)
	return fmt.Sprintf("%+v %+v", r.spans.GetSpans(), metrics), wire.sent
}

func TestAPasswordInTheQueryIsInNoSpan(t *testing.T) {
	t.Parallel()
	spans, sent := loginSpans(t, loginhttp.HideQuery)
	assert.Contains(t, spans, "/auth/token", "the login is in the span")
	assert.NotContains(t, spans, vendortest.DefaultPassword)
	assert.NotContains(t, spans, url.QueryEscape(vendortest.DefaultPassword))
	assert.NotContains(t, spans, "password")
	require.Len(t, sent, 1)
	assert.Contains(t, sent[0].URL.RawQuery, url.QueryEscape(vendortest.DefaultPassword), "the vendor gets it")
	assert.Empty(t, sent[0].Header.Get("Traceparent"))

	bare, _ := loginSpans(t, func(base http.RoundTripper, instrument func(http.RoundTripper) http.RoundTripper) http.RoundTripper {
		return instrument(base)
	})
	assert.Contains(t, bare, "password", "without HideQuery it would be there")
}
