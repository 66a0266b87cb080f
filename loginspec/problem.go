package loginspec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

// problems collects what is wrong with a description or its configuration.
type problems struct {
	vendor string
	op     string
	lines  map[string]int
	found  []vendorlogin.FieldError
	err    error
}

// add notes that what is at path is wrong. A reason holds nothing of a configuration.
func (p *problems) add(path, format string, args ...any) { p.addInput(p.place(path), format, args...) }

// addInput notes that what is configured for an input is wrong. The description is right then: there is no line to name.
func (p *problems) addInput(name, format string, args ...any) {
	found := vendorlogin.FieldError{Field: name, Reason: fmt.Sprintf(format, args...)}
	if len(p.found) < 16 && !slices.Contains(p.found, found) {
		p.found = append(p.found, found)
	}
}

// bad notes that what is at path is wrong, if it is.
func (p *problems) bad(is bool, path, format string, args ...any) {
	if is {
		p.add(path, format, args...)
	}
}

// place is path with the line of it, or of what it is in.
func (p *problems) place(path string) string {
	for at := path; ; at = at[:max(strings.LastIndexAny(at, ".["), 0)] {
		if line := p.lines[at]; line > 0 && (at != "" || path == "") {
			return strings.TrimSuffix(fmt.Sprintf("line %d: %s", line, path), ": ")
		}
		if at == "" {
			return path
		}
	}
}

// failure is nil where nothing is wrong.
func (p *problems) failure() error {
	if len(p.found) == 0 && p.err == nil {
		return nil
	}
	return &vendorlogin.Error{
		Account: vendorlogin.Account{Vendor: p.vendor}, Op: p.op, Kind: vendorlogin.ErrInvalidRequest,
		Err: p.err, Fields: p.found, Unprocessed: true,
	}
}
