package tokenstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

const (
	currentDirectory = 0xffffff9c // AT_FDCWD
	symlinkNoFollow  = 0x100      // AT_SYMLINK_NOFOLLOW
	fchmodat2        = 452
)

// A systemFailure is a system call that fails, and the calls of a File that say so. All others do what they are for.
type systemFailure struct {
	call   uint32
	where  argument
	with   syscall.Errno
	lax    string // pattern of files and directories that others may read
	fails  string
	record string // afterwards
	left   string // which files of calls that are over
}

var systemFailures = map[string]systemFailure{
	"no directory is opened by its path": {
		call: syscall.SYS_OPENAT, where: argument{0, 0xffffffff, currentDirectory}, with: syscall.EMFILE,
		fails: "delete extend load lock make relock save unlock", record: "old", left: "holder",
	},
	"no directory is opened to list or sync it": {
		call: syscall.SYS_OPENAT, where: argument{2, syscall.O_ACCMODE | syscall.O_NOFOLLOW | syscall.O_NONBLOCK, syscall.O_NOFOLLOW},
		with: syscall.EMFILE, fails: "delete make save",
	},
	"no file is made": {
		call: syscall.SYS_OPENAT, where: argument{2, syscall.O_CREAT, syscall.O_CREAT}, with: syscall.EMFILE,
		fails: "delete extend lock make relock save unlock", record: "old",
	},
	"no temporary file is made": {
		call: syscall.SYS_OPENAT, where: argument{2, syscall.O_WRONLY, syscall.O_WRONLY}, with: syscall.ENOSPC,
		fails: "make save",
	},
	"no lease file is opened to write": {
		call: syscall.SYS_OPENAT, where: argument{2, syscall.O_RDWR | syscall.O_CREAT | syscall.O_NOFOLLOW, syscall.O_RDWR | syscall.O_NOFOLLOW},
		with: syscall.EMFILE, fails: "extend lock",
	},
	"no record or lease is opened to read": {
		call: syscall.SYS_OPENAT, where: argument{2, syscall.O_ACCMODE | syscall.O_NONBLOCK, syscall.O_NONBLOCK}, with: syscall.EMFILE,
		fails: "delete extend load relock save unlock", record: "old",
	},
	"no name is looked up": {
		call: syscall.SYS_NEWFSTATAT, where: argument{3, symlinkNoFollow, symlinkNoFollow}, with: syscall.EIO,
		fails: "delete extend load lock make relock save unlock", record: "old", left: "holder",
	},
	"no directory is made": {call: syscall.SYS_MKDIRAT, with: syscall.EROFS, fails: "make"},
	"no open file is looked at": {
		call: syscall.SYS_FSTAT, with: syscall.EIO,
		fails: "delete extend load lock make relock save unlock", record: "old",
	},
	"no record's mode is changed": {
		call: syscall.SYS_FCHMOD, with: syscall.EROFS, lax: "record.*",
		fails: "delete load save", record: "old",
	},
	"no lease's mode is changed": {call: syscall.SYS_FCHMOD, with: syscall.EROFS, lax: "lease.*", fails: "extend relock unlock"},
	"no lock's mode is changed":  {call: fchmodat2, with: syscall.EROFS, lax: "lock.*", fails: "delete save", record: "old"},
	"no guard's mode is changed": {call: fchmodat2, with: syscall.EROFS, lax: "turn.*", fails: "extend relock unlock"},
	"no directory's mode is changed": {
		call: fchmodat2, with: syscall.EROFS, lax: ".",
		fails: "delete extend load lock relock save unlock", record: "old", left: "holder",
	},
	"nothing is renamed": {call: syscall.SYS_RENAMEAT, with: syscall.EIO, fails: "make save"},
	"nothing is removed": {
		call: syscall.SYS_UNLINKAT, with: syscall.EIO,
		fails: "delete unlock", record: "new", left: "holder holder",
	},
	"nothing is written in place": {call: syscall.SYS_PWRITE64, with: syscall.EIO, fails: "extend lock"},
	"nothing is cut off":          {call: syscall.SYS_FTRUNCATE, with: syscall.EIO, fails: "extend lock"},
	"no directory is listed":      {call: syscall.SYS_GETDENTS64, with: syscall.EIO},
	"nothing reaches the disk":    {call: syscall.SYS_FSYNC, with: syscall.EIO, fails: "delete make save"},
	"no directory can be synced":  {call: syscall.SYS_FSYNC, with: syscall.ENOTSUP, fails: "make save"},
	"no file is locked": {
		call: syscall.SYS_FLOCK, where: argument{1, syscall.LOCK_EX, syscall.LOCK_EX}, with: syscall.ENOLCK,
		fails: "delete extend lock make relock save unlock", record: "old",
	},
}

