package vendorlogin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestDisputeCountsOneRejection(t *testing.T) {
	t.Parallel()
	var h cached // which has served
	r := rejections{disputed: true}
	r.count(&h, time.Minute)
	assert.Equal(t, 1, r.rejected)
	r.count(&h, time.Minute)
	assert.Zero(t, r.rejected)
}

func TestOlderTokenOfAnotherShortensNoRest(t *testing.T) {
	t.Parallel()
	var r rejections
	r.renewed(time.Hour, 0)
	r.renewed(time.Hour, time.Minute)
	assert.Equal(t, time.Hour+firstRejection, r.until)
}
