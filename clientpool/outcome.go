package clientpool

import (
	"context"
	"errors"
	"time"

	"github.com/vendorlogin/vendorlogin"
)

// A lesson is what an exchange says about the endpoint.
type lesson int

const (
	nothing     lesson = iota // nothing was sent, also where the error is that of an earlier login, or the caller gave up
	passed                    // a token came
	responded                 // no token, but a complete response: the endpoint is up, and did not limit the rate
	limited                   // the vendor limits the rate
	unreachable               // no response, or one of a server that cannot work
)

// An outcome is how an exchange ended.
type outcome struct {
	lesson lesson
	told   time.Time // the vendor's Retry-After, with limited; zero: none
}

// outcomeOf reads what a Client tells the Pacer.
func outcomeOf(sent bool, err error) outcome {
	if err == nil {
		if sent {
			return outcome{lesson: passed}
		}
		return outcome{}
	}
	e, ok := errors.AsType[*vendorlogin.Error](err)
	if !ok || e.Remembered || errors.Is(err, vendorlogin.ErrClosed) || errors.Is(err, context.Canceled) {
		return outcome{}
	}
	delivered := e.Status != 0 || sent && !e.Unprocessed
	switch {
	case errors.Is(err, vendorlogin.ErrUnavailable) && (delivered || e.Unprocessed && e.Request != ""): // the latter: no connection
		return outcome{lesson: unreachable}
	case !delivered:
		return outcome{}
	case errors.Is(err, vendorlogin.ErrRateLimited):
		return outcome{lesson: limited, told: e.RetryAt}
	}
	return outcome{lesson: responded}
}
