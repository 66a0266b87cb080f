package vendorlogin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

func TestErrorThatIsANilPointer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{err: (*vendorlogin.Error)(nil)}
		_, err := newClient(t, f, nil).Token(t.Context())
		require.ErrorContains(t, err, "a nil *Error")
	})
}
