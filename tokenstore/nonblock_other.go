//go:build !unix

package tokenstore

// nonblock is nothing where files have no such flag.
const nonblock = 0
