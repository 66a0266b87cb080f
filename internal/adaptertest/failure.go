package adaptertest

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

// A Failure is a response that brings no token, and the error that it means.
type Failure struct {
	Status        int
	Body          string // as Reply takes it
	Kind          error
	Code, Message string
	Fields        []vendorlogin.FieldError
}

// Field is a list of one field.
func Field(name, reason string) []vendorlogin.FieldError {
	return []vendorlogin.FieldError{{Field: name, Reason: reason}}
}

// Assert checks what an operation returned for it.
func (f Failure) Assert(t testing.TB, op string, token *vendorlogin.Token, err error) {
	t.Helper()
	assert.Nil(t, token)
	e := VendorError(t, err)
	want := Failure{Kind: f.Kind, Code: f.Code, Message: f.Message, Fields: f.Fields}
	assert.Equal(t, want, Failure{Kind: e.Kind, Code: e.Code, Message: e.Message, Fields: e.Fields})
	assert.Equal(t, op, e.Op)
	assert.Equal(t, f.Status, e.Status)
	assert.False(t, e.Unprocessed && f.Status != http.StatusTooManyRequests)
	assert.NotContains(t, err.Error(), "\n")
	if f.Message != "" {
		assert.NotContains(t, err.Error(), f.Message, "the vendor's words are in Message alone")
	}
}

// VendorError is err, which must be the one kind of error that adapters return.
func VendorError(t testing.TB, err error) *vendorlogin.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := errors.AsType[*vendorlogin.Error](err)
	require.Truef(t, ok, "%T is no *vendorlogin.Error", err)
	return e
}

// AssertInvalid checks that New rejected those fields.
func AssertInvalid(t testing.TB, err error, vendor string, fields ...string) {
	t.Helper()
	e := VendorError(t, err)
	assert.Equal(t, vendorlogin.ErrInvalidRequest, e.Kind)
	assert.Contains(t, err.Error(), vendor)
	assert.NotContains(t, err.Error(), "secret")
	var named []string
	for _, f := range e.Fields {
		named = append(named, f.Field)
		assert.NotEmpty(t, f.Reason)
		assert.Contains(t, err.Error(), f.Field)
	}
	assert.Equal(t, fields, named)
}
