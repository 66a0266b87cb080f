package loginhttp

import (
	"context"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/sent"
)

// Do sends c and decodes the JSON of a response that means success into out: one with status 2xx, or one in c.Success. JSON is known by
// its content: a wrong Content-Type is no failure. With out nil any body will do, an empty one too; a *[]byte takes the body as it is.
// Answer.Body has it in any case, so XML and text are read from there.
//
// The error is a *[vendorlogin.Error] with Account, Op, Request and, as far as they are known, Status, Code, Message, Fields and RetryAt.
// If ctx ended, its Kind is ctx.Err(), unless a response had come by then whose status is an error. The Answer is there whenever there was
// a response, beside an error too. Never print its Body or Header: they may hold secrets. An httptrace in ctx sees nothing.
func (e Endpoint) Do(ctx context.Context, c Call, out any) (*Answer, error) {
	bounded, cancel := context.WithTimeout(untraced{vendorlogin.WithoutToken(ctx)}, e.timeout())
	defer cancel()

	x := &exchange{Endpoint: e, Call: c}
	if failure := x.prepare(bounded); failure != nil {
		return nil, failure
	}
	answer, failure := x.send(ctx, bounded)
	if failure == nil {
		failure = x.classify(answer)
	}
	if failure == nil || !failure.Unprocessed {
		sent.Note(ctx)
	}
	if failure == nil {
		failure = x.decode(answer, out)
	}
	if failure != nil {
		return answer, failure
	}
	return answer, nil
}
