package place

import (
	"fmt"
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

// CheckJSON finds names in a JSON value that have values in them, and {name}, which YAML reads as an object, for a name that is known.
func CheckJSON(path string, v any, known map[string]string) (wrong []Invalid) {
	switch v := v.(type) {
	case map[string]any:
		for key, in := range v {
			switch {
			case strings.Contains(key, "${"):
				wrong = append(wrong, Invalid{path + "." + key, "has ${} in a name: values go into values only"})
			case len(v) == 1 && in == nil && known[key] != "":
				wrong = append(wrong, Invalid{path, "has {" + key + "}, an object; did you mean ${" + key + "}?"})
			}
			wrong = append(wrong, CheckJSON(path+"."+key, in, known)...)
		}
	case []any:
		for i, in := range v {
			wrong = append(wrong, CheckJSON(fmt.Sprintf("%s[%d]", path, i), in, known)...)
		}
	}
	return wrong
}
