package fleet_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Processes that want a code in the same instant get those of different steps, in the order of time.
func TestCodesOfOneAuthenticator(t *testing.T) {
	t.Parallel()
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			size := fleetSize
			if testing.Short() {
				size = 3
			}
			f := newFleet(t, size, medium(t), nil)
			began := time.Now()
			reports := together(orderCode, f.processes...)
			ended := time.Now()

			steps := map[int64]bool{}
			for _, a := range reports {
				require.Empty(t, a.Err)
				step := stepOf(t, f.job.TOTP, a.Code, began, ended)
				assert.False(t, steps[step], "a step was handed out twice")
				steps[step] = true
			}
			assert.Len(t, steps, size)
		})
	}
}

// stepOf finds the second of whose step code is.
func stepOf(t *testing.T, secret, code string, from, to time.Time) int64 {
	t.Helper()
	for second := from.Unix(); second <= to.Unix(); second++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(second, 0), totp.ValidateOpts{Period: 1, Digits: 6})
		require.NoError(t, err)
		if want == code {
			return second
		}
	}
	require.FailNow(t, "a code of none of the steps since it was asked for")
	return 0
}
