// Package otelvendorlogin reports what Clients do to OpenTelemetry. It is a module of its own, so that nobody links OpenTelemetry who
// does not use it.
//
//	onEvent, err := otelvendorlogin.OnEvent(nil)
//	pool := clientpool.New(open, &clientpool.Options{Client: vendorlogin.Options{OnEvent: onEvent}})
//	registration, err := otelvendorlogin.Observe(nil, pool.All())
//	defer registration.Unregister()
//
// Metrics:
//
//	vendorlogin.exchange.duration   histogram, s   one login or refresh
//	vendorlogin.lock.wait.duration  histogram, s   waiting while other processes hold the Store's lock
//	vendorlogin.events              counter        by vendorlogin.event, which is the Event's Type
//	vendorlogin.clients             up-down counter, observed: by vendorlogin.state, which is the State of Client.Status
//
// All have vendorlogin.vendor and server.address; exchanges have vendorlogin.operation too, "login" or "refresh". What failed has
// error.type: the Kind of the error, such as "rate_limited", or "_OTHER"; clients on hold have that of the hold. Nothing names an
// account: no principal, no scope, no key.
//
// Each exchange, which is one login or refresh, is a span, a child of the span of the call that began it.
//
// Instrumentation below a login, such as otelhttp in a Config's HTTPClient, records the URL, and some vendors have the password in its
// query. Put it under loginhttp.HideQuery, and give it no propagator: the vendor needs no traceparent.
package otelvendorlogin
