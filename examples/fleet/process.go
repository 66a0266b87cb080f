package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// workerRole is in the environment of a process that is to be a worker.
const workerRole = "VENDORLOGIN_FLEET_WORKER"

// A process is a worker as the program that started it sees it.
type process struct {
	number int
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	ended  chan struct{} // closed when the process is gone, and all it said was heard

	mu     sync.Mutex
	last   report
	killed bool
	err    error // how it ended
}

// start runs this program once more, as a worker.
func start(number int, j job) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{number: number, cmd: exec.Command(program), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), workerRole+"=1")
	p.cmd.Stderr = os.Stderr
	p.stdin, err = p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.listen(stdout)
	if err := json.NewEncoder(p.stdin).Encode(j); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

func (p *process) listen(stdout io.Reader) {
	defer close(p.ended)
	for lines := json.NewDecoder(stdout); ; {
		var r report
		if lines.Decode(&r) != nil {
			break
		}
		p.mu.Lock()
		p.last = r
		p.mu.Unlock()
	}
	err := p.cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

// kill ends the process at once; it has no chance to clean up. On Unix that is SIGKILL.
func (p *process) kill() {
	p.mu.Lock()
	p.killed = true
	p.mu.Unlock()
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// stop asks the process to end, and kills it if it does not.
func (p *process) stop() error {
	_ = p.stdin.Close()
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.kill()
		return errors.New("it did not stop when asked to")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return nil
	}
	return p.err
}

// said is what the process said last.
func (p *process) said() (last report, killed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, p.killed
}
