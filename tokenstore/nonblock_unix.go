//go:build unix

package tokenstore

import "syscall"

// nonblock keeps the opening of a named pipe from waiting for the pipe's other end.
const nonblock = syscall.O_NONBLOCK
