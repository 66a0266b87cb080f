package vendorlogin_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
)

type pacerFunc func(ctx context.Context, a vendorlogin.Account, op string) (func(bool, error), error)

func (p pacerFunc) Pace(ctx context.Context, a vendorlogin.Account, op string) (func(bool, error), error) {
	return p(ctx, a, op)
}

func TestPacerThatNamesAnyTime(t *testing.T) {
	for _, at := range []time.Time{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0)} {
		t.Run(at.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var asked atomic.Int64
				p := pacerFunc(func(context.Context, vendorlogin.Account, string) (func(bool, error), error) {
					if asked.Add(1) > 1 {
						return nil, &vendorlogin.Error{Kind: vendorlogin.ErrRateLimited, Unprocessed: true, RetryAt: at}
					}
					return func(bool, error) {}, nil
				})
				c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Pacer: p, KeepAlive: true})
				time.Sleep(time.Second)
				mustToken(t, c)
				time.Sleep(time.Hour + 10*time.Second)
				assert.LessOrEqual(t, asked.Load(), int64(400))
				_, err := c.Token(t.Context())
				e, ok := errors.AsType[*vendorlogin.Error](err)
				require.True(t, ok)
				assert.LessOrEqual(t, time.Until(e.RetryAt), time.Hour)
			})
		})
	}
}

func TestPacerThatPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := pacerFunc(func(context.Context, vendorlogin.Account, string) (func(bool, error), error) {
			return func(bool, error) { panic("boom") }, nil
		})
		c := newClient(t, &fake{life: time.Hour}, &vendorlogin.Options{Pacer: p})
		mustToken(t, c)
	})
}