// Whatever of the system fails, File says so, and leaves the record and the lock in order.
func TestFileOnAFailingSystem(t *testing.T) {
	t.Parallel()
	for name, failure := range systemFailures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c := startChild(t, "failing-system", dir, name)
			require.NoError(t, c.cmd.Wait(), "what went wrong is in the output above")

			assert.Equal(t, failure.left, leftOf(t, dir))
			blob, _, err := tokenstore.NewFile(dir).Load(t.Context(), childKey)
			if failure.record == "" {
				require.ErrorIs(t, err, vendorlogin.ErrNoRecord)
			} else {
				require.NoError(t, err)
				assert.Equal(t, failure.record, string(blob))
			}
			lease, err := tokenstore.NewFile(dir).TryLock(t.Context(), childKey, time.Hour)
			require.NoError(t, err)
			assert.NoError(t, lease.Unlock(t.Context()))
		})
	}
}

// leftOf lists the kinds of files in a directory that only a call under way may have.
func leftOf(t *testing.T, dir string) string {
	t.Helper()
	files, err := leftovers(dir)
	require.NoError(t, err)
	for i, file := range files {
		files[i], _, _ = strings.Cut(file, ".")
	}
	return strings.Join(files, " ")
}

func init() { childParts["failing-system"] = childMeetsFailingSystem }

func childMeetsFailingSystem(store *tokenstore.File) error {
	debug.SetGCPercent(-1) // a file that was left open is not closed
	ctx, dir := context.Background(), os.Getenv(childDir)
	failure := systemFailures[os.Getenv(childCount)]
	version, err := store.Save(ctx, childKey, []byte("old"), "", time.Hour)
	if err != nil {
		return err
	}
	lease, err := store.TryLock(ctx, childKey, time.Hour)
	if err != nil {
		return err
	}
	lax, err := filepath.Glob(filepath.Join(dir, failure.lax))
	if err != nil {
		return err
	}
	for _, path := range lax {
		if err := os.Chmod(path, 0o744); err != nil {
			return err
		}
	}
	if err := failSyscall(failure.call, failure.where, failure.with); err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}

	before := openFiles()
	_, _, loaded := store.Load(ctx, childKey)
	_, saved := store.Save(ctx, childKey, []byte("new"), version, time.Hour)
	if _, current, err := store.Load(ctx, childKey); err == nil {
		version = current
	}
	_, relocked := store.TryLock(ctx, childKey, time.Hour)
	if relocked == vendorlogin.ErrLocked {
		relocked = nil
	}
	extended, unlocked := lease.Extend(ctx), lease.Unlock(ctx)
	deleted := store.Delete(ctx, childKey, version)
	_, made := tokenstore.NewFile(dir+"/new/one").Save(ctx, childKey, []byte("data"), "", time.Hour)
	another, locked := store.TryLock(ctx, "another", time.Hour)
	if locked == nil {
		_ = another.Unlock(ctx)
	}
	if after := openFiles(); after != before-1 {
		return fmt.Errorf("%s: %d files are open, not %d", os.Getenv(childCount), after, before-1)
	}
	return checkFailures(failure, map[string]error{
		"load": loaded, "save": saved, "delete": deleted, "make": made,
		"lock": locked, "relock": relocked, "extend": extended, "unlock": unlocked,
	})
}

func checkFailures(failure systemFailure, errs map[string]error) error {
	var failed []string
	for name, err := range errs {
		if err == nil {
			continue
		}
		failed = append(failed, name)
		if !errors.Is(err, vendorlogin.ErrStore) || !errors.Is(err, failure.with) {
			return fmt.Errorf("%s: %s returned %w", os.Getenv(childCount), name, err)
		}
		if strings.Contains(err.Error(), "no working file locks") != (failure.with == syscall.ENOLCK) {
			return fmt.Errorf("%s: %s says of locks: %w", os.Getenv(childCount), name, err)
		}
	}
	slices.Sort(failed)
	if got := strings.Join(failed, " "); got != failure.fails {
		return fmt.Errorf("%s: %s failed", os.Getenv(childCount), got)
	}
	return nil
}
