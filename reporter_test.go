package vendorlogin

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNothingIsReportedWhereNobodyListens(t *testing.T) {
	t.Parallel()
	assert.Nil(t, newReporter(Account{}, &Options{}))
	assert.NotNil(t, newReporter(Account{}, &Options{Logger: slog.Default()}))
	assert.NotNil(t, newReporter(Account{}, &Options{OnEvent: func(Event) {}}))
}
