package secmgmt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/loginhttp"
)

// An Envelope is what every response of the vendor comes in, with content of type T. Decode a response of any status into it, look at
// [Envelope.Err], then use Content. Decoding replaces all fields.
type Envelope[T any] struct {
	ErrorCode    string // empty: success
	ErrorMessage string // the vendor's words, as they came; they may quote what was sent
	Content      []T    // empty where the response has none, however it says so
	Pageable     *Page  // nil where the response has none, or nothing that can be read as one
}

// A Page says which part of all elements Content is. Page counts from 0.
type Page struct {
	Page          int `json:"page"`
	Size          int `json:"size"`
	TotalPages    int `json:"totalPages"`
	TotalElements int `json:"totalElements"`
}

// UnmarshalJSON reads content as a list or as one element alone; "", null and nothing at all mean none. With an errorCode, content of
// another shape means none too; without one it is an error.
func (e *Envelope[T]) UnmarshalJSON(data []byte) error {
	var raw struct {
		failure
		Content, Pageable json.RawMessage
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	var got Envelope[T]
	got.ErrorCode, got.ErrorMessage = raw.failure.read()
	if json.Unmarshal(raw.Pageable, &got.Pageable) != nil {
		got.Pageable = nil
	}
	if err := got.readContent(raw.Content); err != nil {
		if got.ErrorCode == "" {
			return err
		}
		got.Content = nil // not the elements before the one that is wrong
	}
	*e = got
	return nil
}

func (e *Envelope[T]) readContent(raw json.RawMessage) error {
	switch {
	case len(raw) == 0, string(raw) == "null", isBlank(raw):
		return nil
	case raw[0] == '[':
		return json.Unmarshal(raw, &e.Content)
	}
	content := make([]T, 1)
	if err := json.Unmarshal(raw, &content[0]); err != nil {
		return err
	}
	e.Content = content
	return nil
}

// isBlank reports whether raw is a string with nothing in it.
func isBlank(raw json.RawMessage) bool {
	return len(bytes.Trim(raw, `" `)) == 0
}

// Err is nil for success, else a *[vendorlogin.Error] with the vendor's Code, and Message cut to one line of 256 characters.
// Its Kind is
//
//	AUTH_1001    ErrInvalidCredentials
//	AUTH_1002    ErrRefreshRejected: a token that was sent is not accepted
//	GLOBAL_1001  ErrUnavailable: trying again later makes sense
//	any other    ErrInvalidRequest
func (e *Envelope[T]) Err() error {
	if e.ErrorCode == "" {
		return nil
	}
	kind := meaning(e.ErrorCode)
	if kind == nil {
		kind = vendorlogin.ErrInvalidRequest
	}
	return &vendorlogin.Error{
		Account: vendorlogin.Account{Vendor: vendor}, Kind: kind,
		Code: oneLine(e.ErrorCode, 64), Message: oneLine(e.ErrorMessage, 256),
	}
}

// meaning is nil for a code that says no more than that there is one.
func meaning(code string) error {
	switch code {
	case "AUTH_1001":
		return vendorlogin.ErrInvalidCredentials
	case "AUTH_1002":
		return vendorlogin.ErrRefreshRejected
	case "GLOBAL_1001":
		return vendorlogin.ErrUnavailable
	}
	return nil
}

func oneLine(s string, limit int) string {
	line := []rune(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " "))
	return string(line[:min(len(line), limit)])
}

// failure is the half of the envelope that failures fill. The vendor's own example of one has the second name for the message.
type failure struct {
	ErrorCode    json.RawMessage
	ErrorMessage json.RawMessage
	Misspelt     json.RawMessage `json:"errorMessageerrorMessage"`
}

func (f failure) read() (code, message string) {
	return loginhttp.Text(f.ErrorCode), cmp.Or(loginhttp.Text(f.ErrorMessage), loginhttp.Text(f.Misspelt))
}
