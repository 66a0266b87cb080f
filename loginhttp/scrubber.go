package loginhttp

import (
	"net/http"
	"slices"
)

// scrubber knows every value of this exchange's request. It is made for a failure only.
func (x *exchange) scrubber() *scrubber {
	s := &scrubber{}
	for _, value := range slices.Concat(payloadValues(x.payload, x.payloadType), x.Secrets) {
		s.add(value)
	}
	for _, values := range x.Query {
		for _, value := range values {
			s.add(value)
		}
	}
	for name, values := range x.Header {
		for _, value := range values {
			s.addHeader(http.CanonicalHeaderKey(name), value)
		}
	}
	return s
}
