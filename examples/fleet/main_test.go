package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// wholeProgram is in the environment of a process that is to be the program itself.
const wholeProgram = "VENDORLOGIN_FLEET_PROGRAM"

// TestMain lets the test binary be a worker, and the program.
func TestMain(m *testing.M) {
	if os.Getenv(wholeProgram) != "" || os.Getenv(workerRole) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func TestFleet(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes as long as a few tokens live")
	}
	var out bytes.Buffer
	err := run(t.Context(), settings{procs: 3, length: 13 * time.Second, lifetime: 5 * time.Second}, &out)
	t.Log(out.String())
	require.NoError(t, err)
	for _, said := range []string{
		"which had the lock", "killed Redis", "  killed\n",
		"refresh tokens presented twice  0\n", "expired tokens seen             0\n",
	} {
		assert.Contains(t, out.String(), said)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no process can be interrupted by another")
	}
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(program, "-procs", "2")
	cmd.Env = append(os.Environ(), wholeProgram+"=1")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	limit := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()

	lines := bufio.NewScanner(stdout)
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), "2 processes")
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	var rest []string
	for lines.Scan() {
		rest = append(rest, lines.Text())
	}
	require.Error(t, cmd.Wait()) // which returns when its workers, who share its stderr, are gone too
	assert.Equal(t, 1, cmd.ProcessState.ExitCode())
	assert.Equal(t, "fleet: interrupted\n", complaint.String())
	assert.Contains(t, strings.Join(rest, "\n"), "the server has counted")
}

func TestSettingsThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, s := range []settings{
		{procs: 1, length: time.Minute, lifetime: 5 * time.Second},
		{procs: 8, length: time.Minute, lifetime: time.Second},
		{procs: 8, length: 5 * time.Second, lifetime: 5 * time.Second},
	} {
		require.Error(t, run(t.Context(), s, &bytes.Buffer{}))
	}
}
