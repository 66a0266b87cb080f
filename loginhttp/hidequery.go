package loginhttp

import (
	"context"
	"net/http"
	"net/url"
)

// HideQuery returns a transport for [Endpoint.HTTPClient] whose instrumentation sees no query. Some vendors take passwords in the
// query, and tracers record URLs. What instrument returns gets a copy of each request without query, user information and fragment.
// Below it, on the way to base, they are there again. The response's Request lacks them too.
//
//	client := &http.Client{Transport: loginhttp.HideQuery(http.DefaultTransport, func(base http.RoundTripper) http.RoundTripper {
//		return otelhttp.NewTransport(base)
//	})}
//
// A request that instrument sends to another host goes as it is. A nil base means [http.DefaultTransport], as it is at each
// request; a nil instrument changes nothing.
func HideQuery(base http.RoundTripper, instrument func(http.RoundTripper) http.RoundTripper) http.RoundTripper {
	bottom := &queryRestorer{base}
	if instrument == nil {
		return bottom
	}
	return &queryHider{instrument(bottom), bottom}
}

// A hiddenURL travels in a request's context. It is no Stringer: whoever prints the context sees its type alone.
type hiddenURL struct{ url *url.URL }

type hiddenURLKey struct{}

// A queryHider is above the instrumentation.
type queryHider struct {
	instrumented http.RoundTripper
	bottom       *queryRestorer
}

func (h *queryHider) RoundTrip(req *http.Request) (*http.Response, error) {
	shown := req.WithContext(context.WithValue(req.Context(), hiddenURLKey{}, &hiddenURL{req.URL}))
	if u := req.URL; u != nil {
		shown.URL = &url.URL{Scheme: u.Scheme, Opaque: u.Opaque, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	}
	resp, err := h.instrumented.RoundTrip(shown)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}

// CloseIdleConnections is for http.Client.
func (h *queryHider) CloseIdleConnections() { h.bottom.CloseIdleConnections() }

// A queryRestorer is below the instrumentation.
type queryRestorer struct{ base http.RoundTripper }

func (r *queryRestorer) RoundTrip(req *http.Request) (*http.Response, error) {
	hidden, ok := req.Context().Value(hiddenURLKey{}).(*hiddenURL)
	if !ok || hidden.url == nil || req.URL == nil || req.URL.Scheme != hidden.url.Scheme || req.URL.Host != hidden.url.Host {
		return r.transport().RoundTrip(req)
	}
	// A request that base makes in this ctx has its own query.
	whole := req.WithContext(context.WithValue(req.Context(), hiddenURLKey{}, nil))
	restored := *req.URL
	restored.User, restored.RawQuery, restored.ForceQuery = hidden.url.User, hidden.url.RawQuery, hidden.url.ForceQuery
	restored.Fragment, restored.RawFragment = hidden.url.Fragment, hidden.url.RawFragment
	whole.URL = &restored
	resp, err := r.transport().RoundTrip(whole)
	if resp != nil {
		resp.Request = req // the instrumentation may look at it
	}
	return resp, err
}

func (r *queryRestorer) transport() http.RoundTripper {
	if r.base == nil {
		return http.DefaultTransport
	}
	return r.base
}

func (r *queryRestorer) CloseIdleConnections() {
	if closer, ok := r.transport().(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}
