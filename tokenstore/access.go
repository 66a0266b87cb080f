package tokenstore

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
)

// modesMatter is false where a file's mode is not what guards it. On Windows a directory in the user's profile is private by the access
// list that it inherits.
const modesMatter = runtime.GOOS != "windows"

// isLax reports whether a mode lets anybody but the owner in.
func isLax(info fs.FileInfo) bool { return modesMatter && info.Mode()&0o077 != 0 }

// tight is the mode without the rights of others.
func tight(info fs.FileInfo) fs.FileMode { return info.Mode() & 0o700 }

// checkAccess rejects a directory that the user uid must not keep tokens in, with words that say what to do instead. Whoever may write to a
// directory can put files of their own in the place of ours. In one that belongs to another user we would leave files which that user's
// own programs cannot read.
func checkAccess(info fs.FileInfo, uid int) error {
	if !modesMatter {
		return nil
	}
	owner, group, known := ownerOf(info)
	if known && othersMayWrite(info.Mode(), owner, group) {
		return fmt.Errorf("others may write to it (mode %v): use a directory below it, which is then made with mode 0700, "+
			"or close it with chmod go-w", info.Mode())
	}
	if known && owner != uid {
		return fmt.Errorf("it belongs to the user with id %d, and this process runs as user %d, perhaps by sudo: "+
			"run it as that user, give the directory and what is in it to user %[2]d with chown -R, or use another directory", owner, uid)
	}
	return nil
}

// othersMayWrite takes a group for others, but for the private one that many systems give each user: there a plain mkdir makes a directory
// which that group may write to. The group has the user's own number then; root has none.
func othersMayWrite(mode fs.FileMode, owner, group int) bool {
	private := group == owner && owner != 0
	return mode&0o002 != 0 || mode&0o020 != 0 && !private
}

// withOwner adds to an error about missing rights whose file it is.
func withOwner(err error, info fs.FileInfo, uid int) error {
	owner, _, known := ownerOf(info)
	if !errors.Is(err, fs.ErrPermission) || !known || owner == uid {
		return err
	}
	return fmt.Errorf("%w: the file belongs to the user with id %d, and this process runs as user %d, perhaps by sudo: remove the file",
		err, owner, uid)
}
