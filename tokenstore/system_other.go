//go:build !unix

package tokenstore

import "io/fs"

// nonblock is nothing where files have no such flag.
const nonblock = 0

// ownerOf knows nothing where owners have no numbers.
func ownerOf(fs.FileInfo) (uid, gid int, known bool) { return 0, 0, false }

// isNoLocks is false where there is no such error.
func isNoLocks(error) bool { return false }
