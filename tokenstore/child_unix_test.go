//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokenstore_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/tokenstore"
)

const (
	childDir    = "TOKENSTORE_TEST_DIR"
	childCount  = "TOKENSTORE_TEST_COUNT"
	childKey    = "gcore-0123456789abcdef0123456789abcdef"
	testTimeout = 30 * time.Second // of a test with another process; never waited for when all is well
)

// childParts are what a process that a test starts may do.
var childParts = map[string]func(*tokenstore.File) error{
	"write":         childWrites,
	"count":         childCounts,
	"hold":          childHolds,
	"lock-record":   childLocksRecord,
	"size-limit":    childHitsSizeLimit,
	"no-permission": childLacksPermission,
	"leave-open":    childLeavesNothingOpen,
	"others-file":   childMeetsOthersFile,
}

// runAsChild is the main function of a process that a test starts.
func runAsChild(mode string) int {
	if err := childParts[mode](tokenstore.NewFile(os.Getenv(childDir))); err != nil {
		fmt.Fprintln(os.Stderr, mode+":", err)
		return 1
	}
	return 0
}

// childWrites replaces the record as fast as it can, until it is killed.
func childWrites(store *tokenstore.File) error {
	for {
		_, version, err := store.Load(context.Background(), childKey)
		if err != nil && err != vendorlogin.ErrNoRecord {
			return err
		}
		_, err = store.Save(context.Background(), childKey, wholeBlob(1+mathrand.N(16<<10)), version, time.Hour)
		if err != nil && !errors.Is(err, vendorlogin.ErrRecordChanged) {
			return err
		}
		fmt.Print(".")
	}
}

// childCounts adds 1 to the number in the record, as often as it is told to.
func childCounts(store *tokenstore.File) error {
	times, err := strconv.Atoi(os.Getenv(childCount))
	if err != nil {
		return err
	}
	for range times {
		if err := addOne(store); err != nil {
			return err
		}
	}
	return nil
}

func addOne(store vendorlogin.Store) error {
	for {
		blob, version, err := store.Load(context.Background(), childKey)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(blob))
		if err != nil {
			return err
		}
		_, err = store.Save(context.Background(), childKey, []byte(strconv.Itoa(n+1)), version, time.Hour)
		if !errors.Is(err, vendorlogin.ErrRecordChanged) {
			return err
		}
	}
}

// childHolds takes the lock for as many milliseconds as it is told to, and then does what it reads.
func childHolds(store *tokenstore.File) error {
	length, err := strconv.Atoi(os.Getenv(childCount))
	if err != nil {
		return err
	}
	lease, err := store.TryLock(context.Background(), childKey, time.Duration(length)*time.Millisecond)
	if err != nil {
		return err
	}
	fmt.Println("held")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		do := map[string]func(context.Context) error{"extend": lease.Extend, "unlock": lease.Unlock}[lines.Text()]
		fmt.Println(do(context.Background()))
	}
	return nil
}

// childLocksRecord has the lock that a Save has for a moment, until it is killed.
func childLocksRecord(*tokenstore.File) error {
	f, err := os.OpenFile(os.Getenv(childDir)+"/lock."+childKey, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	fmt.Println("locked")
	_, err = io.ReadAll(os.Stdin)
	return err
}

// childLeavesNothingOpen does everything, and counts the files that are open before and afterwards.
func childLeavesNothingOpen(store *tokenstore.File) error {
	debug.SetGCPercent(-1) // a file that was left open is not closed
	ctx := context.Background()
	for _, left := range []string{"/holder.key.0123", "/record.key.tmp.0123", "/record." + childKey} {
		if err := os.WriteFile(os.Getenv(childDir)+left, []byte("left by one that was killed"), 0o600); err != nil {
			return err
		}
	}
	before := openFiles()
	lease, err := store.TryLock(ctx, childKey, time.Hour)
	if err != nil {
		return err
	}
	_, relocked := store.TryLock(ctx, childKey, time.Hour)
	_, _, damaged := store.Load(ctx, childKey)
	version, saved := store.Save(ctx, childKey, []byte("data"), "", time.Hour)
	_, _, loaded := store.Load(ctx, childKey)
	err = errors.Join(lease.Extend(ctx), lease.Unlock(ctx), saved, loaded, store.Delete(ctx, childKey, version))
	after := openFiles()
	if after != before || err != nil || relocked != vendorlogin.ErrLocked || !errors.Is(damaged, vendorlogin.ErrNoRecord) {
		return fmt.Errorf("%d files are open, not %d: %v %v %v", after, before, err, relocked, damaged)
	}
	return nil
}

// openFiles counts them without opening one.
func openFiles() (n int) {
	for fd := range 256 {
		if copied, err := syscall.Dup(fd); err == nil {
			_ = syscall.Close(copied)
			n++
		}
	}
	return n
}

// A child is this test binary as another process.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startChild(t testing.TB, mode, dir, count string, change ...func(*exec.Cmd)) *child {
	t.Helper()
	c, err := tryChild(mode, dir, count, change...)
	require.NoError(t, err)
	t.Cleanup(c.kill)
	return c
}

func tryChild(mode, dir, count string, change ...func(*exec.Cmd)) (*child, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"="+mode, childDir+"="+dir, childCount+"="+count,
		"GOMAXPROCS=1", "GORACE=atexit_sleep_ms=0") // quick to start and to end
	cmd.Stderr = os.Stderr
	for _, f := range change {
		f(cmd)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &child{cmd, in, bufio.NewReader(out)}, cmd.Start()
}

// kill ends the process, and returns when it has ended. It may have been killed before.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Signal(s))
}

func (c *child) line(t *testing.T) string {
	t.Helper()
	line, err := c.out.ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSuffix(line, "\n")
}

func (c *child) tell(t *testing.T, command string) (response string) {
	t.Helper()
	_, err := io.WriteString(c.in, command+"\n")
	require.NoError(t, err)
	return c.line(t)
}

// wholeBlob is n random bytes behind their checksum.
func wholeBlob(n int) []byte {
	b := make([]byte, sha256.Size+n)
	_, _ = rand.Read(b[sha256.Size:])
	sum := sha256.Sum256(b[sha256.Size:])
	copy(b, sum[:])
	return b
}

func isWhole(b []byte) bool {
	if len(b) <= sha256.Size {
		return false
	}
	sum := sha256.Sum256(b[sha256.Size:])
	return bytes.Equal(sum[:], b[:sha256.Size])
}
