package loginhttp

import (
	"net/url"
	"slices"
	"strings"
)

// printedSecret is what a vendorlogin.Secret becomes where it is printed or encoded. Sent as a password, it would cost the account
// an attempt.
const printedSecret = "[redacted]"

// unrevealed says what is wrong with such a value.
const unrevealed = "is a Secret that is not revealed"

func isUnrevealed(s string) bool { return strings.Contains(s, printedSecret) }

// unrevealedIn is the name of a value that is a printed Secret, if there is one.
func unrevealedIn(values url.Values) string {
	for name, list := range values {
		if slices.ContainsFunc(list, isUnrevealed) {
			return name
		}
	}
	return ""
}
