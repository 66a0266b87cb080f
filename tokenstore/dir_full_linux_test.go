package tokenstore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin/tokenstore"
)

// asNobody starts a child of root's as another user. It starts the file that is running: the path to it may lead through directories of
// root's alone.
func asNobody(cmd *exec.Cmd) {
	if os.Geteuid() != 0 {
		return
	}
	cmd.Path = "/proc/self/exe"
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

func init() { childParts["full-disk"] = childFillsDisk }

// A disk that is full in earnest: a small one in memory, which only the child sees. Where mounting is not allowed,
// TestFileWriteCutOff has to do.
func TestFileFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := tryChild("full-disk", dir, "", withOwnMounts)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC) {
		t.Skip("this machine does not let us mount a disk: " + err.Error())
	}
	require.NoError(t, err)
	t.Cleanup(c.kill)
	if line := c.line(t); line != "mounted" {
		t.Skip("this machine does not let us mount a disk: " + line)
	}
	require.NoError(t, c.cmd.Wait(), "what went wrong is in the output above")
}

func withOwnMounts(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() == 0 {
		return
	}
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
}

func childFillsDisk(store *tokenstore.File) error {
	dir := os.Getenv(childDir)
	if err := mountSmallDisk(dir); err != nil {
		fmt.Println(err)
		return nil
	}
	fmt.Println("mounted")
	filler := filepath.Join(dir, "filler")
	return failsWhile(store, dir, syscall.ENOSPC, func(full bool) error {
		if !full {
			return os.Remove(filler)
		}
		if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
			return errors.Join(errors.New("the disk did not fill up"), err)
		}
		return nil
	})
}

func mountSmallDisk(dir string) error {
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=0700")
}
