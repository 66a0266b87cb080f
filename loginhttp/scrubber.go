package loginhttp

import (
	"maps"
	"net/http"
	"slices"
)

// scrubber knows every value of this exchange's request. It is made for a failure only.
func (x *exchange) scrubber() *scrubber {
	s := &scrubber{}
	for _, value := range x.Secrets {
		s.add(value)
	}
	isPublic := func(value string) bool { return slices.Contains(x.Public, value) }
	queried := slices.Concat(slices.Collect(maps.Values(x.Query))...)
	for _, value := range slices.DeleteFunc(append(payloadValues(x.payload, x.payloadType), queried...), isPublic) {
		s.add(value)
	}
	for name, values := range x.Header {
		for _, value := range values {
			if !isPublic(value) {
				s.addHeader(http.CanonicalHeaderKey(name), value)
			}
		}
	}
	return s
}
