package memhttp

import "errors"

// ErrRefused is what a dial to a port that nobody listens on fails with.
var ErrRefused = errors.New("connection refused")
