package vendorlogin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin/internal/record"
)

func TestTroubleIsFreedOnceNothingIsToBeRemembered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]trouble{
		"a hold":         {hold: &hold{}},
		"an attempt":     {attempts: record.Attempts{Code: record.Row{N: 1}}},
		"a used secret":  {consumed: []record.Consumed{{}}},
		"a used token":   {sent: []uint64{1}},
		"a failed store": {storeErr: &Error{}},
		"a bypass":       {bypassed: time.Second},
		"a rejection":    {rejection: rejections{until: time.Second}},
	} {
		k := keeper{trouble: &c}
		k.dropTrouble()
		assert.NotNil(t, k.trouble, name)
	}
	k := keeper{trouble: &trouble{owner: "x", sent: []uint64{}, probes: probes{store: 1}}}
	k.dropTrouble()
	assert.Nil(t, k.trouble)
}

func TestAFewUsedRefreshTokensAreRemembered(t *testing.T) {
	t.Parallel()
	var all trouble
	for sum := range uint64(maxSent + 2) {
		all.remember(sum)
	}
	all.remember(4)
	assert.Equal(t, []uint64{2, 3, 5, 6, 7, 8, 9, 4}, all.sent, "the last ones, each once")
}
