// Package loginhttp is the one HTTP exchange that every vendor logs in through: [Endpoint.Do] sends a request that carries
// credentials, reads the response, and gets right what is easy to get wrong there.
//
//   - It sends over https only, except to loopback or where AllowPlainHTTP is set, follows no redirect, uses no cookie jar, reads at most 1
//     MiB and ends within 30 seconds.
//   - It sends again, once, only what the vendor certainly did not act on: see [Call.Once]. net/http itself repeats nothing.
//   - Every failure is a [*vendorlogin.Error] that holds nothing that was sent, even where the vendor echoes it.
//   - A failure that is not the vendor's own, such as a proxy's page, rejects no credentials, but for a 401: see [Endpoint.Classify].
//
// A vendor's package is left with what is the vendor's own: what its requests look like, how to read its responses, and what its errors are
// called. The Example logs in; directory examples/newvendor holds a vendor's package to copy.
package loginhttp
