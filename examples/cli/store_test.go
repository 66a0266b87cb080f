package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vendorlogin/vendorlogin"
)

func TestFirstFailureOfTheStoreIsTheReason(t *testing.T) {
	t.Parallel()
	full := fmt.Errorf("%w: no space left", vendorlogin.ErrStore)
	var kept failures
	for _, e := range []vendorlogin.Event{
		{Type: vendorlogin.EventStore, Err: fmt.Errorf("%w: cut short", vendorlogin.ErrNoRecord)}, // it is replaced
		{Type: vendorlogin.EventLogin, Err: vendorlogin.ErrUnavailable},
		{Type: vendorlogin.EventStore, Err: full},
		{Type: vendorlogin.EventStore, Err: vendorlogin.ErrStore},
	} {
		kept.observe(e)
	}
	assert.Equal(t, full, kept.first())
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "it failed; again", oneLine(errors.Join(errors.New("it failed"), errors.New("again"))))
}
