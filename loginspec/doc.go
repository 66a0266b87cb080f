// Package loginspec logs in to any vendor whose login is described as data: what to send where, what to keep of the response, what a
// failure looks like, and how API requests carry the token.
//
//	spec, err := loginspec.Read(file) // JSON; package specyaml reads YAML
//	auth, err := loginspec.New(spec, loginspec.Config{
//		Values:  map[string]string{"username": "ops@example.com"},
//		Secrets: map[string]vendorlogin.SecretFunc{"password": vendorlogin.SecretEnv("VENDOR_PASSWORD")},
//	})
//	client, err := vendorlogin.NewClient(auth, nil)
//
// A description is a [Spec]: a Go struct, or a file that is read into one. docs/describe-a-vendor.md writes one step by step, and
// [Spec.Explain] and [Trace] show what becomes of it. For an OAuth 2 token endpoint there is [OAuth2].
//
// # Where what is done
//
//	spec.go      what a description may say
//	read.go      reading one strictly
//	template.go  the one notation, ${name}
//	url.go       values in URLs
//	body.go      values in JSON, forms and XML
//	make.go      values that are computed
//	host.go      where a URL from a response may lead
//	source.go    what is read of a response
//	expiry.go    when a token expires
//	rule.go      what a failure means
//	use.go       how API requests carry the token
//	run.go       steps, in their order
//	check.go     what New finds wrong
//	explain.go   what would be sent, and what was
package loginspec
