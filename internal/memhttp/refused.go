//go:build !plan9

package memhttp

import "syscall"

// ErrRefused is what a dial to a port that nobody listens on fails with.
var ErrRefused error = syscall.ECONNREFUSED
