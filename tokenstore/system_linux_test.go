package tokenstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func init() {
	childParts["broken-system"] = childMeetsBrokenSystem
	childParts["broken-disk"] = childMeetsBrokenDisk
}

// File systems of networks and of phones lack what others have. The kernel can be told to say so in their place.
func TestFileOnALesserFileSystem(t *testing.T) {
	t.Parallel()
	if _, known := seccompNumber[runtime.GOARCH]; !known {
		t.Skip("the number of the system call is not known for " + runtime.GOARCH)
	}
	runChild(t, "broken-system", t.TempDir())
}

func childMeetsBrokenSystem(store *tokenstore.File) error {
	ctx, dir := context.Background(), os.Getenv(childDir)
	version, err := store.Save(ctx, childKey, []byte("old"), "", time.Hour)
	if err != nil {
		return err
	}
	// Each filter stands to the end of the process, and the first that says anything but "no error" wins only if it is the harsher; so
	// each system call gets one.
	if err := failSyscall(syscall.SYS_FLOCK, argument{}, syscall.ENOLCK); err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	_, saved := store.Save(ctx, childKey, []byte("new"), version, time.Hour)
	_, locked := store.TryLock(ctx, childKey, time.Hour)
	for _, err := range []error{saved, locked, store.Delete(ctx, childKey, version)} {
		if !errors.Is(err, vendorlogin.ErrStore) || !errors.Is(err, syscall.ENOLCK) || !strings.Contains(err.Error(), "no working file locks") {
			return fmt.Errorf("without locks a call returned %w", err)
		}
	}
	blob, _, err := store.Load(ctx, childKey)
	if err != nil || string(blob) != "old" {
		return fmt.Errorf("without locks Load returned %q, %w", blob, err)
	}
	if err := failSyscall(syscall.SYS_FSYNC, argument{}, syscall.EINVAL); err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	return tokenstore.SyncDir(dir)
}

// An error of the disk is no lack of the file system.
func TestFileOnABrokenDisk(t *testing.T) {
	t.Parallel()
	if _, known := seccompNumber[runtime.GOARCH]; !known {
		t.Skip("the number of the system call is not known for " + runtime.GOARCH)
	}
	runChild(t, "broken-disk", t.TempDir())
}

func childMeetsBrokenDisk(store *tokenstore.File) error {
	ctx, dir := context.Background(), os.Getenv(childDir)
	version, err := store.Save(ctx, childKey, []byte("old"), "", time.Hour)
	if err != nil {
		return err
	}
	if err := failSyscall(syscall.SYS_FSYNC, argument{}, syscall.EIO); err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	if err := tokenstore.SyncDir(dir); !errors.Is(err, syscall.EIO) {
		return fmt.Errorf("the error of the disk is lost: %w", err)
	}
	_, err = store.Save(ctx, childKey, []byte("new"), version, time.Hour)
	if !errors.Is(err, vendorlogin.ErrStore) || !errors.Is(err, syscall.EIO) {
		return fmt.Errorf("Save returned %w", err)
	}
	blob, current, err := store.Load(ctx, childKey)
	if err != nil || string(blob) != "old" || current != version {
		return fmt.Errorf("the old record is lost: %q, %w", blob, err)
	}
	return nil
}

var seccompNumber = map[string]uintptr{"amd64": 317, "arm64": 277, "riscv64": 277, "loong64": 277, "386": 354, "arm": 383}

// An argument is what some bits of a system call's argument are; arguments count from 0. The zero argument is any call.
type argument struct{ number, mask, value uint32 }

// failSyscall makes a system call fail in this process from now on, where an argument is as it says.
func failSyscall(number uint32, where argument, with syscall.Errno) error {
	const (
		setModeFilter, syncThreads = 1, 1
		allow, fail                = 0x7fff0000, 0x00050000
	)
	program := []syscall.SockFilter{
		{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS, K: 0}, // the call's number
		{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 4, K: number},
		{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS, K: 16 + 8*where.number}, // the lower half, in little-endian order
		{Code: syscall.BPF_ALU | syscall.BPF_AND | syscall.BPF_K, K: where.mask},
		{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 1, K: where.value},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: fail | uint32(with)},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: allow},
	}
	filter := syscall.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	runtime.LockOSThread() // the two calls below belong together
	defer runtime.UnlockOSThread()
	const setNoNewPrivileges = 38
	if _, _, err := syscall.RawSyscall6(syscall.SYS_PRCTL, setNoNewPrivileges, 1, 0, 0, 0, 0); err != 0 {
		return err
	}
	if _, _, err := syscall.RawSyscall(seccompNumber[runtime.GOARCH], setModeFilter, syncThreads, uintptr(unsafe.Pointer(&filter))); err != 0 {
		return err
	}
	return nil
}
