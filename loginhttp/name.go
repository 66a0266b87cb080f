package loginhttp

import (
	"strings"
	"unicode"
)

// Name checks the name that somebody logs in with, for a vendor's New. Its error is ErrInvalidRequest and names the field of Config. A
// name with blanks around it is rejected: the vendor may ignore them, and one user would be two accounts.
func Name(vendor, field, name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return Invalid(vendor, field, "is required")
	case strings.ContainsFunc(name, unicode.IsControl):
		return Invalid(vendor, field, "holds a control character")
	case strings.TrimSpace(name) != name:
		return Invalid(vendor, field, "has blanks around it")
	}
	return nil
}
