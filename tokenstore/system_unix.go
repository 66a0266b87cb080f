//go:build unix

package tokenstore

import (
	"errors"
	"io/fs"
	"syscall"
)

// nonblock keeps the opening of a named pipe from waiting for the pipe's other end.
const nonblock = syscall.O_NONBLOCK

// ownerOf returns the numbers of the user and the group that a file belongs to.
func ownerOf(info fs.FileInfo) (uid, gid int, known bool) {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}

// isNoLocks recognizes what a network file system says that is mounted without locks.
func isNoLocks(err error) bool { return errors.Is(err, syscall.ENOLCK) }
