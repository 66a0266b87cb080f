package vendorlogin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
)

func TestHalfOfTheAttemptsAreKeptForWhenTheTokenHasExpired(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &fake{life: time.Hour}
		c := newClient(t, f, &vendorlogin.Options{RenewBefore: 30 * time.Minute})
		mustToken(t, c)
		time.Sleep(31 * time.Minute)
		f.becomes(func() { f.err = down() })
		for range 20 * 60 {
			mustToken(t, c)
			time.Sleep(time.Second)
		}
		assert.GreaterOrEqual(t, f.logins.Load(), int64(1+3))
		assert.LessOrEqual(t, f.logins.Load(), int64(1+4), "two per 10.5 minutes")
	})
}
