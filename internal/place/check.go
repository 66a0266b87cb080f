package place

import (
	"net/http"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin/internal/httpheader"
)

// ours are headers that net/http sets.
var ours = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade", "Te"}

// CheckHeader finds names of headers that cannot be set.
func CheckHeader(header map[string]string) (wrong []Invalid) {
	return check(header, "is no header that can be set", func(name string) bool {
		return !httpheader.ValidName(name) || slices.Contains(ours, http.CanonicalHeaderKey(name))
	})
}

// CheckCookies finds names that no cookie has.
func CheckCookies(cookies map[string]string) (wrong []Invalid) {
	return check(cookies, "is no name of a cookie", func(name string) bool {
		return (&http.Cookie{Name: name, Value: "x"}).Valid() != nil
	})
}

// CheckFields finds names of fields that are empty or have values in them.
func CheckFields(fields map[string]string) (wrong []Invalid) {
	return check(fields, "is no name of a field: values go into values only", func(name string) bool {
		return name == "" || strings.Contains(name, "${")
	})
}

func check(fields map[string]string, reason string, isWrong func(name string) bool) (wrong []Invalid) {
	for name := range fields {
		if isWrong(name) {
			wrong = append(wrong, Invalid{Name: name, Reason: reason})
		}
	}
	return wrong
}

// CheckJSON finds names in a JSON value that have values in them.
func CheckJSON(v any) (wrong []Invalid) {
	switch v := v.(type) {
	case map[string]any:
		for key, in := range v {
			if strings.Contains(key, "${") {
				wrong = append(wrong, Invalid{Name: key, Reason: "has ${} in a name: values go into values only"})
			}
			wrong = append(wrong, CheckJSON(in)...)
		}
	case []any:
		for _, in := range v {
			wrong = append(wrong, CheckJSON(in)...)
		}
	}
	return wrong
}
