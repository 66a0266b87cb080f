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
package loginspec

// Where things are:
//
//	spec.go           what a description may say
//	read.go           reading one strictly
//	check*.go         what New finds wrong
//	authenticator.go  what New makes of it
//	run.go            steps, in their order
//	values.go         what a step can use: inputs, what was kept, what is made
//	request.go        one request, and the hosts that it may go to
//	keep.go           what a response must have
//	token.go          the token that comes of it
//	make.go           values that are computed
//	rule.go           what a failure means
//	use.go            how API requests carry the token
//	explain.go        what would be sent, and what was
//	oauth2.go         OAuth 2 token endpoints
//
// The notation ${name} and the places that values go into are in internal/place, reading a response in internal/reading.
