package fleet_test

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A process is this test binary as a worker.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	in      io.WriteCloser
	reports chan report // closed when the process is gone
	end     sync.Once
}

// startProcess starts a worker, which ends with the test, in good order if it has not been killed by then. A data race in it ends it
// at once.
func startProcess(t *testing.T, j job) *process {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	p := &process{t: t, cmd: exec.Command(program), reports: make(chan report, 16)}
	p.cmd.Env = append(os.Environ(), workerRole+"=1", "GOMAXPROCS=1", "GORACE=halt_on_error=1 atexit_sleep_ms=0")
	p.cmd.Stderr = os.Stderr
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	go p.listen(out)
	t.Cleanup(p.quit)
	require.NoError(t, json.NewEncoder(p.in).Encode(j))
	return p
}

func (p *process) listen(out io.Reader) {
	defer close(p.reports)
	for lines := json.NewDecoder(out); ; {
		var a report
		if lines.Decode(&a) != nil {
			return
		}
		p.reports <- a
	}
}

// kill is SIGKILL.
func (p *process) kill() {
	p.end.Do(func() {
		_ = p.cmd.Process.Kill()
		p.wait()
	})
}

func (p *process) quit() {
	p.end.Do(func() {
		_ = p.in.Close()
		limit := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
		defer limit.Stop()
		assert.NoError(p.t, p.wait(), "a worker closes its Client and ends")
	})
}

func (p *process) wait() error {
	for range p.reports {
	}
	return p.cmd.Wait()
}

// order tells the process to do something, and returns when it has begun.
func (p *process) order(o order) {
	p.t.Helper()
	p.send(o)
	require.Equal(p.t, string(o), p.report().At)
}

func (p *process) send(o order) {
	p.t.Helper()
	require.NoError(p.t, json.NewEncoder(p.in).Encode(o))
}

// report is the next thing that the process says.
func (p *process) report() report {
	p.t.Helper()
	select {
	case a, ok := <-p.reports:
		require.True(p.t, ok, "a worker has ended by itself")
		return a
	case <-time.After(patience):
		require.FailNow(p.t, "a worker says nothing")
		return report{}
	}
}
