package loginhttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/vendorlogin/vendorlogin"
)

// decode decodes the body of a 2xx response.
func (x *exchange) decode(a *Answer, out any) *vendorlogin.Error {
	switch out := out.(type) {
	case nil:
		return nil
	case *[]byte:
		*out = a.Body
		return nil
	}
	err := json.Unmarshal(a.Body, out)
	if err == nil {
		return nil
	}
	failure := x.fail(vendorlogin.ErrBadResponse, undecodable(a, err))
	x.addStatus(failure, a)
	return failure
}

// undecodable says what kind of thing a body is and where it goes wrong. The error of encoding/json quotes the body.
func undecodable(a *Answer, err error) error {
	if len(bytes.TrimSpace(a.Body)) == 0 {
		return errors.New("an empty body")
	}
	if a.IsHTML() {
		return errHTML
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON at byte %d of %d", syntax.Offset, len(a.Body))
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(mismatch.Value, " ") // "number 123" says more than the kind
		return fmt.Errorf("JSON of another shape: a wrong %s at byte %d of %d", kind, mismatch.Offset, len(a.Body))
	}
	return errors.New("JSON of another shape")
}
